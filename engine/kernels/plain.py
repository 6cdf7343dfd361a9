"""All kernels of the CPU in plain NumPy; see `engine.kernels.on_cpu.Kernels`."""

from engine.kernels.composite_reference import blend_mask, composite, row_profiles
from engine.kernels.edges_reference import follow_edges
from engine.kernels.extents_reference import extents
from engine.kernels.reference import (
    assign,
    clean_logits,
    decode_boxes,
    find_peaks,
    gather_votes,
    nms,
    own_iou,
    tally,
    upsample_labels,
)
from engine.kernels.tidy_reference import tidy

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
