"""The text of the CUDA kernels: `.cu` files behind a preamble of the constants they share.

Knows nothing of CuPy, so that a machine without a GPU can compile the very same text.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from engine.kernels.edges_reference import (
    COLOUR_NOISE,
    FEW_CELLS,
    MOST_EVIDENCE,
    PICTURE_WEIGHT,
    REACH,
)
from engine.kernels.reference import (
    LOG_SIDE_LIMIT,
    LOGIT_LIMIT,
    SCORE_CELLS,
    SCORE_MIDDLE,
    SCORE_WIDTH,
    SHIFT_LIMIT,
)
from engine.types import HEAD_STRIDE, MAX_PEOPLE

KERNELS: Mapping[str, tuple[str, ...]] = {
    "preprocess": ("preprocess",),
    "group": ("find_candidates", "elect_people", "assign_pixels", "relabel"),
    "edges": ("follow_edges", "upsample_labels"),
    "composite": ("composite",),
    "steady": ("shrink_input", "take_maps", "mean_maps"),
}
"""The kernels of each `.cu` file."""

_OF_PEOPLE = ("group", "edges")
"""Those that know the structs of people.cuh."""

ARCHITECTURES = ("sm_75", "sm_80", "sm_90")
"""Oldest GPU that CUDA 13 supports, the first with asynchronous copies, and Hopper."""

PATCH_HW = (16, 54)
"""Averaged pixels around one block of network input: at most 1.5 per pixel, and a rim."""

PIXELS_PER_THREAD = 4
BLOCK_XY = (32, 8)
"""One warp per row of a block; every 2-D kernel uses it."""

PEAK_THREADS = 512
"""Block of `find_candidates`, whose last block sorts out all peaks alone."""

MAX_CELL_BLOCKS = 1024
"""Most blocks of `find_candidates`: enough for a network input of 2049 × 2049."""

VOTE_THREADS = 128
"""Block of `elect_people`, one per candidate."""

MAX_CANDIDATES = 256
MAX_VOTERS = 1024
"""As in `engine.group`, which explains them."""

MAX_OUTLINE_RADIUS = 10
"""Half the side of the widest window that `composite` draws outlines with."""

SCORE_ONE = 1 << 20
"""Probability 1 in the fixed-point sums of `assign_pixels`: whole numbers add up to the
same in any order, so scores do not change from run to run."""

PEOPLE = np.dtype(
    {
        "names": ["count", "renumbered", "boxes_xyxy", "scores", "new_label"],
        "formats": [
            np.int32,
            np.int32,
            (np.float32, (MAX_PEOPLE, 4)),
            (np.float32, MAX_PEOPLE),
            (np.uint8, 256),
        ],
        "offsets": [0, 4, 16, 16 + 16 * MAX_PEOPLE, 16 + 20 * MAX_PEOPLE],
        "itemsize": (16 + 20 * MAX_PEOPLE + 256 + 15) // 16 * 16,
    }
)
"""`struct People` of people.cuh: who was found in one frame, in one piece to copy back."""

LOOK = np.dtype(
    [
        ("tint_weight", np.uint16, 256),
        ("line_weight", np.uint16, 256),
        ("ring_weight", np.uint16, 256),
        ("tint_bgr", np.uint8, (256, 3)),
        ("line_bgr", np.uint8, (256, 3)),
        ("has_line", np.uint8, 256),
    ]
)
"""`struct Look` of composite.cu: the fields of `composite_reference.Look`."""

COUNTERS_BYTES = 8 * 4 + 20 * MAX_PEOPLE + 4
"""Size of `struct Counters` of people.cuh, which the host only has to provide and to zero."""

_FOLDER = Path(__file__).parent


def preamble(half_maps: bool = False) -> str:
    """The `#define` lines that every kernel is compiled behind.

    half_maps: whether the network's maps are float16 rather than float32.
    """
    values: Mapping[str, int | float] = {
        "MAPS_ARE_HALF": int(half_maps),
        "LOGIT_LIMIT": LOGIT_LIMIT,
        "SHIFT_LIMIT": SHIFT_LIMIT,
        "LOG_SIDE_LIMIT": LOG_SIDE_LIMIT,
        "HEAD_STRIDE": HEAD_STRIDE,
        "MAX_PEOPLE": MAX_PEOPLE,
        "PEOPLE_BYTES": PEOPLE.itemsize,
        "COUNTERS_BYTES": COUNTERS_BYTES,
        "LOOK_BYTES": LOOK.itemsize,
        "SCORE_ONE": SCORE_ONE,
        "SCORE_MIDDLE": SCORE_MIDDLE,
        "SCORE_WIDTH": SCORE_WIDTH,
        "SCORE_CELLS": SCORE_CELLS,
        "PEAK_THREADS": PEAK_THREADS,
        "MAX_CELL_BLOCKS": MAX_CELL_BLOCKS,
        "VOTE_THREADS": VOTE_THREADS,
        "MAX_CANDIDATES": MAX_CANDIDATES,
        "MAX_VOTERS": MAX_VOTERS,
        "BLOCK_X": BLOCK_XY[0],
        "BLOCK_Y": BLOCK_XY[1],
        "PIXELS": PIXELS_PER_THREAD,
        "PATCH_H": PATCH_HW[0],
        "PATCH_W": PATCH_HW[1],
        "MAX_OUTLINE_RADIUS": MAX_OUTLINE_RADIUS,
        "REACH": REACH,
        "PICTURE_WEIGHT": PICTURE_WEIGHT,
        "MOST_EVIDENCE": MOST_EVIDENCE,
        "COLOUR_NOISE": COLOUR_NOISE,
        "FEW_CELLS": FEW_CELLS,
    }
    return "".join(f"#define {name} {_literal(value)}\n" for name, value in values.items())


def cuda_source(file: str, half_maps: bool = False) -> str:
    """Everything the compiler needs for one of `KERNELS`, as one text without includes."""
    parts = ("people.cuh", f"{file}.cu") if file in _OF_PEOPLE else (f"{file}.cu",)
    texts = ((_FOLDER / part).read_text(encoding="utf-8") for part in parts)
    return preamble(half_maps) + "".join(texts)


def _literal(value: int | float) -> str:
    return f"{value!r}f" if isinstance(value, float) else str(value)
