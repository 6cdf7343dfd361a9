"""Which cameras there are, which of them is meant, and what stands in its way."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path

import pytest

from engine.errors import SourceNotFound
from engine.source import v4l2
from engine.source.camera_list import CameraDevice, find_camera, list_cameras
from engine.source.v4l2 import Obstacle, find_obstacle


class TestList:
    def test_it_is_ordered_and_names_are_unique(self) -> None:
        devices = [CameraDevice(4, "Cam"), CameraDevice(0, "Cam"), CameraDevice(2, "Other")]
        found = list_cameras(lambda: devices)
        assert [(c.index, c.name) for c in found] == [(0, "Cam"), (2, "Other"), (4, "Cam 2")]

    def test_trouble_gives_an_empty_list(self) -> None:
        def fail() -> list[CameraDevice]:
            raise RuntimeError("driver")

        assert list_cameras(fail) == []

    def test_a_hanging_driver_is_left_behind(self) -> None:
        release = threading.Event()

        def hang() -> list[CameraDevice]:
            release.wait(30)
            return [CameraDevice(2, "Webcam")]

        assert list_cameras(hang, timeout_s=0.05) == []
        release.set()

    def test_this_computer_answers(self) -> None:
        assert all(isinstance(camera, CameraDevice) for camera in list_cameras())


class TestFind:
    CAMERAS = (CameraDevice(0, "HD Webcam"), CameraDevice(2, "HD Webcam 2"), CameraDevice(3, "OBS"))

    @pytest.mark.parametrize(
        ("wanted", "index"), [("hd webcam", 0), ("obs", 3), ("OB", 3), ("webcam 2", 2), (2, 2)]
    )
    def test_by_index_whole_name_or_telling_part(self, wanted: int | str, index: int) -> None:
        assert find_camera(wanted, list(self.CAMERAS)).index == index

    def test_an_unlisted_index_is_tried(self) -> None:
        assert find_camera(7, list(self.CAMERAS)).index == 7

    @pytest.mark.parametrize("wanted", ["hd", "none", ""])
    def test_an_unknown_or_ambiguous_name_lists_what_there_is(self, wanted: str) -> None:
        with pytest.raises(SourceNotFound) as caught:
            find_camera(wanted, list(self.CAMERAS))
        assert "HD Webcam 2" in caught.value.hint

    def test_without_cameras_there_is_advice(self) -> None:
        with pytest.raises(SourceNotFound) as caught:
            find_camera("any", [])
        assert "plug one in" in caught.value.hint


class TestObstacle:
    def test_a_device_that_is_not_there_is_missing(self, tmp_path: Path) -> None:
        assert find_obstacle(tmp_path / "video9") is Obstacle.MISSING

    def test_no_permission_is_denied(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "video0").touch()
        monkeypatch.setattr(os, "access", lambda path, mode: False)
        assert find_obstacle(tmp_path / "video0") is Obstacle.DENIED

    @pytest.mark.parametrize(
        ("code", "obstacle"),
        [
            (errno.EBUSY, Obstacle.BUSY),
            (errno.EACCES, Obstacle.DENIED),
            (errno.ENODEV, Obstacle.MISSING),
            (errno.ENOTTY, Obstacle.NONE),
        ],
    )
    def test_the_drivers_answer_is_understood(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, obstacle: Obstacle
    ) -> None:
        def refuse(descriptor: int) -> None:
            raise OSError(code, os.strerror(code))

        (tmp_path / "video0").touch()
        monkeypatch.setattr(v4l2, "_request_no_buffers", refuse)
        assert find_obstacle(tmp_path / "video0") is obstacle
