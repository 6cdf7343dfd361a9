"""People cut out of their background, with transparency, for video editors."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import cv2
import numpy as np

from engine.effects import conceal
from engine.errors import SinkError
from engine.sink.coco import default_file_name
from engine.sink.formats import ALPHA_FORMATS, ContainerFormat
from engine.sink.outfile import make_folder, sink_error
from engine.sink.recorder import VideoRecorder
from engine.sink.screenshot import encode_png, write_bytes
from engine.sink.serial import SerialSink
from engine.sink.told import not_hidden
from engine.styles import Backdrop
from engine.types import BoolArray, Result, UInt8Array

_EDGE_KERNEL_PX = 3
"""The step from 0 to 255 at a mask's edge is spread over this many pixels."""

_LAYER = re.compile(r"person [1-9]\d*")
_PICTURE = re.compile(r"\d{6,}\.png")
"""Names that `CutoutPngSink` gives by itself."""

_RIM_PX = 17
"""Colours are kept up to half of this beyond the mask: a block of a video codec."""


def cut_out(image_bgr: UInt8Array, mask: BoolArray) -> UInt8Array:
    """(H, W, 4) uint8 BGRA, straight alpha: the picture's colours, opaque where `mask`.

    Far from the mask the colours are black: what is cut away cannot be brought back, and
    costs nothing. Next to it they stay, so that compression cannot smear a dark rim.
    """
    opaque = mask.view(np.uint8) * np.uint8(255)
    near = cv2.dilate(opaque, np.ones((_RIM_PX, _RIM_PX), np.uint8))
    colours = cv2.bitwise_and(image_bgr, image_bgr, mask=near)
    alpha = cv2.blur(opaque, (_EDGE_KERNEL_PX, _EDGE_KERNEL_PX))
    return np.asarray(cv2.merge([*cv2.split(colours), alpha]), np.uint8)


def cut_out_shown(result: Result) -> UInt8Array:
    """As `cut_out`: everybody who is not hidden, untinted; who is blurred stays so."""
    shown = np.zeros(256, np.bool_)
    shown[[i + 1 for i in not_hidden(result)]] = True
    return cut_out(_people_image(result), shown[result.instances.labels])


def _people_image(result: Result) -> UInt8Array:
    """What to cut people out of: concealed with a rim, which may lie beside somebody shown."""
    alone = replace(result.render, backdrop=Backdrop.KEEP)
    return conceal(result.frame.image_bgr, result.instances, alone)


class AlphaRecorder(VideoRecorder):
    """Records people on a transparent background (`cut_out_shown`); a `Sink`.

    path: ends in .mov (ProRes 4444, for editors) or .webm (VP9, for browsers). Otherwise as
    `VideoRecorder`.
    """

    formats: ClassVar[Mapping[str, ContainerFormat]] = ALPHA_FORMATS

    def _picture(self, result: Result) -> UInt8Array:
        return cut_out_shown(result)


class CutoutPngSink(SerialSink):
    """Every person of every frame as a transparent PNG of the frame's size; a `Sink`.

    One folder per identity, `<folder>/person <track id>/<frame index>.png`: a layer each
    in an editor. Untracked people go to `person 1`, `person 2`, … by their place in the
    frame. Who is hidden has no layer. A folder that is not empty needs `overwrite`: the first
    frame then takes away the layers of an earlier export that are numbered or have one of
    `names`, and nothing else. names: of all pictures, ending in .png, instead of their numbers.
    Raises `SinkError`.
    """

    def __init__(
        self, folder: str | Path, overwrite: bool = False, names: Sequence[str] = ()
    ) -> None:
        super().__init__()
        self.folder, self._names = Path(folder), tuple(names)
        make_folder(self.folder)
        if not overwrite and any(self.folder.iterdir()):
            raise SinkError(
                f"The folder {self.folder} is not empty.", "Use --overwrite or choose another one."
            )
        self._has_begun = False

    def _write(self, result: Result) -> None:
        if not self._has_begun:
            self._has_begun = True
            _remove_layers(self.folder, frozenset(self._names))
        instances = result.instances
        frame = result.frame
        name = self._names[frame.index] if self._names else default_file_name(frame)
        image = _people_image(result)
        for i in not_hidden(result):
            track_id = int(instances.track_ids[i])
            layer = self.folder / f"person {track_id if track_id > 0 else i + 1}"
            make_folder(layer)
            write_bytes(layer / name, encode_png(cut_out(image, instances.mask(i))))

    def _finish(self) -> None:
        """Nothing is pending: every picture is complete when `write` returns."""


def _remove_layers(folder: Path, names: frozenset[str]) -> None:
    """Take away what is named as a layer's picture, and layers that are empty then."""
    try:
        for layer in folder.iterdir():
            if not _LAYER.fullmatch(layer.name) or layer.is_symlink() or not layer.is_dir():
                continue
            for picture in layer.iterdir():
                if _PICTURE.fullmatch(picture.name) or picture.name in names:
                    picture.unlink()
            if not any(layer.iterdir()):
                layer.rmdir()
    except OSError as error:
        raise sink_error(folder, error) from error
