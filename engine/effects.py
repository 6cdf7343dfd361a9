"""Blurred and hidden people, blurred and replaced backdrops, as one covering picture.

What is smooth of the picture is built small; a backdrop of the user's is as sharp as the frame,
and so is the alpha plane, because that is where the edges are. Concealed people are covered a
little beyond their mask, so that no untouched rim of them stays; people who are shown keep
every pixel of their mask when the backdrop is kept.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from engine.backdrop import filling
from engine.kernels import on_cpu
from engine.kernels.composite_reference import Cover, Look
from engine.kernels.scratch import scratch
from engine.styles import Backdrop, PersonEffect, RenderOptions
from engine.types import Instances, UInt8Array

HIDDEN_BGR = (128, 128, 128)
"""Takes the place of hidden people where the backdrop is kept."""

REFERENCE_WIDTH = 1280
SMALL_SIGMA = 2.25
"""What is blurred is computed so small that its blur has about this sigma."""

MAX_SHRINK = 8.0

GROW_PX = 6
"""Concealed people are covered this far beyond their mask, at `REFERENCE_WIDTH`."""

PERSON_BLUR = 0.13
"""Blur of a person as a share of the square root of the mask's area: a face is then
about four sigmas wide, whether it fills the frame or a corner of it."""

FAR_FILL = 1e-3
"""Weight of far background against near in the blurred backdrop: counts only where
there is no near one, behind the middle of large people."""


def cover_of(image_bgr: UInt8Array, people: Instances, options: RenderOptions) -> Cover | None:
    """What lies over the picture under these options; None when nothing does."""
    effects = [options.style_of(int(i)).effect for i in people.track_ids]
    blurred = _members(effects, PersonEffect.BLUR)
    hidden = _members(effects, PersonEffect.HIDE)
    kept = options.backdrop is Backdrop.KEEP
    if kept and not (blurred | hidden).any():
        return None
    grow_px = max(4, round(GROW_PX * people.labels.shape[1] / REFERENCE_WIDTH))
    if kept:
        alpha = _concealing_alpha(people.labels, blurred | hidden, grow_px)
    else:
        alpha = _backdrop_alpha(people.labels, blurred | hidden, grow_px)
    return Cover(_picture(image_bgr, people, options, blurred, hidden, grow_px), alpha)


def conceal(image_bgr: UInt8Array, people: Instances, options: RenderOptions) -> UInt8Array:
    """(H, W, 3) uint8: the picture without tint, outlines and names, but with what `options`
    hide, blur and put behind the people; `image_bgr` itself where that is nothing."""
    cover = cover_of(image_bgr, people, options)
    if cover is None:
        return image_bgr
    out = np.empty_like(image_bgr)
    on_cpu.kernels().composite(image_bgr, people.labels, Look.none(), None, cover, out)
    return out


def _members(effects: list[PersonEffect], wanted: PersonEffect) -> UInt8Array:
    """(256,) lookup from label to 255 for people with the effect, 0 for all else."""
    table = np.zeros(256, np.uint8)
    table[1 : len(effects) + 1] = [255 if e is wanted else 0 for e in effects]
    return table


def _concealing_alpha(labels: UInt8Array, concealed: UInt8Array, grow_px: int) -> UInt8Array:
    """Covers concealed people and a rim around them, the outer half of which fades, but
    never somebody shown."""
    side, fading = 2 * grow_px + 1, 2 * (grow_px // 2) + 1
    shape = (labels.shape[0], labels.shape[1])
    plane, alpha = scratch("concealed", shape), scratch("alpha", shape)
    cv2.LUT(labels, concealed, dst=plane)
    cv2.dilate(plane, np.ones((side, side), np.uint8), dst=alpha)
    cv2.blur(alpha, (fading, fading), dst=alpha)
    may_cover = concealed.copy()
    may_cover[0] = 255
    cv2.LUT(labels, may_cover, dst=plane)
    cv2.min(alpha, plane, dst=alpha)
    return alpha


def _backdrop_alpha(labels: UInt8Array, concealed: UInt8Array, grow_px: int) -> UInt8Array:
    """Covers all but the people shown, whose inner rim fades: it is part background."""
    shown = 255 - concealed
    shown[0] = 0
    side = 2 * (grow_px // 3) + 1
    fade = np.clip(510 - 2 * np.arange(256), 0, 255).astype(np.uint8)
    shape = (labels.shape[0], labels.shape[1])
    plane, alpha = scratch("concealed", shape), scratch("alpha", shape)
    cv2.LUT(labels, shown, dst=plane)
    cv2.blur(plane, (side, side), dst=alpha)
    cv2.LUT(alpha, fade, dst=alpha)
    cv2.bitwise_not(plane, dst=plane)
    cv2.max(alpha, plane, dst=alpha)
    return alpha


def _picture(
    image_bgr: UInt8Array,
    people: Instances,
    options: RenderOptions,
    blurred: UInt8Array,
    hidden: UInt8Array,
    grow_px: int,
) -> UInt8Array:
    """(H, W, 3): the backdrop, with blurred people where they are. Not to be written to."""
    height, width = people.labels.shape
    if options.backdrop is not Backdrop.BLUR and not blurred.any():
        return _sharp_backdrop(options, height, width)

    sigma_px = options.blur_px * width / REFERENCE_WIDTH
    shrink = min(max(1.0, sigma_px / SMALL_SIGMA), MAX_SHRINK)
    small_wh = (max(1, round(width / shrink)), max(1, round(height / shrink)))
    small = np.asarray(cv2.resize(image_bgr, small_wh, interpolation=cv2.INTER_AREA), np.uint8)
    # The rim grown at frame resolution, its fade, and a cell for the interpolation.
    reach = math.ceil(2 * grow_px / shrink) + 1

    if options.backdrop is Backdrop.BLUR:
        everybody = np.full(256, 255, np.uint8)
        everybody[0] = 0
        where_people = _small_mask(people.labels, everybody, small_wh, reach)
        picture = _blur_without(small, where_people, sigma_px / shrink)
    else:
        picture = _sharp_backdrop(options, *small.shape[:2])
    weight = None
    if blurred.any():
        areas = np.bincount(people.labels.ravel()[::7], minlength=256)[:256] * 7
        person_px = PERSON_BLUR * math.sqrt(areas[blurred > 0].max())
        where_blurred = _small_mask(people.labels, blurred, small_wh, reach)
        if hidden.any():
            where_hidden = _small_mask(people.labels, hidden, small_wh, reach) > 0
            # Who is hidden must not come back in the blur of somebody beside.
            small = np.where(where_hidden[..., None], picture, small)
            if options.backdrop is Backdrop.KEEP:
                where_blurred[where_hidden] = 0
        strong = _blur(small, max(sigma_px, person_px) / shrink)
        weight = _fading(where_blurred)
        picture = _mix(picture, strong, weight)
    full = scratch("cover", (height, width, 3))
    cv2.resize(picture, (width, height), dst=full, interpolation=cv2.INTER_LINEAR)
    if options.backdrop is Backdrop.PICTURE and weight is not None:
        _keep_sharp(full, _sharp_backdrop(options, height, width), people.labels, weight)
    return full


def _sharp_backdrop(options: RenderOptions, height: int, width: int) -> UInt8Array:
    """(height, width, 3): what is put behind people unless that is the frame blurred."""
    if options.backdrop is Backdrop.PICTURE and options.backdrop_picture is not None:
        return filling(options.backdrop_picture, height, width)
    flat = scratch("flat", (height, width, 3))
    flat[0] = HIDDEN_BGR if options.backdrop is Backdrop.KEEP else options.backdrop_bgr
    flat[1:] = flat[0]
    return flat


def _keep_sharp(
    out: UInt8Array, sharp: UInt8Array, labels: UInt8Array, small_weight: UInt8Array
) -> None:
    """`sharp` into `out` where `small_weight` is 0: only what is blurred may be coarse."""
    height, width = labels.shape
    coarse, weight = scratch("coarse", out.shape), scratch("weight", (height, width))
    np.copyto(coarse, out)
    cv2.resize(small_weight, (width, height), dst=weight, interpolation=cv2.INTER_LINEAR)
    cover = Cover(coarse, weight)
    on_cpu.kernels().composite(sharp, labels, Look.none(), None, cover, out)


def _small_mask(
    labels: UInt8Array, members: UInt8Array, small_wh: tuple[int, int], reach: int
) -> UInt8Array:
    """255 at every small cell within `reach` cells of a member's pixels."""
    mask = cv2.resize(cv2.LUT(labels, members), small_wh, interpolation=cv2.INTER_AREA)
    side = 2 * reach + 1
    grown = cv2.dilate(mask, np.ones((side, side), np.uint8))
    return np.where(grown > 0, 255, 0).astype(np.uint8)


