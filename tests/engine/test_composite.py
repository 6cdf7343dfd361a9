"""The kernel that draws people, compiled and plain."""

from __future__ import annotations

import numpy as np
import pytest

from engine.kernels import composite_cpu, composite_reference
from engine.kernels.composite_reference import Contours, Cover, Look
from engine.types import UInt8Array


def random_planes(
    seed: int, size_hw: tuple[int, int], people_count: int
) -> tuple[UInt8Array, UInt8Array, Look, Contours, Cover]:
    random = np.random.default_rng(seed)

    def plane(high: int, *shape: int) -> UInt8Array:
        return random.integers(0, high, shape, np.uint8)

    look = Look(
        tint_bgr=plane(256, 256, 3),
        tint_weight=np.append(0, random.integers(0, 257, 255)).astype(np.uint16),
        line_bgr=plane(256, 256, 3),
        has_line=np.append(False, random.random(255) < 0.5),
        line_weight=np.append(0, random.integers(0, 257, 255)).astype(np.uint16),
        ring_weight=np.append(0, random.integers(0, 257, 255)).astype(np.uint16),
    )
    labels = plane(people_count + 1, *size_hw)
    contours = Contours(plane(8, *size_hw), plane(people_count + 1, *size_hw))
    cover = Cover(plane(256, *size_hw, 3), plane(256, *size_hw) & plane(256, *size_hw))
    return plane(256, *size_hw, 3), labels, look, contours, cover


@pytest.mark.parametrize("size_hw", [(1, 1), (37, 53), (64, 128), (3, 1001)])
@pytest.mark.parametrize("people_count", [0, 1, 20, 255])
def test_the_compiled_kernel_gives_the_bytes_of_the_plain_one(
    size_hw: tuple[int, int], people_count: int
) -> None:
    image, labels, look, contours, cover = random_planes(people_count, size_hw, people_count)
    for lines in (contours, None):
        for over in (cover, None):
            fast, plain = np.empty_like(image), np.empty_like(image)
            composite_cpu.composite(image, labels, look, lines, over, fast)
            composite_reference.composite(image, labels, look, lines, over, plain)
            assert np.array_equal(fast, plain)
