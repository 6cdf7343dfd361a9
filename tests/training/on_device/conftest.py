"""Photos, cut-outs and rooms that crops are made of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from engine.training.cache import PhotoStore
from engine.training.dataset import read_photos
from engine.training.material import Material
from tests.training.conftest import Annotate, person


def soft_noise(seed: int, size_hw: tuple[int, int], channels: int = 3) -> np.ndarray[Any, Any]:
    noise = np.random.default_rng(seed).integers(0, 255, (*size_hw, channels), dtype=np.uint8)
    return cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 2), None, 0, 255, cv2.NORM_MINMAX)


def ellipse(size_hw: tuple[int, int]) -> np.ndarray[Any, Any]:
    """Opacity of a person with a soft edge."""
    alpha = np.zeros(size_hw, np.uint8)
    centre = (size_hw[1] // 2, size_hw[0] // 2)
    cv2.ellipse(alpha, centre, (size_hw[1] // 2 - 3, size_hw[0] // 2 - 3), 0, 0, 360, 255, -1)
    return cv2.GaussianBlur(alpha, (5, 5), 0)


@pytest.fixture
def material(coco_folder: Annotate, tmp_path: Path) -> Material:
    """Three photos of different sizes, two cut-outs and two rooms."""
    root = coco_folder(
        [
            (soft_noise(1, (90, 120)), [person(10, 20, 30, 60), person(60, 15, 40, 70)]),
            (soft_noise(2, (130, 100)), [person(30, 10, 50, 100), person(40, 60, 20, 30)]),
            (soft_noise(3, (110, 110)), [person(5, 5, 20, 30, source="box+model")]),
        ]
    )
    for folder in ("cutouts", "rooms"):
        (root / folder).mkdir()
    for i, size_hw in enumerate([(160, 60), (90, 80)]):
        rgba = np.dstack([soft_noise(10 + i, size_hw), ellipse(size_hw)])
        cv2.imwrite(str(root / "cutouts" / f"{i}.png"), rgba)
        cv2.imwrite(str(root / "rooms" / f"{i}.png"), soft_noise(20 + i, (100 + 30 * i, 140)))
    cutouts, rooms = (tuple(sorted((root / f).iterdir())) for f in ("cutouts", "rooms"))
    return Material(PhotoStore(read_photos(root)), cutouts, rooms)
