"""How a source is opened: what is asked of a camera, and how long to wait for an address."""

from __future__ import annotations

from dataclasses import dataclass

from engine.errors import check_range

MAX_SIDE_PX = 16_384


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """Requests to the device or server; what was granted is in `SourceInfo.detail`.

    camera_size_hw: height and width in pixels asked of a camera; None leaves the driver's
        default, which OpenCV sets to 480×640 for most webcams.
    camera_fps: frames per second asked of a camera; None leaves the driver's default.
    mjpg: ask a camera for Motion JPEG. Over USB 2 uncompressed pictures above 640×480 fall
        below 10 per second (opencv#26495). A camera without it is opened as it is.
    mirror: turn a camera's pictures as in a mirror: left is where whoever looks at it has it.
    open_timeout_s: longest wait for a server to answer, and later for its next picture.
    """

    camera_size_hw: tuple[int, int] | None = (720, 1280)
    camera_fps: float | None = None
    mjpg: bool = True
    mirror: bool = False
    open_timeout_s: float = 10.0

    def __post_init__(self) -> None:
        if self.camera_size_hw is not None:
            for side in self.camera_size_hw:
                check_range("camera_size_hw", side, 16, MAX_SIDE_PX)
        if self.camera_fps is not None:
            check_range("camera_fps", self.camera_fps, 1, 1000)
        check_range("open_timeout_s", self.open_timeout_s, 0.1, 600)
