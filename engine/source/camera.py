"""Cameras through OpenCV, watched for being unplugged or in use elsewhere."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol, cast

import cv2
import numpy as np

from engine.errors import SourceBusy, SourceError, SourceLost, SourceNotFound
from engine.source.base import SourceInfo
from engine.source.camera_consent import may_use_cameras
from engine.source.camera_list import CameraDevice, hint_of, list_cameras
from engine.source.options import SourceOptions
from engine.source.v4l2 import Obstacle, find_obstacle
from engine.types import Frame, UInt8Array

LOST_AFTER_S = 3.0
"""Without a picture for this long a camera counts as unplugged."""

DRIVER_BUFFERS = 2
"""OpenCV holds one buffer until the next grab; with that one only, V4L2 drivers have nowhere to
put the picture that comes meanwhile, and half of them are missed."""

_RETRY_S = 0.02
_CLOSE_OTHERS = "Close the other program that uses it, such as a browser tab or a meeting."
_DESKTOP_APPS = (
    " If there is none, let desktop apps use cameras in the privacy settings of Windows."
)
_ALLOW_IT = (
    "Allow it to the program that this one was started in, such as Terminal, in System Settings > "
    "Privacy & Security > Camera, and start that anew."
)


class CaptureDevice(Protocol):
    """The part of `cv2.VideoCapture` that is used here, under its names."""

    def isOpened(self) -> bool:  # noqa: N802
        """Whether the camera can be read."""
        ...

    def grab(self) -> bool:
        """Wait for the next picture and keep it."""
        ...

    def retrieve(self) -> tuple[bool, UInt8Array | None]:
        """Decode the picture kept: (H, W, 3) or (H, W) uint8."""
        ...

    def get(self, property_id: int, /) -> float:
        """A property's value, 0 where unknown."""
        ...

    def set(self, property_id: int, value: float, /) -> bool:
        """Ask for a property; False where refused."""
        ...

    def release(self) -> None:
        """Give the camera back."""
        ...

    def getBackendName(self) -> str:  # noqa: N802
        """The capture interface, e.g. "V4L2"; `cv2.error` where nothing is open."""
        ...


OpenCapture = Callable[[int, int, Sequence[int]], CaptureDevice]
"""Index, backend and pairs of property and value to a capture, opened or not."""


