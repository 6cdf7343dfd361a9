"""Cameras, virtual cameras and clocks without hardware; they implement the real interfaces."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import Any

import cv2

from engine.types import (
    UInt8Array,
)


class FakeVirtualCamera:
    """`pyvirtualcam.Camera` without a driver: checks shapes as the real one, keeps frames."""

    def __init__(self, width: int, height: int, fps: float, *, fmt: str) -> None:
        self.shape, self.fps, self.fmt = (height, width, 3), fps, fmt
        self.frames: list[UInt8Array] = []
        self.close_count = 0

    def send(self, frame: UInt8Array) -> None:
        if frame.shape != self.shape:
            raise ValueError(f"unexpected frame shape: {frame.shape} != {self.shape}")
        self.frames.append(frame)

    def close(self) -> None:
        self.close_count += 1


class FakeVirtualCameraModule(ModuleType):
    """Stands for the module `pyvirtualcam`; `failure` is what opening a camera raises."""

    class PixelFormat:
        BGR = "24BG"

    def __init__(self, failure: str = "") -> None:
        super().__init__("pyvirtualcam")
        self.cameras: list[FakeVirtualCamera] = []
        self.failure = failure

    def Camera(self, *args: Any, **kwargs: Any) -> FakeVirtualCamera:  # noqa: N802
        if self.failure:
            raise RuntimeError(self.failure)
        self.cameras.append(FakeVirtualCamera(*args, **kwargs))
        return self.cameras[-1]


class FakeClock:
    """Seconds that pass only by `wait`, and by `step_s` with every look."""

    def __init__(self, step_s: float = 0.0) -> None:
        self.now_s = 100.0
        self.step_s = step_s

    def __call__(self) -> float:
        self.now_s += self.step_s
        return self.now_s

    def wait(self, seconds: float) -> None:
        self.now_s += seconds


class FakeCapture:
    """A `CaptureDevice` that plays `pictures`; None is a grab that fails, the end repeats it.

    refuse: properties that make the constructor fail when wished for, as OpenCV does.
    """

    def __init__(
        self,
        pictures: Sequence[UInt8Array | None],
        wishes: Sequence[int] = (),
        refuse: Sequence[int] = (),
        fps: float = 30.0,
        fourcc: int = 0,
        opened: bool = True,
    ) -> None:
        self.pictures = list(pictures)
        self.opened = opened and not set(wishes[::2]) & set(refuse)
        self.values = {cv2.CAP_PROP_FPS: fps, cv2.CAP_PROP_FOURCC: float(fourcc)}
        self.values.update(zip(wishes[::2], map(float, wishes[1::2]), strict=True))
        self.release_count = 0
        self._kept: UInt8Array | None = None

    def isOpened(self) -> bool:  # noqa: N802
        return self.opened

    def grab(self) -> bool:
        self._kept = self.pictures.pop(0) if self.pictures else None
        return self._kept is not None

    def retrieve(self) -> tuple[bool, UInt8Array | None]:
        return self._kept is not None, self._kept

    def get(self, property_id: int, /) -> float:
        return self.values.get(property_id, 0.0)

    def set(self, property_id: int, value: float, /) -> bool:
        self.values[property_id] = value
        return True

    def release(self) -> None:
        self.opened = False
        self.release_count += 1

    def getBackendName(self) -> str:  # noqa: N802
        return "FAKE"
