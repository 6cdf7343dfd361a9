"""What the window's requests open."""

from __future__ import annotations

import pytest

from app.held.backend import SourceRequest, engine_backend
from engine.errors import SourceNotFound
from tests.fakes import ListSource, coloured_box_image

WEBCAM = ListSource([coloured_box_image(4)], live=True)


@pytest.fixture
def opened(monkeypatch):
    """What is asked of the engine; the only camera there is called Webcam and has number 2."""
    asked = []

    def open_source(spec, options=None):
        asked.append(spec)
        if spec in (2, "camera:Webcam"):
            return WEBCAM
        raise SourceNotFound(f"There is no {spec}.")

    monkeypatch.setattr("engine.source.open_source", open_source)
    return asked


def test_a_camera_plugged_in_again_under_another_number_is_found_by_its_name(opened):
    request = SourceRequest(0, "Webcam", "1280x720")
    assert engine_backend().open_source(request) is WEBCAM
    assert opened == [0, "camera:Webcam"]


def test_a_camera_that_is_gone_is_told_of_by_its_own_number(opened):
    with pytest.raises(SourceNotFound, match="no 0"):
        engine_backend().open_source(SourceRequest(0, "Another"))


def test_a_file_that_is_gone_is_no_camera(opened):
    with pytest.raises(SourceNotFound):
        engine_backend().open_source(SourceRequest("gone.mp4", "gone"))
    assert opened == ["gone.mp4"]
