"""Results as picture files, each under the name of its input."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2

from engine.errors import SinkError
from engine.sink.alpha import cut_out_shown
from engine.sink.coco import default_file_name
from engine.sink.outfile import check_new_file, make_folder
from engine.sink.screenshot import write_bytes
from engine.sink.serial import SerialSink
from engine.types import Frame, Result
from engine.unique import unique_names

JPEG_QUALITY = 95

Namer = Callable[[Frame], str]


def unique_stems(pictures: Sequence[Path]) -> tuple[str, ...]:
    """The names of the files without endings; one that comes again gets a number."""
    return unique_names(path.stem for path in pictures)


def frame_names(pictures: Sequence[Path]) -> tuple[Namer, Namer]:
    """What a frame is called as a mask, and in a COCO file: a photo after its own file.

    pictures: `SourceInfo.pictures`; of a film there are none and its frames have numbers. In a
    COCO file photos of one name are told apart by their folders.
    """
    if not pictures:
        return default_file_name, default_file_name
    stems, told = unique_stems(pictures), _told_names(pictures)
    return lambda frame: f"{stems[frame.index]}.png", lambda frame: told[frame.index]


def _told_names(pictures: Sequence[Path]) -> tuple[str, ...]:
    """The names of the files, from the folder on that holds all of them where one comes again."""
    names = tuple(path.name for path in pictures)
    if len(set(names)) == len(names):
        return names
    whole = [path.absolute() for path in pictures]
    try:
        common = os.path.commonpath([path.parent for path in whole])
    except ValueError:  # on several drives of Windows
        return tuple(path.as_posix() for path in whole)
    return tuple(path.relative_to(common).as_posix() for path in whole)


class PictureFilesSink(SerialSink):
    """Writes the result of frame `index` to `paths[index]`; a `Sink`.

    The ending of a path chooses the format. cut_out: the people alone on transparent ground
    instead (`cut_out_shown`). Raises `SinkError`.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        overwrite: bool = False,
        cut_out: bool = False,
    ) -> None:
        super().__init__()
        self._paths = tuple(paths)
        self._overwrite, self._cut_out = overwrite, cut_out
        for folder in {path.parent for path in self._paths}:
            make_folder(folder)
        for path in self._paths:
            check_new_file(path, overwrite)

    def _write(self, result: Result) -> None:
        path = self._paths[result.frame.index]
        image = cut_out_shown(result) if self._cut_out else result.image_bgr
        jpeg = path.suffix.lower() in (".jpg", ".jpeg")
        quality = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY] if jpeg else []
        try:
            done, data = cv2.imencode(path.suffix.lower(), image, quality)
        except cv2.error as error:
            raise SinkError(f"{path.name} cannot be encoded: {error}.") from error
        if not done:
            raise SinkError(f"{path.name} cannot be encoded.", "Choose PNG or JPEG.")
        write_bytes(path, data.tobytes(), self._overwrite)

    def _finish(self) -> None:
        """Nothing is pending: every picture is complete when `write` returns."""
