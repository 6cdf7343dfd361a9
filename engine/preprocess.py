"""Frame → network input: resized with corner pixels on corner pixels, BGR → RGB."""

from __future__ import annotations

import math

import cv2
import numpy as np

from engine.types import Frame, InputGeometry, UInt8Array

MIN_SIDE = 33


def input_size(frame_hw: tuple[int, int], long_side: int) -> tuple[int, int]:
    """Height and width of the network input for a frame, both of the form 16·k + 1.

    The longer side becomes `long_side` rounded to that form, the other the nearest that
    keeps the picture's shape; neither is below 33.
    """
    height, width = frame_hw
    scale = (rounded_side(long_side) - 1) / max(height - 1, width - 1, 1)
    return rounded_side((height - 1) * scale + 1), rounded_side((width - 1) * scale + 1)


def rounded_side(side: float) -> int:
    """The nearest size of the form 16·k + 1 that a network takes, at least 33."""
    return max(16 * math.floor((side - 1) / 16 + 0.5) + 1, MIN_SIDE)


def preprocess(frame: Frame, long_side: int) -> tuple[UInt8Array, InputGeometry]:
    """The network's input (1, H, W, 3) uint8 RGB at that longer side, and its geometry."""
    geometry = InputGeometry(frame.size_hw, input_size(frame.size_hw, long_side))
    resized = resize_corner_aligned(frame.image_bgr, geometry.input_hw)
    # An array of its own for each frame: the next one is prepared while the network reads it.
    image: UInt8Array = np.empty((1, *resized.shape), np.uint8)
    cv2.cvtColor(resized, cv2.COLOR_BGR2RGB, dst=image[0])
    return image, geometry


def resize_corner_aligned(image: UInt8Array, target_hw: tuple[int, int]) -> UInt8Array:
    """Resize (H, W, 3) uint8 so that the centres of corner pixels map onto each other.

    Pictures that shrink are first averaged over blocks of the nearest whole factor, so
    that nothing is skipped; the exact position comes from bilinear sampling after that.
    """
    height, width = image.shape[:2]
    scale_y = (height - 1) / (target_hw[0] - 1)
    scale_x = (width - 1) / (target_hw[1] - 1)
    block_y, block_x = max(round(scale_y), 1), max(round(scale_x), 1)
    if block_y > 1 or block_x > 1:
        rows, columns = height // block_y, width // block_x
        whole = image[: rows * block_y, : columns * block_x]
        image = cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    # Target → averaged picture, whose pixel i is centred on source pixel i·block + (block-1)/2.
    to_source = np.array(
        [
            [scale_x / block_x, 0, -(block_x - 1) / (2 * block_x)],
            [0, scale_y / block_y, -(block_y - 1) / (2 * block_y)],
        ]
    )
    return cv2.warpAffine(  # type: ignore[return-value]
        image,
        to_source,
        (target_hw[1], target_hw[0]),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
