"""What the window needs of the engine, as a value, so that tests can put fakes in its place.

Heavy modules (ONNX Runtime, Numba) are imported when first used, in a worker's thread: the
window is painted before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine.config import RuntimeOptions
from engine.errors import SourceNotFound
from engine.predictor import Predictor
from engine.source.address import name_of_url
from engine.source.base import Source
from engine.source.endings import without_ending

if TYPE_CHECKING:
    from engine.models import ModelFile
    from engine.session import Session
    from engine.sound.output import SoundOutput


@dataclass(frozen=True, slots=True)
class SourceRequest:
    """What the user asked to see. spec: as `engine.source.open_source` takes it.

    title: for people, before the source is open. camera_size: "" or e.g. "1280x720". mirror: turn
    a camera's pictures as in a mirror.
    """

    spec: str | int | Path | tuple[Path, ...]
    title: str = ""
    camera_size: str = ""
    mirror: bool = False

    @property
    def is_file(self) -> bool:
        """A path or several: not a camera, an address or a built-in scene."""
        spec = self.spec
        if isinstance(spec, str):
            scene = spec in ("demo", "synthetic")
            return not (scene or self.is_camera or self.is_address)
        return isinstance(spec, (Path, tuple))

    @property
    def folder(self) -> Path | None:
        """What the file, the files or the folder lie in; None of all else."""
        if not self.is_file:
            return None
        first = self.spec[0] if isinstance(self.spec, tuple) else self.spec
        return Path(str(first)).absolute().parent

    @property
    def is_address(self) -> bool:
        """Of a stream or of a file elsewhere."""
        return isinstance(self.spec, str) and "://" in self.spec

    @property
    def is_camera(self) -> bool:
        """A camera of this machine, by number or by name."""
        spec = self.spec
        if isinstance(spec, str):
            return spec.isdecimal() or spec.startswith("camera:")
        return isinstance(spec, int)

    @property
    def name(self) -> str:
        """What to call it, also in names of files: without the secrets of an address."""
        if self.title:
            return self.title
        if isinstance(self.spec, int):
            return f"Camera {self.spec}"
        if isinstance(self.spec, tuple):
            return f"{len(self.spec)} pictures"
        if self.spec == "demo":
            return "Demo scene"
        if isinstance(self.spec, str) and self.is_address:
            return name_of_url(self.spec)
        if isinstance(self.spec, str) and self.is_camera:
            return self.spec.removeprefix("camera:")
        return Path(self.spec).name or str(self.spec)


def file_stem(request: SourceRequest | None) -> str:
    """What the names of files begin with in which something of it is kept."""
    return without_ending(Path(request.name).name) if request is not None else "BBE Live"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a picker. value: what the engine takes. detail: a second, softer text."""

    value: str | int
    title: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Backend:
    """Calls into the engine; all may block, none runs in the GUI thread.

    open_speaker: raises SoundError where nothing can be heard.
    """

    open_source: Callable[[SourceRequest], Source]
    open_predictor: Callable[[RuntimeOptions], Predictor]
    list_cameras: Callable[[], Sequence[Entry]]
    list_models: Callable[[], Sequence[Entry]]
    load_session: Callable[[], type[Session]]
    open_speaker: Callable[[], SoundOutput]


def engine_backend() -> Backend:
    """The real one."""
    return Backend(
        _open_source, _open_predictor, _list_cameras, _list_models, _load_session, _open_speaker
    )


def _open_source(request: SourceRequest) -> Source:
    from engine.source import SourceOptions, open_source

    options = SourceOptions(mirror=request.mirror)
    if request.camera_size:
        width, height = (int(side) for side in request.camera_size.split("x"))
        options = replace(options, camera_size_hw=(height, width))
    try:
        return open_source(request.spec, options)
    except SourceNotFound as error:
        if not (isinstance(request.spec, int) and request.title):
            raise
        try:  # unplugged and plugged in again, a camera may have another number
            return open_source(f"camera:{request.title}", options)
        except SourceNotFound:
            raise error from None


def _open_predictor(runtime: RuntimeOptions) -> Predictor:
    from engine.gpu import open_predictor

    return open_predictor(runtime)


def _list_cameras() -> Sequence[Entry]:
    from engine.source import list_cameras

    return [Entry(camera.index, camera.name) for camera in list_cameras()]


def _list_models() -> Sequence[Entry]:
    from engine.models import list_models

    return [
        Entry(model.info.name, model.info.name, _model_detail(model)) for model in list_models()
    ]


def _load_session() -> type[Session]:
    from engine.session import Session

    return Session


def _open_speaker() -> SoundOutput:
    from app.basics.loudspeaker import open_speaker

    return open_speaker()


def _model_detail(model: ModelFile) -> str:
    words = [model.info.backbone, f"stride {model.info.output_stride}", model.precision]
    if model.ap is not None:
        words.append(f"AP {model.ap:.3f}")
    return " · ".join(words)
