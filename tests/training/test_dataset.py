"""Photos, labels and boxes from COCO files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pycocotools import mask as coco_mask

from engine.errors import ConfigError, SourceUnreadable
from engine.training.cache import CachedPhotoStore, PhotoStore, open_photos
from engine.training.dataset import CROWD, IGNORE, is_tune_image, load_photo, read_photos
from tests.training.conftest import Annotate, person

# pycocotools 2.0 hands out arrays that know no copy argument of NumPy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def rle(mask: np.ndarray) -> dict[str, object]:
    encoded = coco_mask.encode(np.asfortranarray(mask.astype(np.uint8)))
    return {"size": encoded["size"], "counts": encoded["counts"].decode()}


def grey(height: int, width: int) -> np.ndarray:
    return np.full((height, width, 3), 90, np.uint8)


def test_one_in_twenty_photos_is_held_out_whatever_the_others_are() -> None:
    held = [i for i in range(1, 20_001) if is_tune_image(i)]
    assert len(held) == pytest.approx(1000, rel=0.1)
    assert [i for i in range(1, 200) if is_tune_image(i)] == [h for h in held if h < 200]


def test_boxes_are_in_index_coordinates(coco_folder: Annotate) -> None:
    root = coco_folder([(grey(40, 60), [person(3, 10, 5, 20)])])
    photo = load_photo(read_photos(root)[0], 640)
    assert photo.boxes_xyxy.tolist() == [[2.5, 9.5, 7.5, 29.5]]
    rows, columns = np.nonzero(photo.labels == 1)
    assert (columns.min(), columns.max(), rows.min(), rows.max()) == (3, 7, 10, 29)


def test_crowds_and_ignored_regions_own_no_box_and_people_lie_on_top(
    coco_folder: Annotate,
) -> None:
    crowd, ignored = np.zeros((2, 40, 60), np.bool_)
    crowd[:, 20:40] = True
    ignored[:10] = True
    root = coco_folder(
        [
            (
                grey(40, 60),
                [
                    person(30, 0, 20, 40),
                    person(0, 0, 1, 1, iscrowd=1, segmentation=rle(crowd)),
                    person(0, 0, 1, 1, category_id=2, iscrowd=1, segmentation=rle(ignored)),
                ],
            )
        ]
    )
    photo = load_photo(read_photos(root)[0], 640)
    assert len(photo.boxes_xyxy) == 1
    assert photo.labels[5, 5] == IGNORE
    assert photo.labels[5, 25] == CROWD
    assert photo.labels[5, 35] == 1
    assert photo.labels[30, 5] == 0


def test_the_smaller_of_two_overlapping_people_is_in_front(coco_folder: Annotate) -> None:
    root = coco_folder([(grey(40, 60), [person(10, 10, 5, 5), person(0, 0, 30, 30)])])
    photo = load_photo(read_photos(root)[0], 640)
    assert photo.labels[12, 12] == 2
    assert photo.boxes_xyxy[1].tolist() == [9.5, 9.5, 14.5, 14.5]


def test_official_names_are_found_and_other_categories_are_left_out(
    coco_folder: Annotate,
) -> None:
    root = coco_folder(
        [(grey(40, 60), [person(1, 1, 5, 5), person(9, 9, 5, 5, category_id=2)])],
        "train2017",
        ("person", "bicycle"),
    )
    (photo,) = read_photos(root)
    assert photo.people == 1
    assert len(load_photo(photo, 640).boxes_xyxy) == 1


def test_a_folder_without_annotations_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="instances_train2017"):
        read_photos(tmp_path)


def test_a_missing_picture_is_a_clear_error(coco_folder: Annotate) -> None:
    root = coco_folder([(grey(40, 60), [person(1, 1, 5, 5)])])
    (photo,) = read_photos(root)
    photo.path.unlink()
    with pytest.raises(SourceUnreadable, match="is not a picture"):
        load_photo(photo, 640)


def test_photos_shrink_together_with_their_boxes(coco_folder: Annotate) -> None:
    root = coco_folder([(grey(41, 81), [person(20, 10, 40, 20)])])
    photo = load_photo(read_photos(root)[0], 41)
    assert photo.image_rgb.shape == (21, 41, 3)
    rows, columns = np.nonzero(photo.labels == 1)
    x1, y1, x2, y2 = photo.boxes_xyxy[0]
    assert x1 == pytest.approx(columns.min() - 0.5, abs=0.6)
    assert x2 == pytest.approx(columns.max() + 0.5, abs=0.6)
    assert y1 == pytest.approx(rows.min() - 0.5, abs=0.6)
    assert y2 == pytest.approx(rows.max() + 0.5, abs=0.6)


def test_an_outline_is_what_decoding_gives(coco_folder: Annotate, tmp_path: Path) -> None:
    people = [person(3, 4, 9, 9, source="box+model"), person(20, 10, 40, 20)]
    photos = read_photos(coco_folder([(grey(41, 81), people)]))
    for store in (PhotoStore(photos, 41), CachedPhotoStore(photos, 41, tmp_path / "cache")):
        outline, decoded = store.outline(0), store[0].outline
        assert outline.size_hw == decoded.size_hw == (21, 41)
        np.testing.assert_array_equal(outline.boxes_xyxy, decoded.boxes_xyxy)
        assert outline.exact.tolist() == decoded.exact.tolist() == [True, False]


def test_the_cache_gives_what_decoding_gives_and_survives_the_pictures(
    coco_folder: Annotate, tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 255, (30, 50, 3), dtype=np.uint8)
    root = coco_folder([(noise, [person(3, 4, 9, 9)]), (grey(20, 20), [])])
    photos = read_photos(root)
    direct = PhotoStore(photos)
    cached = CachedPhotoStore(photos, 640, tmp_path / "cache")
    wanted = [direct[i] for i in range(2)]
    for photo in photos:
        photo.path.unlink()
    again = CachedPhotoStore(photos, 640, tmp_path / "cache")
    for store in (cached, again):
        for i in range(2):
            np.testing.assert_array_equal(store[i].image_rgb, wanted[i].image_rgb)
            np.testing.assert_array_equal(store[i].labels, wanted[i].labels)
            np.testing.assert_array_equal(store[i].boxes_xyxy, wanted[i].boxes_xyxy)


def test_a_set_too_large_for_the_cache_is_decoded_on_the_fly(
    coco_folder: Annotate, tmp_path: Path
) -> None:
    photos = read_photos(coco_folder([(grey(20, 20), [])]))
    store = open_photos(photos, tmp_path / "cache", limit_gib=1e-9)
    assert not (tmp_path / "cache").exists()
    assert store[0].image_rgb.shape == (20, 20, 3)


@pytest.mark.shared
def test_annotated_boxes_of_the_shared_people_fit_their_hand_drawn_masks(
    shared_dir: Path,
) -> None:
    differences = []
    for photo in read_photos(shared_dir / "data" / "people")[:60]:
        loaded = load_photo(photo, 640)
        for i in np.flatnonzero(loaded.exact):
            rows, columns = np.nonzero(loaded.labels == i + 1)
            if len(rows) > 1000:
                extent = [columns.min(), rows.min(), columns.max(), rows.max()]
                edges = np.add(extent, [-0.5, -0.5, 0.5, 0.5])
                differences.append(edges - loaded.boxes_xyxy[i])
    assert np.abs(np.median(differences, axis=0)).max() < 0.5