def _fading(where: UInt8Array) -> UInt8Array:
    """255 where `where` is, and fading out around there."""
    return np.asarray(cv2.blur(cv2.dilate(where, np.ones((7, 7), np.uint8)), (7, 7)), np.uint8)


def _mix(under: UInt8Array, over: UInt8Array, weight: UInt8Array) -> UInt8Array:
    """`over` where `weight` is 255, `under` where it is 0."""
    share = weight[..., None].astype(np.float32) / 255
    return np.asarray(np.rint(under * (1 - share) + over * share), np.uint8)


def _blur(small: UInt8Array, sigma: float) -> UInt8Array:
    """Gaussian blur, for a large sigma on a smaller copy."""
    shrink = max(1.0, sigma / 4)
    height, width = small.shape[:2]
    size_wh = (max(1, round(width / shrink)), max(1, round(height / shrink)))
    smaller = cv2.resize(small, size_wh, interpolation=cv2.INTER_AREA)
    smooth = cv2.GaussianBlur(smaller, (0, 0), sigma / shrink)
    return np.asarray(cv2.resize(smooth, (width, height)), np.uint8)


def _blur_without(small: UInt8Array, left_out: UInt8Array, sigma: float) -> UInt8Array:
    """Blur in which pixels left out have no share, so that people do not bleed out.

    Normalised convolution: weighted sum over summed weights. Where no weight is near,
    a much wider blur and at last the mean colour decide.
    """
    weight = (left_out == 0).astype(np.float32)
    weighted = np.dstack([small.astype(np.float32) * weight[..., None], weight])
    near = cv2.GaussianBlur(weighted, (0, 0), sigma)
    height, width = weight.shape
    tiny_wh = (max(1, width // 4), max(1, height // 4))
    tiny = cv2.resize(weighted, tiny_wh, interpolation=cv2.INTER_AREA)
    far = cv2.resize(cv2.GaussianBlur(tiny, (0, 0), 6.0), (width, height))
    mean = weighted.mean(axis=(0, 1))
    mean = mean if mean[3] > 0 else np.array([128, 128, 128, 1], np.float32)
    total = near + FAR_FILL * far + FAR_FILL**2 * mean
    return np.asarray(np.rint(total[..., :3] / total[..., 3:]), np.uint8)