class CameraSource:
    """The newest picture of one camera; wants a thread that always reads (opencv#13145).

    `Frame.time_s` is seconds from opening to when the picture came, before it is decoded.

    Raises SourceNotFound (no such camera) and SourceBusy (in use, no permission) on opening;
    SourceLost when no picture came for `LOST_AFTER_S`. The same one again and again is no loss:
    one that was unplugged gives none, also through DirectShow (opencv#7062), while a closed
    shutter or a virtual camera that waits for its program shows a still.

    open_capture, may_use, probe, clock and wait: for tests.
    """

    def __init__(
        self,
        device: CameraDevice,
        options: SourceOptions | None = None,
        *,
        open_capture: OpenCapture | None = None,
        may_use: Callable[[], bool] = may_use_cameras,
        probe: Callable[[Path], Obstacle] = find_obstacle,
        clock: Callable[[], float] = time.perf_counter,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._device = device
        self._probe = probe
        self._clock = clock
        self._wait = wait
        self._next_index = 0
        self._closed = False
        if not may_use():
            raise SourceBusy(f"macOS does not let this program see {device.name}.", _ALLOW_IT)
        self._check_obstacle()
        options = options or SourceOptions()
        self._mirror = options.mirror
        self._patience_s = max(options.open_timeout_s, LOST_AFTER_S)
        self._capture = self._open(options, open_capture or _open_opencv)
        self._opened_at_s = self._good_at_s = clock()
        try:
            # Drivers grant a size they cannot deliver; only a picture tells the truth.
            self._held: Frame | None = self._grab()
        except SourceLost:
            self._capture.release()
            self._check_obstacle()
            raise SourceBusy(f"{device.name} sends no picture.", self._advice) from None
        self._patience_s = LOST_AFTER_S
        self._info = self._describe(self._held)

    @property
    def info(self) -> SourceInfo:
        """Constant while the source is open; `detail` holds what was negotiated."""
        return self._info

    def read(self) -> Frame | None:
        """The next picture; None after `close`. Blocks. Raises SourceLost."""
        if self._closed:
            return None
        if self._held is not None:
            frame, self._held = self._held, None
            return frame
        return self._grab()

    def seek(self, time_s: float) -> None:  # noqa: ARG002
        """Always raises SourceError: a camera has one position, now."""
        raise SourceError(f"{self._info.name} is live and cannot be searched.")

    def close(self) -> None:
        """Give the camera back. May be called twice."""
        if not self._closed:
            self._closed = True
            self._held = None
            self._capture.release()

    def _open(self, options: SourceOptions, open_capture: OpenCapture) -> CaptureDevice:
        """Ask for everything, then, as OpenCV refuses all if one is refused, for less."""
        for wishes in _wishes(options, self._device.backend):
            capture = open_capture(self._device.index, self._device.backend, wishes)
            if capture.isOpened():
                # Few, so that no old pictures wait in the driver; not every backend can.
                capture.set(cv2.CAP_PROP_BUFFERSIZE, DRIVER_BUFFERS)
                return capture
            capture.release()
        self._check_obstacle()
        cameras = list_cameras()
        if any(camera.index == self._device.index for camera in cameras):
            raise SourceBusy(f"{self._device.name} cannot be opened.", self._advice)
        raise SourceNotFound(f"There is no {self._device.name}.", hint_of(cameras))

    @property
    def _advice(self) -> str:
        """Where nothing tells why a camera that is there does not serve."""
        return _CLOSE_OTHERS + (_DESKTOP_APPS if self._device.backend == cv2.CAP_DSHOW else "")

    def _check_obstacle(self) -> None:
        """Raises the error that the system knows the reason of, if there is one."""
        if not self._device.path.startswith("/dev/"):
            return
        name, path = self._device.name, Path(self._device.path)
        obstacle = self._probe(path)
        if obstacle is Obstacle.MISSING:
            raise SourceNotFound(f"There is no camera {path}.", hint_of(list_cameras()))
        if obstacle is Obstacle.DENIED:
            raise SourceBusy(
                f"{name} may not be used by this account.",
                "Allow it with: sudo usermod -aG video $USER, then log out and in.",
            )
        if obstacle is Obstacle.BUSY:
            raise SourceBusy(f"{name} is in use by another program.", _CLOSE_OTHERS)

    def _grab(self) -> Frame:
        """The next picture, however many grabs that takes. Raises SourceLost."""
        while True:
            grabbed = self._capture.grab()
            came_at_s = self._clock()
            image = self._retrieve() if grabbed else None
            if self._device.backend == cv2.CAP_DSHOW:
                came_at_s = self._clock()  # it waits for the picture here, the others above
            if image is not None:
                break
            if came_at_s - self._good_at_s > self._patience_s or self._is_gone():
                raise self._lost()
            self._wait(_RETRY_S)
        self._good_at_s = came_at_s
        index, self._next_index = self._next_index, self._next_index + 1
        return Frame(image, index, came_at_s - self._opened_at_s, came_at_s)

    def _retrieve(self) -> UInt8Array | None:
        try:
            received, image = self._capture.retrieve()
        except cv2.error:  # a Motion JPEG picture that arrived incomplete
            return None
        if not received or image is None or image.size == 0:
            return None
        picture = cv2.cvtColor(image, cv2.COLOR_GRAY2BGR) if image.ndim == 2 else image
        if self._mirror:
            picture = cv2.flip(picture, 1)
        return np.ascontiguousarray(picture, np.uint8)

    def _is_gone(self) -> bool:
        path = self._device.path
        return path.startswith("/dev/") and self._probe(Path(path)) is Obstacle.MISSING

    def _lost(self) -> SourceLost:
        return SourceLost(
            f"{self._device.name} sends no more pictures.",
            "Plug it in again, or choose another camera.",
        )

    def _describe(self, first: Frame) -> SourceInfo:
        height, width = first.size_hw
        fps = self._capture.get(cv2.CAP_PROP_FPS)
        known_fps = fps if 0 < fps <= 1000 else None  # NaN and 0 where the driver is silent
        parts = [self._backend_name(), _fourcc_name(self._capture.get(cv2.CAP_PROP_FOURCC))]
        rate = "" if known_fps is None else f"at {known_fps:g}"
        return SourceInfo(
            name=self._device.name,
            live=True,
            size_hw=(height, width),
            fps=known_fps,
            detail=" ".join(p for p in (*parts, f"{width}×{height}", rate) if p),
        )

    def _backend_name(self) -> str:
        with contextlib.suppress(cv2.error):
            return self._capture.getBackendName()
        return ""


def _open_opencv(index: int, backend: int, wishes: Sequence[int]) -> CaptureDevice:
    # An int: OpenCV 5 takes "0" for the name of a file (rayforge#347).
    return cast("CaptureDevice", cv2.VideoCapture(int(index), backend, list(wishes)))


def _wishes(options: SourceOptions, backend: int) -> list[list[int]]:
    """Constructor parameters to try in turn, from all that is wanted to nothing."""
    rest: list[int] = []
    if options.camera_size_hw is not None:
        height, width = options.camera_size_hw
        rest += [cv2.CAP_PROP_FRAME_WIDTH, width, cv2.CAP_PROP_FRAME_HEIGHT, height]
    if options.camera_fps is not None:
        rest += [cv2.CAP_PROP_FPS, round(options.camera_fps)]
    # AVFoundation always refuses it, after the camera has been started in vain.
    may_ask = options.mjpg and backend != cv2.CAP_AVFOUNDATION
    mjpg = [cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG")] if may_ask else []
    # Motion JPEG first: the sizes a driver grants depend on the format. DirectShow forgets the
    # format when a size or a rate follows, and sends YUY2, in 720p 5 to 10 pictures a second.
    both = rest + mjpg if backend == cv2.CAP_DSHOW else mjpg + rest
    tries = [both, rest, mjpg, []]
    return [wish for i, wish in enumerate(tries) if wish not in tries[:i]]


def _fourcc_name(value: float) -> str:
    if not 0 < value < 2**32:
        return ""
    text = int(value).to_bytes(4, "little").decode("latin-1").strip("\0 ")
    return text if text.isprintable() else ""
