"""The rendered picture as a camera that other programs can choose."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import numpy as np

from engine.errors import SinkError
from engine.sink.picture import even_size, fit_picture
from engine.sink.serial import SerialSink
from engine.types import Result

_DRIVER_HINTS = {
    "linux": "Load v4l2loopback: sudo modprobe v4l2loopback devices=1 exclusive_caps=1 "
    "(package v4l2loopback-dkms).",
    "win32": "Install OBS Studio 26 or later, which brings the OBS Virtual Camera.",
    "darwin": "Install OBS Studio 30 or later, start its virtual camera once and stop it again.",
}


TOLD_FPS = 30.0
"""What the driver is told; pictures are sent as they come."""


class VirtualCameraSink(SerialSink):
    """Feeds a virtual camera through pyvirtualcam; a `Sink`.

    The camera has the size of the first picture, sides rounded up to even numbers; others
    are letterboxed. The first camera that is free is opened with the first frame. Raises
    `SinkError` at once where pyvirtualcam is not installed, with the first frame where its
    driver is not.
    """

    def __init__(self) -> None:
        super().__init__()
        try:
            self._module: Any = importlib.import_module("pyvirtualcam")
        except ImportError as error:
            raise SinkError(
                "The virtual camera needs the package pyvirtualcam.",
                "Install it with: uv pip install pyvirtualcam, or with pip where there is no uv.",
            ) from error
        self._size_hw = (0, 0)
        self._camera: Any = None

    def _write(self, result: Result) -> None:
        try:
            if self._camera is None:
                self._size_hw = even_size(result.frame.size_hw)
                self._camera = self._open()
            picture = fit_picture(result.image_bgr, self._size_hw)
            self._camera.send(np.ascontiguousarray(picture))
        except (RuntimeError, OSError) as error:
            raise SinkError(
                f"The virtual camera does not work: {error}.",
                _DRIVER_HINTS.get(sys.platform, "See the page of pyvirtualcam for a driver."),
            ) from error

    def _finish(self) -> None:
        camera, self._camera = self._camera, None
        if camera is not None:
            camera.close()

    def _open(self) -> Any:
        height, width = self._size_hw
        return self._module.Camera(width, height, TOLD_FPS, fmt=self._module.PixelFormat.BGR)
