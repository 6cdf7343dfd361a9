"""People of one-by-one-walking, who were filmed one at a time, together in its empty room."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from engine.config import GroupOptions
from engine.group import group
from engine.predictor import Predictor
from engine.source import open_source
from engine.training.walks import Truth
from engine.types import Frame, UInt8Array

FPS = 10
EMPTY = 464
"""A picture of the clip without anybody."""


@dataclass(frozen=True, slots=True)
class Part:
    """Somebody in pictures of the clip, first to last of each span, from picture `start` of the
    scene on; seen as in a mirror or not, and then moved to the right by `shift_px`."""

    spans: tuple[tuple[int, int], ...]
    start: int
    mirrored: bool = False
    shift_px: int = 0

    @property
    def pictures(self) -> list[int]:
        """Their numbers."""
        return [n for first, last in self.spans for n in range(first, last + 1)]


# Whoever is named later stands in front.
FILMED = {
    "filmed, in turn": (
        Part(((420, 452),), 0, mirrored=True, shift_px=150),
        Part(((745, 768), (840, 868)), 8),
        Part(((1235, 1258), (1337, 1361)), 24, shift_px=10),
        Part(((503, 525), (681, 698)), 54, mirrored=True, shift_px=-60),
    ),
    "filmed, alike": (
        Part(((240, 300), (426, 452)), 0, shift_px=20),
        Part(((745, 768), (840, 868)), 6, shift_px=60),
        Part(((61, 85), (178, 197)), 50, mirrored=True, shift_px=150),
    ),
}


def filmed_frames(
    clip: Path, predictor: Predictor, name: str
) -> Iterator[tuple[float, UInt8Array, Truth]]:
    """Time, picture and truth, `FPS` a second. The masks are those found in the clip itself."""
    parts = FILMED[name]
    wanted = {n for part in parts for n in part.pictures}
    layers = _layers(clip, predictor, wanted)
    room = layers.pop(EMPTY)[..., :3]
    length = max(part.start + len(part.pictures) for part in parts)
    for n in range(length):
        image = room.astype(np.float32)
        labels = np.zeros(room.shape[:2], np.uint8)
        whole_px = np.zeros(len(parts), np.int64)
        for i, part in enumerate(parts):
            if not 0 <= n - part.start < len(part.pictures):
                continue
            layer = _moved(layers[part.pictures[n - part.start]], part)
            alpha = cv2.GaussianBlur(layer[..., 3], (5, 5), 0)[..., None] / np.float32(255)
            image += alpha * (layer[..., :3] - image)
            mask = layer[..., 3] > 0
            labels[mask] = i + 1
            whole_px[i] = np.count_nonzero(mask)
        yield n / FPS, np.rint(image).astype(np.uint8), Truth(labels, whole_px)


def _layers(clip: Path, predictor: Predictor, wanted: set[int]) -> dict[int, UInt8Array]:
    """Number of a picture → the picture and, as opacity, who is in it."""
    layers: dict[int, UInt8Array] = {}
    with closing(open_source(clip)) as source:
        number = 0
        while (frame := source.read()) is not None and len(layers) <= len(wanted):
            if number in wanted or number == EMPTY:
                layers[number] = _layer(frame, predictor)
            number += 1
    return layers


def _layer(frame: Frame, predictor: Predictor) -> UInt8Array:
    people = group(predictor.predict(frame), GroupOptions(min_score=0.2))
    mask = (people.labels > 0).astype(np.uint8) * 255
    return np.dstack([frame.image_bgr, mask])


def _moved(layer: UInt8Array, part: Part) -> UInt8Array:
    if part.mirrored:
        layer = layer[:, ::-1]
    moved = np.zeros_like(layer)
    shift = part.shift_px
    if shift >= 0:
        moved[:, shift:] = layer[:, : layer.shape[1] - shift]
    else:
        moved[:, :shift] = layer[:, -shift:]
    return moved
