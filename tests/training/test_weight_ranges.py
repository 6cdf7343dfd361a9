"""8-bit weights use what they may of their 8 bits, and no sum of two products overflows."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("onnx", reason="onnx comes with the GPU and the train extra")

from engine.training.weight_ranges import largest_weights

SUM_LIMIT = 2**15 - 1


def quantised(weight: np.ndarray) -> np.ndarray:
    step = largest_weights(weight)[:, None, None, None] / 127
    return np.rint(weight / step).astype(int)


@pytest.mark.parametrize("shape", [(16, 24, 1, 1), (8, 3, 3, 3), (4, 5, 3, 3)])
def test_neighbours_in_either_layout_stay_within_16_bits(shape: tuple[int, ...]) -> None:
    weight = np.random.default_rng(0).standard_t(3, shape).astype(np.float32)
    weight[0] = 1.0  # every pair is as large as can be
    for order in (quantised(weight), quantised(weight).transpose(0, 2, 3, 1)):
        rows = np.abs(order).reshape(len(order), -1)
        rows = rows[:, : rows.shape[1] // 2 * 2].reshape(len(order), -1, 2)
        assert (255 * rows.sum(axis=2)).max() <= SUM_LIMIT


def test_a_lone_large_weight_keeps_all_8_bits_and_equal_neighbours_7() -> None:
    lone, equal = np.zeros((2, 1, 8, 1, 1), np.float32)
    lone[0, 2], equal[0, 2:4] = 3.0, 3.0
    assert quantised(lone).max() == 127
    assert quantised(equal).max() == 64


def test_depthwise_convolutions_keep_all_8_bits_and_channels_of_zeros_do_no_harm() -> None:
    weight = np.ones((3, 1, 3, 3), np.float32)
    weight[1] = 0
    assert quantised(weight).max(axis=(1, 2, 3)).tolist() == [127, 0, 127]
