"""People of a frame put together anew, in one pass over the labels."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import cv2
import numpy as np

from engine.types import Instances


def regroup(
    instances: Instances, owner: list[int], pieces: Mapping[int, int], unwanted: Collection[int]
) -> tuple[Instances, list[int]]:
    """The people without pieces, whose pixels go to the person they belong to, and without
    the unwanted, whose pixels become nobody's; the owners of those who stay."""
    keep = [i for i in range(len(instances)) if i not in pieces and i not in unwanted]
    new_labels = np.zeros(256, np.uint8)
    for n, i in enumerate(keep):
        new_labels[i + 1] = n + 1
    for piece, whole in pieces.items():
        new_labels[piece + 1] = new_labels[whole + 1]
    labels = np.asarray(cv2.LUT(instances.labels, new_labels), np.uint8)
    return instances.regrouped(labels, new_labels, keep), [owner[i] for i in keep]
