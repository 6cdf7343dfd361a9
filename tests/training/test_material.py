"""What crops are made of."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="training needs PyTorch: uv sync --extra train")

from pathlib import Path

import cv2
import numpy as np

from engine.training.cache import PhotoStore
from engine.training.material import Material, cutout_as_photo


def test_a_cutout_is_one_person_where_it_is_opaque() -> None:
    rgba = np.zeros((50, 20, 4), np.uint8)
    rgba[10:40, 5:15, 3] = 255
    photo = cutout_as_photo(rgba)
    assert photo.boxes_xyxy.tolist() == [[4.5, 9.5, 14.5, 39.5]]
    assert photo.labels.sum() == 30 * 10


def test_a_room_is_no_larger_than_photos_are(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "room.png"), np.full((60, 80, 3), 90, np.uint8))
    room = Material(PhotoStore([], 40), rooms=(tmp_path / "room.png",)).room(0)
    assert room.outline.size_hw == (30, 40)
    assert not room.labels.any()
