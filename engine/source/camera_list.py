"""The cameras of this computer, by name; never slow and never an error."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import cv2

from engine.errors import SourceNotFound
from engine.unique import unique_names

LIST_TIMEOUT_S = 3.0
"""A driver that hangs must not hold up the list (opencv#23844)."""

_log = logging.getLogger(__name__)

# DirectShow opens in a fraction of the time that Media Foundation takes (opencv#17687).
_BACKENDS = {"linux": cv2.CAP_V4L2, "win32": cv2.CAP_DSHOW, "darwin": cv2.CAP_AVFOUNDATION}
BACKEND: int = _BACKENDS.get(sys.platform, cv2.CAP_ANY)
"""OpenCV's capture interface on this system; indices count within it."""


@dataclass(frozen=True, slots=True)
class CameraDevice:
    """One camera. index and backend: for OpenCV. path: e.g. /dev/video0, "" if unknown."""

    index: int
    name: str
    path: str = ""
    backend: int = BACKEND


def list_cameras(
    enumerate_devices: Callable[[], Iterable[CameraDevice]] | None = None,
    timeout_s: float = LIST_TIMEOUT_S,
) -> list[CameraDevice]:
    """The cameras found, ordered by index; empty on any trouble, which is logged.

    Names are unique: a second "Webcam" is called "Webcam 2". The system is asked in a daemon
    thread that is left behind if it hangs: nothing can interrupt a driver.
    """
    ask = enumerate_devices or _enumerate_system
    found: list[CameraDevice] = []

    def collect() -> None:
        try:
            found.extend(ask())
        # Whatever a driver or the enumerating library raises, the answer is "no cameras".
        except Exception:  # noqa: BLE001
            _log.warning("the cameras could not be listed", exc_info=True)

    thread = threading.Thread(target=collect, name="bbe-cameras", daemon=True)
    thread.start()
    thread.join(timeout_s)
    if thread.is_alive():
        _log.warning("listing the cameras took longer than %.0f s", timeout_s)
        return []
    return _with_unique_names(sorted(found, key=lambda device: device.index))


def find_camera(wanted: int | str, cameras: list[CameraDevice]) -> CameraDevice:
    """The camera of that index or name: the whole name first, else a part that only one has.

    An index that is not listed is given back as it is: lists can be incomplete. Raises
    SourceNotFound for a name, with the names there are.
    """
    if isinstance(wanted, int):
        listed = (camera for camera in cameras if camera.index == wanted)
        return next(listed, CameraDevice(wanted, f"Camera {wanted}", _default_path(wanted)))
    name = wanted.strip().casefold()
    whole = [camera for camera in cameras if camera.name.casefold() == name]
    part = [camera for camera in cameras if name and name in camera.name.casefold()]
    for matches in (whole, part):
        if len(matches) == 1:
            return matches[0]
    raise SourceNotFound(f'There is no camera called "{wanted}".', hint_of(cameras))


def hint_of(cameras: list[CameraDevice]) -> str:
    """What a user can do when a camera was not found."""
    if not cameras:
        return "No camera is connected; plug one in, or open a video file."
    return f"Connected: {', '.join(f'{c.index} = {c.name}' for c in cameras)}."


def _enumerate_system() -> Iterable[CameraDevice]:
    # Imported here: on macOS it needs AVFoundation, whose absence must not break files.
    from cv2_enumerate_cameras import enumerate_cameras

    for camera in enumerate_cameras(BACKEND):
        index = camera.index - (BACKEND if camera.index >= BACKEND > 0 else 0)
        yield CameraDevice(index, camera.name or f"Camera {index}", camera.path or "")


def _default_path(index: int) -> str:
    return f"/dev/video{index}" if sys.platform == "linux" else ""


def _with_unique_names(cameras: list[CameraDevice]) -> list[CameraDevice]:
    names = unique_names(camera.name for camera in cameras)
    return [replace(camera, name=name) for camera, name in zip(cameras, names, strict=True)]
