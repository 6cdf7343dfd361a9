"""From a real portrait to a person, through the shipped model and the public API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import skimage.data
from PIL import Image

from engine.api import Segmenter
from engine.config import GroupOptions, RuntimeOptions
from engine.errors import ModelNotFound, SourceNotFound
from engine.types import UInt8Array
from tests.engine.clips import write_clip


@pytest.fixture(scope="module")
def segmenter() -> Iterator[Segmenter]:
    with Segmenter() as opened:
        yield opened


@pytest.fixture(scope="module")
def portrait_bgr() -> UInt8Array:
    return np.ascontiguousarray(skimage.data.astronaut()[..., ::-1])


def test_a_portrait_holds_one_person_where_the_person_is(
    segmenter: Segmenter, portrait_bgr: UInt8Array
):
    people = segmenter(portrait_bgr).instances
    main = int(np.argmax(people.scores * [mask.sum() for mask in people.masks()]))
    mask = people.mask(main)
    assert people.scores[main] > 0.7
    assert mask[120, 230], "the face"
    assert mask[400, 250], "the chest"
    assert not mask[:60, 420:].any(), "the shuttle in the background"


def test_the_result_is_a_picture_of_the_same_size_with_the_person_marked(
    segmenter: Segmenter, portrait_bgr: UInt8Array
):
    result = segmenter(portrait_bgr)
    assert result.image_bgr.shape == portrait_bgr.shape
    changed = (result.image_bgr != portrait_bgr).any(axis=2)
    assert changed[result.instances.labels > 0].mean() > 0.9


def test_a_file_gives_what_its_pixels_give(
    segmenter: Segmenter, portrait_bgr: UInt8Array, tmp_path: Path
):
    path = tmp_path / "portrait.png"
    cv2.imwrite(str(path), portrait_bgr)
    from_file = segmenter(path).instances.labels
    np.testing.assert_array_equal(from_file, segmenter(portrait_bgr).instances.labels)


def test_one_picture_after_another_share_no_identities(
    segmenter: Segmenter, portrait_bgr: UInt8Array
):
    ids = [segmenter(portrait_bgr).instances.track_ids.tolist() for _ in range(2)]
    assert ids[0] == ids[1]


def test_a_missing_file_is_named(segmenter: Segmenter, tmp_path: Path):
    with pytest.raises(SourceNotFound, match=r"nowhere\.jpg"):
        segmenter(tmp_path / "nowhere.jpg")


@pytest.mark.parametrize("wrong", [None, 0, [[0]], Image.new("RGB", (8, 8))])
def test_what_is_no_picture_is_called_so(segmenter: Segmenter, wrong: Any):
    with pytest.raises(TypeError, match=f"or the path of a file, got {type(wrong).__name__}"):
        segmenter(wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((8, 8), np.uint8),
        np.zeros((8, 8, 4), np.uint8),
        np.zeros((8, 8, 3), np.uint16),
        np.zeros((8, 8, 3), np.float32),
    ],
)
def test_an_array_of_another_kind_is_named_with_what_to_do(segmenter: Segmenter, wrong: Any):
    with pytest.raises(ValueError, match=r"got \(8, 8.* u?(int|float)\d+.*cv2\.cvtColor"):
        segmenter(wrong)


def test_what_is_shown_of_an_array_laid_out_otherwise_is_laid_out_as_ever(
    segmenter: Segmenter, portrait_bgr: UInt8Array
):
    result = segmenter(np.asfortranarray(portrait_bgr))
    assert result.image_bgr.flags.c_contiguous
    np.testing.assert_array_equal(result.image_bgr, segmenter(portrait_bgr).image_bgr)


@pytest.mark.parametrize("size_hw", [(1, 1), (1, 512), (512, 1), (2, 40_000)])
def test_a_picture_of_any_shape_has_people_or_none(segmenter: Segmenter, size_hw: tuple[int, int]):
    result = segmenter(np.zeros((*size_hw, 3), np.uint8))
    assert result.instances.labels.shape == size_hw
    assert result.image_bgr.shape == (*size_hw, 3)


@pytest.mark.parametrize("wrong", [None, b"clip.mp4", 1.0, ["a.jpg"], np.zeros((8, 8, 3))])
def test_what_is_no_source_is_called_so(segmenter: Segmenter, wrong: Any):
    with pytest.raises(TypeError, match=f"a source is .*, got {type(wrong).__name__}"):
        next(segmenter.stream(wrong))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"runtime": "bbe-mnv2"}, r"runtime is a RuntimeOptions, got str"),
        ({"settings": GroupOptions()}, r"settings is a Settings, got GroupOptions"),
    ],
)
def test_options_of_another_kind_are_named(arguments: dict[str, Any], message: str):
    with pytest.raises(TypeError, match=message):
        Segmenter(**arguments)


def test_a_film_is_given_back_before_its_end(segmenter: Segmenter, tmp_path: Path):
    clip = write_clip(tmp_path / "clip.mp4")
    with closing(segmenter.stream(clip)) as results:
        assert [result.frame.index for result, _ in zip(results, range(2), strict=False)] == [0, 1]
    assert next(results, None) is None


def test_what_opencv_reads_is_a_picture(
    segmenter: Segmenter, portrait_bgr: UInt8Array, tmp_path: Path
):
    path = str(tmp_path / "portrait.png")
    cv2.imwrite(path, portrait_bgr)
    picture = cv2.imread(path)
    assert picture is not None
    assert len(segmenter(picture).instances) > 0


def test_a_missing_model_is_named():
    with pytest.raises(ModelNotFound, match="no-such-model"):
        Segmenter(RuntimeOptions(model="no-such-model"))
