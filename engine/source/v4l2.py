"""Why a camera of Linux cannot be used; OpenCV only says that it cannot."""

from __future__ import annotations

import errno
import os
import sys
from enum import Enum
from pathlib import Path

_VIDIOC_REQBUFS = 0xC0145608  # _IOWR('V', 8, struct v4l2_requestbuffers), linux/videodev2.h
_REQUEST_BYTES = 20
_TYPE_VIDEO_CAPTURE = 1
_MEMORY_MMAP = 1


class Obstacle(Enum):
    """What stands in the way of a camera."""

    NONE = "none"
    """Nothing that the system tells."""
    MISSING = "missing"
    """There is no such device, or it is unplugged."""
    DENIED = "denied"
    """This user may not open it."""
    BUSY = "busy"
    """Another program is streaming from it."""


def find_obstacle(device: Path) -> Obstacle:
    """Ask the driver of e.g. /dev/video0, without starting the camera.

    Any number of programs may open a V4L2 device but only one may own its buffers. Asking
    for zero buffers changes nothing, and fails with EBUSY where another program owns them.
    """
    if not device.exists():
        return Obstacle.MISSING
    if not os.access(device, os.R_OK | os.W_OK):
        return Obstacle.DENIED
    try:
        descriptor = os.open(device, os.O_RDWR | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        return _obstacle_of(error)
    try:
        _request_no_buffers(descriptor)
    except OSError as error:
        return _obstacle_of(error)
    finally:
        os.close(descriptor)
    return Obstacle.NONE


def _request_no_buffers(descriptor: int) -> None:
    if sys.platform != "linux":
        return
    import fcntl  # exists on Unix only

    request = bytearray(_REQUEST_BYTES)
    request[4:8] = _TYPE_VIDEO_CAPTURE.to_bytes(4, sys.byteorder)
    request[8:12] = _MEMORY_MMAP.to_bytes(4, sys.byteorder)
    fcntl.ioctl(descriptor, _VIDIOC_REQBUFS, request)


def _obstacle_of(error: OSError) -> Obstacle:
    if error.errno == errno.EBUSY:
        return Obstacle.BUSY
    if error.errno in (errno.EACCES, errno.EPERM):
        return Obstacle.DENIED
    if error.errno in (errno.ENODEV, errno.ENXIO, errno.ENOENT):
        return Obstacle.MISSING
    return Obstacle.NONE
