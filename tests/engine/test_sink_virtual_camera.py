"""The virtual camera: sizes, and clear words where something is missing."""

from __future__ import annotations

import sys

import pytest

from engine.errors import SinkError
from engine.sink.virtual_camera import VirtualCameraSink
from tests.engine.sink_cases import make_result, write_all
from tests.fake_devices import FakeVirtualCameraModule


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> FakeVirtualCameraModule:
    fake = FakeVirtualCameraModule()
    monkeypatch.setitem(sys.modules, "pyvirtualcam", fake)
    return fake


def test_the_camera_has_the_size_of_the_first_picture(module: FakeVirtualCameraModule) -> None:
    sink = VirtualCameraSink()
    sink.write(make_result(0, 0.0, (51, 65)))
    sink.write(make_result(1, 0.1, (480, 640)))
    sink.close()
    (camera,) = module.cameras
    assert camera.shape == (52, 66, 3)
    assert camera.fmt == module.PixelFormat.BGR
    assert len(camera.frames) == 2


def test_without_a_frame_no_camera_is_opened(module: FakeVirtualCameraModule) -> None:
    write_all(VirtualCameraSink(), [])
    assert module.cameras == []


def test_a_missing_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyvirtualcam", None)
    with pytest.raises(SinkError, match="pip install pyvirtualcam"):
        VirtualCameraSink()


@pytest.mark.parametrize(
    ("platform", "driver"),
    [("linux", "v4l2loopback"), ("win32", "OBS Virtual Camera"), ("darwin", "OBS Studio 30")],
)
def test_a_missing_driver_says_what_to_do(
    platform: str, driver: str, module: FakeVirtualCameraModule, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    module.failure = "'v4l2loopback' backend: no device"
    sink = VirtualCameraSink()
    with pytest.raises(SinkError, match=driver):
        sink.write(make_result(0, 0.0))
    sink.close()
