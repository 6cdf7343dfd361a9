"""All pictures in one flat tensor."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="training needs PyTorch: uv sync --extra train")

import cv2
import numpy as np
import torch

from engine.errors import SourceUnreadable
from engine.training.material import Material
from engine.training.on_device.stock import load_stock, needed_bytes

# pycocotools 2.0 hands out arrays that know no copy argument of NumPy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def test_every_picture_lies_where_the_shelf_says(material: Material) -> None:
    shelf, pixels = load_stock(material, torch.device("cpu"))
    assert pixels.nbytes == needed_bytes(material)
    photos = [np.dstack([p.image_rgb, p.labels]) for p in (material.photos[i] for i in range(3))]
    cutouts = [material.cutout(i) for i in range(2)]
    rooms = [np.dstack([material.room(i).image_rgb, material.room(i).labels]) for i in range(2)]
    for number, wanted in enumerate([*photos, *cutouts, *rooms]):
        height, width = shelf.size_hw(number)
        start = shelf.offsets[number]
        lying = pixels[start : start + height * width].view(torch.uint8)
        np.testing.assert_array_equal(lying.numpy().reshape(height, width, 4), wanted)
    assert shelf.pixels_of[0, 1] == 40 * 70
    assert shelf.pixels_of[3, 1] == (cutouts[0][..., 3] >= 128).sum()
    assert [len(boxes) for boxes in shelf.boxes_xyxy] == [2, 2, 1, 1, 1, 0, 0]


def test_a_photo_of_another_size_than_annotated_is_a_clear_error(material: Material) -> None:
    cv2.imwrite(str(material.photos.photos[1].path), np.zeros((50, 50, 3), np.uint8))
    with pytest.raises(SourceUnreadable, match="another size than its annotations"):
        load_stock(material, torch.device("cpu"))
