"""Screenshots: what is seen, and nothing else is touched."""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from engine.errors import SinkError
from engine.sink.screenshot import save_screenshot
from tests.engine.sink_cases import file_size_limit, make_result

IMAGE = make_result(0, 0.0).image_bgr


def read_png(path: Path) -> np.ndarray:
    image = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED)
    assert image is not None
    return image


def test_a_screenshot_is_the_picture_pixel_for_pixel(tmp_path: Path) -> None:
    image = make_result(0, 0.0, (33, 47), noise=True).image_bgr
    path = save_screenshot(image, tmp_path / "Zoë 東京.png")
    assert path == tmp_path / "Zoë 東京.png"
    assert np.array_equal(read_png(path), image)


def test_the_ending_is_added_where_it_is_missing(tmp_path: Path) -> None:
    path = save_screenshot(IMAGE, tmp_path / "12.30 h")
    assert path == tmp_path / "12.30 h.png"
    assert path.exists()


def test_an_existing_file_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"precious")
    with pytest.raises(SinkError, match="exists already"):
        save_screenshot(IMAGE, path)
    assert path.read_bytes() == b"precious"


@pytest.mark.skipif(sys.platform == "win32", reason="needs RLIMIT_FSIZE")
def test_a_full_disk_leaves_no_half_picture(tmp_path: Path) -> None:
    image = make_result(0, 0.0, (120, 160), noise=True).image_bgr
    with file_size_limit(1000), pytest.raises(SinkError, match="No space is left"):
        save_screenshot(image, tmp_path / "a.png")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match="does not exist"):
        save_screenshot(IMAGE, tmp_path / "nowhere/a.png")
