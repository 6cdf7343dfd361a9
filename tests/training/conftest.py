"""Small data sets in COCO layout."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

with contextlib.suppress(ModuleNotFoundError):  # then the tests that need it are skipped
    import torch

    torch.set_num_threads(1)

Annotate = Callable[..., Path]


def polygon(x: float, y: float, width: float, height: float) -> list[list[float]]:
    """A COCO polygon of a rectangle, in COCO's edge coordinates."""
    return [[x, y, x + width, y, x + width, y + height, x, y + height]]


def person(x: float, y: float, width: float, height: float, **changes: Any) -> dict[str, Any]:
    """A COCO annotation of a rectangular person."""
    return {
        "category_id": 1,
        "iscrowd": 0,
        "bbox": [x, y, width, height],
        "area": width * height,
        "segmentation": polygon(x, y, width, height),
        **changes,
    }


@pytest.fixture
def coco_folder(tmp_path: Path) -> Annotate:
    """A function that writes pictures with annotations in COCO layout, ids 1, 2, …"""

    def write(
        photos: list[tuple[np.ndarray[Any, Any], list[dict[str, Any]]]],
        picture_folder: str = "train",
        categories: tuple[str, ...] = ("person", "ignore"),
    ) -> Path:
        root = tmp_path / "data"
        (root / picture_folder).mkdir(parents=True)
        (root / "annotations").mkdir()
        images, annotations = [], []
        for number, (image_rgb, found) in enumerate(photos, 1):
            name = f"{number:012d}.png"
            cv2.imwrite(str(root / picture_folder / name), image_rgb[..., ::-1])
            height, width = image_rgb.shape[:2]
            images.append({"id": number, "file_name": name, "width": width, "height": height})
            annotations += [
                {"id": len(annotations) + i + 1, "image_id": number, **a}
                for i, a in enumerate(found)
            ]
        content = {
            "images": images,
            "annotations": annotations,
            "categories": [{"id": i + 1, "name": n} for i, n in enumerate(categories)],
        }
        file = root / "annotations" / f"instances_{picture_folder}.json"
        file.write_text(json.dumps(content))
        return root

    return write


def two_people_picture(seed: int, size_hw: tuple[int, int] = (65, 97)) -> np.ndarray[Any, Any]:
    """Noise with two plain rectangles where `two_people` says."""
    rng = np.random.default_rng(seed)
    image = rng.integers(60, 120, (*size_hw, 3), dtype=np.uint8)
    for number, annotation in enumerate(two_people(seed)):
        x, y, w, h = (int(v) for v in annotation["bbox"])
        image[y : y + h, x : x + w] = (230, 40 + 150 * number, 30)
    return image


def two_people(seed: int) -> list[dict[str, Any]]:
    """Two rectangular people side by side.

    Their edges lie half-way between cells of the stride-4 grid, where the upsampled
    person map puts them, so that a right answer is right to the pixel.
    """
    shift = 4 * (seed % 3)
    return [person(10 + shift, 10, 21, 45), person(58 + shift, 6, 25, 53)]
