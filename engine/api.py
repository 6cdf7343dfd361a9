"""From a picture or a video to people, in three lines.

from engine.api import Segmenter
with Segmenter() as segmenter:
    people = segmenter("photo.jpg").instances
"""

from __future__ import annotations

import time
from collections.abc import Generator
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import numpy as np

from engine.config import RuntimeOptions, Settings
from engine.errors import SourceUnreadable
from engine.gpu import open_predictor
from engine.pipeline import Pipeline
from engine.source import open_source
from engine.types import Frame, Result, UInt8Array

if TYPE_CHECKING:
    from cv2.typing import MatLike


class Segmenter:
    """The whole engine behind one call; the same stages as the application uses.

    runtime: model, provider and input size. settings: grouping, tracking, rendering; may
    be replaced between two calls. One thread at a time calls it: several take one each.
    Raises `EngineError`; TypeError and ValueError for what is no picture, source or option at all.
    """

    def __init__(
        self, runtime: RuntimeOptions | None = None, settings: Settings | None = None
    ) -> None:
        runtime, settings = runtime or RuntimeOptions(), settings or Settings()
        _check_type("runtime", runtime, RuntimeOptions)
        _check_type("settings", settings, Settings)
        self.settings = settings
        self._predictor = open_predictor(runtime)

    def __call__(self, picture: UInt8Array | MatLike | str | PathLike[str]) -> Result:
        """People in one picture: a (H, W, 3) uint8 BGR array, or the path of a file.

        The result holds the array itself as its frame, not a copy.
        """
        if isinstance(picture, (str, PathLike)):
            return next(self.stream(picture))
        image_bgr = _checked(picture)
        frame = Frame(image_bgr, index=0, time_s=0.0, captured_at_s=time.perf_counter())
        return Pipeline(self._predictor).process(frame, self.settings)

    def stream(self, source: int | str | PathLike[str]) -> Generator[Result, None, None]:
        """Results of every frame of a camera index, video, folder or address, in order.

        Identities hold from frame to frame. A live source never ends. The source is opened
        with the first result; `close()`, as `contextlib.closing` calls it, gives it back before
        its end.
        """
        if not isinstance(source, (int, str, PathLike)):
            raise TypeError(
                "a source is the index of a camera, the path of a file or folder, or an address, "
                f"got {type(source).__name__}"
            )
        spec = source if isinstance(source, (int, str)) else Path(source)
        opened = open_source(spec)
        pipeline = Pipeline(self._predictor)
        try:
            frame = opened.read()
            if frame is None:
                raise SourceUnreadable(f"{opened.info.name} holds no picture.")
            while frame is not None:
                yield pipeline.process(frame, self.settings)
                frame = opened.read()
        finally:
            opened.close()

    def close(self) -> None:
        """Give the network back."""
        self._predictor.close()

    def __enter__(self) -> Segmenter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _checked(picture: object) -> UInt8Array:
    """The picture, C-contiguous. Raises TypeError and ValueError where it is none."""
    if not isinstance(picture, np.ndarray):
        raise TypeError(
            "a picture is a (H, W, 3) uint8 BGR array or the path of a file, "
            f"got {type(picture).__name__}"
        )
    if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8:
        raise ValueError(
            f"a picture is a (H, W, 3) uint8 BGR array, got {picture.shape} {picture.dtype}: "
            "bring its values to 0 … 255 and uint8, its channels to BGR, as with cv2.cvtColor"
        )
    return np.ascontiguousarray(picture)


def _check_type(name: str, value: object, wanted: type) -> None:
    if not isinstance(value, wanted):
        raise TypeError(f"{name} is a {wanted.__name__}, got {type(value).__name__}")
