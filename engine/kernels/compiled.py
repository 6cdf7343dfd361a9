"""All kernels of the CPU as Numba compiles them; see `engine.kernels.on_cpu.Kernels`."""

from engine.kernels.composite_cpu import blend_mask, composite, row_profiles
from engine.kernels.cpu import (
    assign,
    clean_logits,
    decode_boxes,
    find_peaks,
    gather_votes,
    nms,
    own_iou,
    tally,
)
from engine.kernels.edges_cpu import follow_edges
from engine.kernels.extents_cpu import extents
from engine.kernels.tidy_cpu import tidy
from engine.kernels.upsample_cpu import upsample_labels

__all__ = [
    "assign",
    "blend_mask",
    "clean_logits",
    "composite",
    "decode_boxes",
    "extents",
    "find_peaks",
    "follow_edges",
    "gather_votes",
    "nms",
    "own_iou",
    "row_profiles",
    "tally",
    "tidy",
    "upsample_labels",
]
