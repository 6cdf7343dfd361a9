"""The demo scene: people walking up and down in a room, overlapping and crossing."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from engine.errors import check_range
from engine.kernels.layers import lay_over, mark_over
from engine.source.base import SourceInfo
from engine.source.demo_portraits import (
    ADMIRAL,
    ASTRONAUT,
    CutOut,
    cut_out,
    mirrored,
    with_new_suit,
    with_new_uniform,
)
from engine.source.demo_room import paint_room
from engine.types import Float32Array, Frame, UInt8Array

PERIOD_S = 10.0
"""After this time everybody is back where they began, so that a loop has no seam."""

STEPS_PER_PERIOD = 14
REFERENCE_HEIGHT = 720
SHADOW_ALPHA = 0.30
SUNK_SHARE = 0.05
"""How much of each portrait stays below the lower edge of the frame."""


@dataclass(frozen=True, slots=True)
class Walk:
    """A way through the room, in shares of the frame's width and of `PERIOD_S`.

    The person swings around `middle` by `reach` to both sides, `turns` times per period.
    scale: of the portrait, in a frame of `REFERENCE_HEIGHT`.
    """

    middle: float
    reach: float
    phase: float
    scale: float
    turns: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Actor:
    """A person ready to be drawn: layers with colours multiplied by alpha, and the way."""

    layer_bgra: UInt8Array
    shadow_bgra: UInt8Array
    walk: Walk


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """The room and who walks through it, the farthest first."""

    room_bgr: UInt8Array
    actors: tuple[Actor, ...]


WALKS = (
    Walk(middle=0.50, reach=0.62, phase=0.12, scale=0.62),
    Walk(middle=0.48, reach=0.12, phase=0.55, scale=1.00),
    Walk(middle=0.82, reach=0.05, phase=0.05, scale=0.76),
    Walk(middle=0.17, reach=0.05, phase=0.40, scale=1.28),
)


class DemoSource:
    """The demo scene as a source; every frame can be computed on its own.

    size_hw: of the frames, pixels, at least 64. fps: frames per second. frame_count:
    length; with `loop` the scene goes on for ever and the length is unknown.
    Raises SourceNotFound when the packages that carry the portraits are incomplete.
    """

    def __init__(
        self,
        size_hw: tuple[int, int] = (720, 1280),
        fps: float = 30.0,
        frame_count: int = 300,
        loop: bool = False,
    ) -> None:
        check_range("The demo's height", size_hw[0], 64, 4320)
        check_range("The demo's width", size_hw[1], 64, 7680)
        check_range("The demo's fps", fps, 1, 240)
        check_range("The demo's frame count", frame_count, 1, 10_000_000)
        self._stage = _build_stage(size_hw)
        self._fps = fps
        self._end: int | None = None if loop else frame_count
        self._next = 0
        self._closed = False
        self._info = SourceInfo(
            name="Demo scene",
            live=False,
            size_hw=size_hw,
            fps=fps,
            frame_count=self._end,
            duration_s=None if loop else frame_count / fps,
            seekable=True,
            detail=f"computed {size_hw[1]}×{size_hw[0]} at {fps:g}",
        )

    @property
    def info(self) -> SourceInfo:
        """Constant while the source is open."""
        return self._info

    def read(self) -> Frame | None:
        """The next frame, or None at the end or after `close`."""
        if self._closed or (self._end is not None and self._next >= self._end):
            return None
        index = self._next
        self._next += 1
        image = _draw(self._stage, index / self._fps)
        return Frame(image, index, index / self._fps, time.perf_counter())

    def seek(self, time_s: float) -> None:
        """Go to the last frame at or before `time_s`; see `Source.seek`."""
        # The small share forgives the rounding of index / fps.
        index = max(0, math.floor(time_s * self._fps + 1e-6))
        self._next = index if self._end is None else min(index, self._end - 1)

    def close(self) -> None:
        """Nothing to give back; `read` returns None from here on."""
        self._closed = True

    def truth_labels(self, index: int) -> UInt8Array:
        """(H, W) uint8: whose pixel it really is in frame `index`; 0 nobody, 1 farthest."""
        labels = np.zeros(self._info.size_hw, np.uint8)
        for n, actor in enumerate(self._stage.actors):
            layer, top, left = _posed(actor, index / self._fps, self._info.size_hw)
            mark_over(labels, layer, top, left, n + 1)
        return labels


@cache
def _build_stage(size_hw: tuple[int, int]) -> Stage:
    astronaut, admiral = cut_out(ASTRONAUT), cut_out(ADMIRAL)
    people = (
        mirrored(with_new_uniform(admiral)),
        mirrored(with_new_suit(astronaut)),
        admiral,
        astronaut,
    )
    zoom = min(size_hw[0] / REFERENCE_HEIGHT, size_hw[1] / (REFERENCE_HEIGHT * 16 / 9))
    actors = (_actor(p, w, zoom) for p, w in zip(people, WALKS, strict=True))
    return Stage(paint_room(size_hw), tuple(actors))


def _actor(person: CutOut, walk: Walk, zoom: float) -> Actor:
    scale = walk.scale * zoom
    height, width = person.alpha.shape
    size_wh = (max(1, round(width * scale)), max(1, round(height * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    image = cv2.resize(person.image_bgr, size_wh, interpolation=how)
    alpha = cv2.resize(person.alpha, size_wh, interpolation=how)
    # Room to lean to the sides without being cut off.
    pad = round(0.08 * size_wh[0]) + 2
    image = cv2.copyMakeBorder(image, pad, 0, pad, pad, cv2.BORDER_REPLICATE)
    alpha = cv2.copyMakeBorder(alpha, pad, 0, pad, pad, cv2.BORDER_CONSTANT)
    share = alpha[..., None].astype(np.float32) / 255
    layer = np.dstack([np.rint(image * share).astype(np.uint8), alpha])
    return Actor(layer, _shadow(layer[..., 3], round(0.05 * size_wh[1]) + 1), walk)


def _shadow(alpha: UInt8Array, soft_px: int) -> UInt8Array:
    """A soft black layer with room for its softness above and beside the person."""
    wide = cv2.copyMakeBorder(alpha, soft_px, 0, soft_px, soft_px, cv2.BORDER_CONSTANT)
    small = cv2.resize(wide, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    soft = cv2.resize(cv2.GaussianBlur(small, (0, 0), soft_px / 10), wide.shape[::-1])
    layer = np.zeros((*wide.shape, 4), np.uint8)
    layer[..., 3] = np.rint(soft * SHADOW_ALPHA)
    return layer


def _draw(stage: Stage, time_s: float) -> UInt8Array:
    frame = stage.room_bgr.copy()
    size_hw = (frame.shape[0], frame.shape[1])
    posed = [_posed(actor, time_s, size_hw) for actor in stage.actors]
    for actor, (layer, top, left) in zip(stage.actors, posed, strict=True):
        # The window is on the left: shadows fall to the right and down.
        soft_px = (actor.shadow_bgra.shape[1] - layer.shape[1]) // 2
        fall_px = round(0.045 * layer.shape[0])
        lay_over(frame, actor.shadow_bgra, top - soft_px + fall_px, left - soft_px + fall_px)
    for layer, top, left in posed:
        lay_over(frame, layer, top, left)
    return frame


def _posed(actor: Actor, time_s: float, size_hw: tuple[int, int]) -> tuple[UInt8Array, int, int]:
    """The leaning layer at `time_s` and where its upper left corner lies."""
    height, width = actor.layer_bgra.shape[:2]
    walk, turn = actor.walk, 2 * math.pi * time_s / PERIOD_S
    angle = walk.turns * turn + 2 * math.pi * walk.phase
    speed = math.cos(angle)  # 0 where the person turns round, ±1 in the middle
    step = math.sin(STEPS_PER_PERIOD * turn + 7 * walk.phase)
    x = (walk.middle + walk.reach * math.sin(angle)) * size_hw[1] - width / 2
    y = size_hw[0] - height * (1 - SUNK_SHARE) + 0.012 * height * speed * step
    lean_deg = 0.9 * speed + 0.9 * speed * math.sin(STEPS_PER_PERIOD / 2 * turn)

    top, left = math.floor(y), math.floor(x)
    matrix: Float32Array = np.asarray(
        cv2.getRotationMatrix2D((width / 2, float(height)), -lean_deg, 1.0), np.float32
    )
    matrix[:, 2] += (x - left, y - top)
    layer = cv2.warpAffine(actor.layer_bgra, matrix, (width, height), flags=cv2.INTER_LINEAR)
    return np.asarray(layer, np.uint8), top, left
