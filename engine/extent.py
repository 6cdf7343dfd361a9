"""Where the mask of a person is: the box that is drawn and written to files.

`Instances.boxes_xyxy` is the network's: it decides which pixels are whose and who is who in
the next frame, but ends at a seated person's hips, say, where the mask goes on.
"""

from __future__ import annotations

from engine.kernels import on_cpu
from engine.types import Instances, Int64Array

MIN_PIECE_SHARE = 0.05
"""A piece of a mask with a smaller share of the largest one's pixels counts as astray."""


def mask_boxes(people: Instances) -> Int64Array:
    """(N, 4) boxes x0, y0, x1, y1 in frame pixels, end-exclusive, around the masks.

    A mask may lie in several pieces, as of somebody behind a pole; pieces of less than
    MIN_PIECE_SHARE of the largest are left out. Zeros for a person without a pixel.
    """
    return on_cpu.kernels().extents(people.labels, len(people), MIN_PIECE_SHARE)
