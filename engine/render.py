"""People onto the picture: tint, outline, box, label; effects and backdrops under them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import cv2
import numpy as np

from engine.captions.chips import Caption, Chip, draw_chips
from engine.captions.percents import percents_of
from engine.captions.placing import CaptionState, place_captions
from engine.effects import cover_of
from engine.extent import mask_boxes
from engine.kernels import on_cpu
from engine.kernels.composite_reference import Contours, Cover, Look, UInt16Array
from engine.kernels.scratch import scratch
from engine.lettering import shown_name
from engine.palette import colour_of
from engine.styles import PersonEffect, RenderOptions, Typesetter
from engine.types import BoolArray, Frame, Instances, UInt8Array

__all__ = ["CaptionState", "colour_of", "place_labels", "render", "warm_up"]

RING_WEIGHT = 140
"""Darkness, of 256, of the ring around an outline."""


@dataclass(frozen=True, slots=True)
class _Overlaid:
    """A person who gets tint, outline and label."""

    person: int
    track_id: int
    colour_bgr: tuple[int, int, int]
    name: str


class Painter(Protocol):
    """The work of `render` that touches every pixel: tint, cover and outlines."""

    def __call__(
        self,
        image_bgr: UInt8Array,
        labels: UInt8Array,
        look: Look,
        outline_radius: int,
        cover: Cover | None,
        out: UInt8Array,
    ) -> None:
        """Draw into `out`. outline_radius: half the side of the window that makes an
        outline (see `Contours`), 0 draws none."""
        ...


def paint(
    image_bgr: UInt8Array,
    labels: UInt8Array,
    look: Look,
    outline_radius: int,
    cover: Cover | None,
    out: UInt8Array,
) -> None:
    """The `Painter` of the CPU."""
    contours = _contours(labels, look.has_line, outline_radius)
    on_cpu.kernels().composite(image_bgr, labels, look, contours, cover, out)


def render(
    frame: Frame,
    instances: Instances,
    options: RenderOptions,
    out: UInt8Array | None = None,
    painter: Painter = paint,
    chips: Sequence[Chip] | None = None,
) -> UInt8Array:
    """The picture to show, (H, W, 3) uint8; the frame itself is never written to.

    out: a C-contiguous buffer of the frame's shape to draw into and return, for loops
    that want no allocation per frame; None makes a new one. painter: draws all but boxes
    and captions. chips: of the same people and options by `place_labels`, None where no frame
    came before. Raises ValueError when people or buffer have another size than the frame.
    """
    image = frame.image_bgr
    if instances.labels.shape != image.shape[:2]:
        raise ValueError(f"labels {instances.labels.shape} on a frame of {image.shape[:2]}")
    if out is None:
        out = np.empty_like(image)
    elif out.shape != image.shape or out.dtype != np.uint8 or np.shares_memory(out, image):
        raise ValueError(f"out must be a separate {image.shape} uint8 array")

    overlaid = _overlaid(instances, options)
    look = _look(overlaid, options)
    cover = cover_of(image, instances, options)
    painter(image, instances.labels, look, _outline_radius(look, options), cover, out)
    if options.show_boxes:
        _draw_boxes(out, instances, overlaid)
    draw_chips(out, place_labels(instances, options)[0] if chips is None else chips)
    return out


def place_labels(
    instances: Instances,
    options: RenderOptions,
    time_s: float = 0.0,
    before: CaptionState | None = None,
    percents: Sequence[int] | None = None,
) -> tuple[list[Chip], CaptionState]:
    """The labels for `render` to draw, steady from frame to frame; see `place_captions`.

    percents: how sure the network is of each person; None takes the scores.
    """
    if percents is None:
        percents = percents_of(instances, time_s, None).shown
    captions = _captions(_overlaid(instances, options), percents, options)
    return place_captions(instances, captions, time_s, before, options.typesetter)


def warm_up() -> None:
    """Compile or load every kernel, so that the first frame is as fast as the others."""
    labels = np.zeros((64, 64), np.uint8)
    labels[20:60, 20:40] = 1
    person = Instances(
        labels=labels,
        boxes_xyxy=np.array([[20, 20, 40, 60]], np.float32),
        scores=np.ones(1, np.float32),
        track_ids=np.ones(1, np.int64),
    )
    frame = Frame(np.zeros((64, 64, 3), np.uint8), 0, 0.0, 0.0)
    render(frame, person, RenderOptions(show_boxes=True))


def _overlaid(instances: Instances, options: RenderOptions) -> list[_Overlaid]:
    """Those drawn as overlay, ordered by identity so that labels settle the same way."""
    found = []
    for person, track_id in enumerate(instances.track_ids.tolist()):
        style = options.style_of(track_id)
        if style.effect is PersonEffect.OVERLAY:
            # People who are not tracked are still told apart within the frame.
            colour = style.colour_bgr or colour_of(track_id if track_id > 0 else person + 1)
            found.append(_Overlaid(person, track_id, colour, style.name))
    return sorted(found, key=lambda p: p.track_id)


def _look(overlaid: list[_Overlaid], options: RenderOptions) -> Look:
    colours = np.zeros((256, 3), np.uint8)
    tint_weight = np.zeros(256, np.uint16)
    has_line = np.zeros(256, np.bool_)
    for p in overlaid:
        has_line[p.person + 1] = True
        colours[p.person + 1] = p.colour_bgr
        tint_weight[p.person + 1] = round(256 * options.mask_opacity)
    line_weight, ring_weight = _line_weights(options.outline_px)
    return Look(colours, tint_weight, colours, has_line, line_weight, ring_weight)


def _outline_radius(look: Look, options: RenderOptions) -> int:
    if options.outline_px == 0 or not look.has_line.any():
        return 0
    return _radius(options.outline_px)


def _radius(outline_px: int) -> int:
    return max(1, round(outline_px / 2))


def _contours(labels: UInt8Array, has_line: BoolArray, radius: int) -> Contours | None:
    """Where the people with a line have their outlines; the rim of the frame has none."""
    if radius == 0:
        return None
    shape = (labels.shape[0], labels.shape[1])
    outlined = labels
    if not has_line[1 : int(labels.max()) + 1].all():
        members = np.where(has_line, np.arange(256), 0).astype(np.uint8)
        outlined = scratch("outlined", shape)
        cv2.LUT(labels, members, dst=outlined)
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    edges = scratch("edges", shape)
    cv2.morphologyEx(outlined, cv2.MORPH_GRADIENT, cross, dst=edges)
    cv2.min(edges, 1.0, dst=edges)  # type: ignore[call-overload]
    side = 2 * radius + 1
    density, near = scratch("density", shape), scratch("near", shape)
    cv2.boxFilter(
        edges,
        -1,
        (side, side),
        dst=density,
        normalize=False,
        borderType=cv2.BORDER_REPLICATE,
    )
    cv2.dilate(outlined, np.ones((side, side), np.uint8), dst=near)
    return Contours(density, near)


@lru_cache(maxsize=32)
def _line_weights(outline_px: int) -> tuple[UInt16Array, UInt16Array]:
    """Edge density → weight of the outline and of the ring around it, 0 to 256.

    Along a straight edge the window holds two full rows of edge pixels on the line and
    one row just beside it; in between lie the slopes of slanted edges.
    """
    rows = np.arange(256) / (2 * _radius(outline_px) + 1)
    strength = 0.6 if outline_px == 1 else 1.0
    line = np.clip((rows - 1.0) * 1.4, 0, 1) * 256 * strength
    ring = np.clip(rows, 0, 1) * RING_WEIGHT * strength
    return np.rint(line).astype(np.uint16), np.rint(ring).astype(np.uint16)


def _draw_boxes(out: UInt8Array, instances: Instances, overlaid: list[_Overlaid]) -> None:
    thickness = max(2, round(out.shape[0] / 360))
    boxes = mask_boxes(instances).tolist()
    for p in overlaid:
        x0, y0, x1, y1 = boxes[p.person]
        if x1 == 0:  # not a pixel
            continue
        for colour, width in (((0, 0, 0), thickness + 2), (p.colour_bgr, thickness)):
            cv2.rectangle(out, (x0, y0), (x1 - 1, y1 - 1), colour, width)


def _captions(
    overlaid: list[_Overlaid], percents: Sequence[int], options: RenderOptions
) -> list[Caption]:
    if not options.show_labels:
        return []
    return [_caption(p, percents[p.person], options.typesetter) for p in overlaid]


def _caption(p: _Overlaid, percent: int, typesetter: Typesetter | None) -> Caption:
    number = str(p.track_id) if p.track_id > 0 else ""
    who = shown_name(p.name, typesetter) or number
    return Caption(p.person, p.track_id, who, f"{percent}%", p.colour_bgr)
