"""Masks without specks and pinholes, by both of the CPU's kernels."""

from __future__ import annotations

from types import ModuleType

import cv2
import numpy as np
import pytest

from engine.config import GroupOptions
from engine.group import tidy
from engine.kernels import compiled, plain
from engine.types import UInt8Array

BOTH = pytest.mark.parametrize("kernels", [plain, compiled], ids=["plain", "compiled"])
LEAST = 0.01


def one_person() -> UInt8Array:
    """10,000 pixels of person 1 in the middle, so that fewer than 100 are a speck."""
    labels = np.zeros((200, 300), np.uint8)
    labels[50:150, 100:200] = 1
    return labels


@BOTH
def test_specks_go_and_what_is_large_enough_to_be_a_hand_stays(kernels: ModuleType) -> None:
    labels = one_person()
    labels[10:19, 10:21] = 1  # 99 pixels
    labels[180:190, 280:290] = 1  # 100
    assert kernels.tidy(labels, LEAST) == 99
    assert not labels[:40].any()
    assert labels[180:190, 280:290].all()
    assert kernels.tidy(labels, LEAST) == 0


@BOTH
def test_pinholes_are_filled_and_what_is_between_arm_and_body_is_not(kernels: ModuleType) -> None:
    labels = one_person()
    labels[60:69, 110:120] = 0  # 90 pixels
    labels[100:110, 150:160] = 0  # 100
    assert kernels.tidy(labels, LEAST) == 90
    assert (labels[60:69, 110:120] == 1).all()
    assert not labels[100:110, 150:160].any()


@BOTH
def test_a_gap_between_two_people_is_nobodys_hole(kernels: ModuleType) -> None:
    labels = one_person()
    labels[50:150, 150:200] = 2
    labels[98:103, 148:152] = 0
    before = labels.copy()
    assert kernels.tidy(labels, LEAST) == 0
    assert np.array_equal(labels, before)


@BOTH
def test_a_speck_within_somebody_else_is_theirs_and_beside_them_nobodys(
    kernels: ModuleType,
) -> None:
    labels = one_person()
    labels[50:150, 205:300] = 2
    labels[90:95, 240:245] = 1
    labels[60:65, 200:205] = 2  # touches the background, too
    labels[58:67, 205:212] = 0
    kernels.tidy(labels, LEAST)
    assert (labels[90:95, 240:245] == 2).all()
    assert not labels[60:65, 200:205].any()


@BOTH
def test_pieces_that_touch_at_a_corner_are_one(kernels: ModuleType) -> None:
    labels = one_person()
    labels[45:50, 95:100] = 1
    assert kernels.tidy(labels, LEAST) == 0
    labels[150:155, 200:205] = 1
    assert kernels.tidy(labels, LEAST) == 0
    labels[45:50, 94:95] = 0
    labels[49, 99] = 0  # now the first touches no more
    assert kernels.tidy(labels, LEAST) == 24


@BOTH
def test_somebody_small_stays_beside_somebody_large(kernels: ModuleType) -> None:
    labels = one_person()
    labels[10:13, 10:13] = 2
    labels[80:83, 120:123] = 3
    assert kernels.tidy(labels, LEAST) == 0


@BOTH
def test_the_end_of_a_row_does_not_touch_the_begin_of_the_next(kernels: ModuleType) -> None:
    labels = one_person()
    labels[50:150, 200:300] = 1
    labels[151:156, 0:4] = 1
    labels[149, 290:] = 1
    assert kernels.tidy(labels, LEAST) == 20


@pytest.mark.parametrize("frame_hw", [(1, 1), (1, 70), (70, 1), (25, 33), (40, 64), (90, 61)])
@pytest.mark.parametrize("labels_in_use", [1, 2, 9])
def test_both_kernels_change_the_same(frame_hw: tuple[int, int], labels_in_use: int) -> None:
    """Noise and blobs: pieces that join late, holes in holes, everything at the frame's edge."""
    rng = np.random.default_rng(4)
    for blur in (1, 3, 5, 11):
        noise = rng.random((*frame_hw, labels_in_use + 1)).astype(np.float32)
        blobs = cv2.blur(noise, (blur, blur)).reshape(noise.shape)
        labels = blobs.argmax(axis=2).astype(np.uint8)
        for min_share in (0.001, 0.05, 0.3, 1.0):
            ours, theirs = labels.copy(), labels.copy()
            assert compiled.tidy(ours, min_share) == plain.tidy(theirs, min_share)
            np.testing.assert_array_equal(ours, theirs)


@BOTH
@pytest.mark.parametrize("value", [0, 1, 255])
def test_a_frame_of_one_label_stays(kernels: ModuleType, value: int) -> None:
    labels = np.full((7, 9), value, np.uint8)
    assert kernels.tidy(labels, 1.0) == 0
    assert (labels == value).all()


def test_the_paper_and_whoever_wants_it_so_keep_all_pieces() -> None:
    labels = one_person()
    labels[10, 10] = 1
    assert not tidy(labels, GroupOptions.paper())
    assert not tidy(labels, GroupOptions(speck_share=0.0))
    assert labels[10, 10] == 1
    assert tidy(labels, GroupOptions())
    assert labels[10, 10] == 0
