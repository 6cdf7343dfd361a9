"""Launches the kernels that read and write pictures: preprocessing and compositing.

Each function has its NumPy reference in `engine.kernels.reference_gpu_pictures` or
`composite_reference`. All of them only ask for work on the backend's stream; results are
there after `Backend.wait`. They raise ValueError for arrays that a kernel could not walk
through (wrong shape or type, not C-contiguous) and `KernelError` from the backend.
"""

from __future__ import annotations

import numpy as np

from engine.kernels.composite_reference import Look
from engine.kernels.cuda_arguments import blocks, float32, int32, picture_grid, required
from engine.kernels.cuda_backend import Backend, DeviceArray, HostArray
from engine.kernels.cuda_source import BLOCK_XY, LOOK, MAX_OUTLINE_RADIUS, PATCH_HW
from engine.kernels.reference_gpu_pictures import sampling_step


def preprocess(backend: Backend, frame_bgr: DeviceArray, rgb: DeviceArray) -> None:
    """Frame (H, W, 3) uint8 BGR → `rgb` (1, h, w, 3) uint8 RGB."""
    _, height, width, _ = required("rgb", rgb, 4, np.uint8)
    _resample(backend, frame_bgr, (height, width), True, rgb)


def resize(backend: Backend, image_bgr: DeviceArray, resized_bgr: DeviceArray) -> None:
    """Picture (H, W, 3) uint8 BGR → `resized_bgr` (h, w, 3), corner pixels on corner pixels."""
    height, width, _ = required("resized_bgr", resized_bgr, 3, np.uint8)
    _resample(backend, image_bgr, (height, width), False, resized_bgr)


def _resample(
    backend: Backend,
    frame_bgr: DeviceArray,
    target_hw: tuple[int, int],
    to_rgb: bool,
    resized: DeviceArray,
) -> None:
    frame_h, frame_w, _ = required("frame_bgr", frame_bgr, 3, np.uint8)
    height, width = target_hw
    block_h, step_y, offset_y = sampling_step(frame_h, height)
    block_w, step_x, offset_x = sampling_step(frame_w, width)
    reach_y, reach_x = (int(step * (side - 1)) + 3 for step, side in _steps(step_y, step_x))
    if reach_y > PATCH_HW[0] or reach_x > PATCH_HW[1]:
        raise ValueError(f"a frame of {frame_h}×{frame_w} cannot become {height}×{width}")
    backend.launch(
        "preprocess",
        "preprocess",
        (blocks(width, BLOCK_XY[0]), blocks(height, BLOCK_XY[1])),
        BLOCK_XY,
        (
            frame_bgr,
            *int32(frame_h, frame_w, block_h, block_w),
            *float32(step_y, step_x, offset_y, offset_x),
            *int32(height, width, to_rgb),
            resized,
        ),
    )


def composite(
    backend: Backend,
    frame_bgr: DeviceArray,
    labels: DeviceArray,
    look: DeviceArray,
    outline_radius: int,
    cover: tuple[DeviceArray, DeviceArray] | None,
    out: DeviceArray,
) -> None:
    """Tint, cover and outline onto `out` (H, W, 3) uint8, which may be `frame_bgr` itself.

    look: one `LOOK` record as bytes. outline_radius: half the side of the window that
    makes an outline, 0 draws none. cover: picture (H, W, 3) and alpha (H, W) uint8.
    """
    frame_h, frame_w = required("labels", labels, 2, np.uint8)
    required("frame_bgr", frame_bgr, (frame_h, frame_w, 3), np.uint8)
    required("out", out, (frame_h, frame_w, 3), np.uint8)
    required("look", look, (LOOK.itemsize,), np.uint8)
    if not 0 <= outline_radius <= MAX_OUTLINE_RADIUS:
        raise ValueError(f"outline_radius is {outline_radius}, not 0 to {MAX_OUTLINE_RADIUS}")
    picture, alpha = cover if cover is not None else (frame_bgr, labels)
    required("cover", picture, (frame_h, frame_w, 3), np.uint8)
    required("cover alpha", alpha, (frame_h, frame_w), np.uint8)
    backend.launch(
        "composite",
        "composite",
        picture_grid(frame_h, frame_w),
        BLOCK_XY,
        (
            frame_bgr,
            labels,
            *int32(frame_h, frame_w),
            look,
            *int32(outline_radius, cover is not None),
            picture,
            alpha,
            out,
        ),
    )


def pack_look(look: Look) -> HostArray:
    """`look` as the bytes that `composite` reads, one `LOOK` record."""
    record = np.zeros(1, LOOK)
    for field in LOOK.names or ():
        record[field][0] = getattr(look, field)
    return record.view(np.uint8)


def _steps(step_y: float, step_x: float) -> tuple[tuple[float, int], tuple[float, int]]:
    return (step_y, BLOCK_XY[1]), (step_x, BLOCK_XY[0])
