"""Cameras by a fake device: what is negotiated, what goes wrong, and what is said about it."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import pytest

from engine.errors import ConfigError, SourceBusy, SourceError, SourceLost, SourceNotFound
from engine.source import SourceOptions, open_source
from engine.source import camera as camera_module
from engine.source.camera import CameraSource
from engine.source.camera_list import CameraDevice, list_cameras
from engine.source.v4l2 import Obstacle
from engine.types import UInt8Array
from tests.engine.clips import numbered_image
from tests.fake_devices import FakeCapture, FakeClock

MJPG = cv2.VideoWriter.fourcc(*"MJPG")
WEBCAM = CameraDevice(2, "Webcam", "/dev/video2", cv2.CAP_V4L2)


class Studio:
    """Opens fake captures and keeps them, with a system that says `obstacle`."""

    def __init__(
        self,
        pictures: Sequence[UInt8Array | None],
        obstacle: Obstacle = Obstacle.NONE,
        device: CameraDevice = WEBCAM,
        may_use: bool = True,
        **capture: object,
    ) -> None:
        self.pictures = pictures
        self.obstacle = obstacle
        self.device = device
        self.may_use = may_use
        self.capture = capture
        self.opened: list[tuple[int, int, list[int], FakeCapture]] = []
        self.clock = FakeClock(step_s=0.001)

    def open_capture(self, index: int, backend: int, wishes: Sequence[int]) -> FakeCapture:
        fake = FakeCapture(self.pictures, wishes, **self.capture)  # type: ignore[arg-type]
        self.opened.append((index, backend, list(wishes), fake))
        return fake

    def camera(self, options: SourceOptions | None = None) -> CameraSource:
        return CameraSource(
            self.device,
            options,
            open_capture=self.open_capture,
            may_use=lambda: self.may_use,
            probe=lambda path: self.obstacle,
            clock=self.clock,
            wait=self.clock.wait,
        )


@pytest.fixture(autouse=True)
def _no_real_cameras(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camera_module, "list_cameras", list)


def pictures(count: int) -> list[UInt8Array | None]:
    return [numbered_image(number) for number in range(count)]


@pytest.mark.parametrize("channels", [1, 3])
def test_a_mirror_has_left_and_right_where_whoever_looks_has_them(channels: int) -> None:
    seen = np.zeros((6, 8, channels), np.uint8)
    seen[:, :4] = 200
    seen[:2] = 90
    studio = Studio([seen[..., 0] if channels == 1 else seen] * 2)
    picture = studio.camera(SourceOptions(mirror=True)).read().image_bgr
    assert picture.flags.c_contiguous
    assert (picture[:2] == 90).all()
    assert not picture[2:, :4].any()
    assert (picture[2:, 4:] == 200).all()


def test_format_size_and_rate_are_asked_for_on_opening_and_the_answer_is_reported() -> None:
    studio = Studio(pictures(3), fps=15.0)
    camera = studio.camera(SourceOptions(camera_size_hw=(720, 1280), camera_fps=15))
    index, backend, wishes, capture = studio.opened[0]
    assert (index, backend) == (2, cv2.CAP_V4L2)
    assert wishes[:2] == [cv2.CAP_PROP_FOURCC, MJPG]
    assert dict(zip(wishes[::2], wishes[1::2], strict=True)) == {
        cv2.CAP_PROP_FOURCC: MJPG,
        cv2.CAP_PROP_FRAME_WIDTH: 1280,
        cv2.CAP_PROP_FRAME_HEIGHT: 720,
        cv2.CAP_PROP_FPS: 15,
    }
    assert capture.get(cv2.CAP_PROP_BUFFERSIZE) == 2
    info = camera.info
    assert (info.name, info.live, info.seekable) == ("Webcam", True, False)
    assert info.size_hw == (64, 160), "the size of the pictures, not of the wish"
    assert info.fps == 15.0
    assert info.detail == "FAKE MJPG 160×64 at 15"


def test_directshow_is_asked_for_mjpg_last_for_a_size_or_rate_after_it_takes_it_back() -> None:
    studio = Studio(pictures(1), device=CameraDevice(0, "Webcam", backend=cv2.CAP_DSHOW))
    studio.camera(SourceOptions(camera_fps=30))
    (_, _, wishes, _) = studio.opened[0]
    properties = [cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT, cv2.CAP_PROP_FPS]
    assert wishes[::2] == [*properties, cv2.CAP_PROP_FOURCC]
    assert wishes[-1] == MJPG


def test_avfoundation_knows_no_formats_so_the_camera_is_not_opened_in_vain_for_one() -> None:
    device = CameraDevice(0, "Webcam", backend=cv2.CAP_AVFOUNDATION)
    studio = Studio(pictures(1), device=device, refuse=[cv2.CAP_PROP_FOURCC])
    studio.camera()
    sizes = [cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT]
    assert [wishes[::2] for _, _, wishes, _ in studio.opened] == [sizes]


def test_a_camera_without_mjpg_is_opened_all_the_same() -> None:
    studio = Studio(pictures(3), refuse=[cv2.CAP_PROP_FOURCC])
    camera = studio.camera()
    assert len(studio.opened) == 2
    assert studio.opened[0][3].release_count == 1
    assert cv2.CAP_PROP_FRAME_WIDTH in studio.opened[1][2]
    assert camera.read() is not None


def test_a_camera_that_refuses_every_wish_is_opened_as_it_is() -> None:
    studio = Studio(
        pictures(3), refuse=[cv2.CAP_PROP_FOURCC, cv2.CAP_PROP_FRAME_WIDTH], fps=float("nan")
    )
    camera = studio.camera()
    assert studio.opened[-1][2] == []
    assert camera.info.fps is None
    assert camera.info.detail == "FAKE 160×64"


def test_nothing_is_asked_for_without_wishes() -> None:
    studio = Studio(pictures(1))
    studio.camera(SourceOptions(camera_size_hw=None, mjpg=False))
    assert [wishes for _, _, wishes, _ in studio.opened] == [[]]


def test_frames_carry_the_time_of_the_grab() -> None:
    studio = Studio(pictures(5))
    camera = studio.camera()
    frames = [camera.read() for _ in range(5)]
    times = [frame.time_s for frame in frames if frame is not None]
    assert times == sorted(set(times))
    assert all(frame is not None and frame.captured_at_s > 100 for frame in frames)
    assert 0 < times[0] < 0.1


class SlowCapture(FakeCapture):
    """Sends a picture a second; as DirectShow it waits for it when it is retrieved."""

    clock: FakeClock
    waits_in_retrieve: bool

    def grab(self) -> bool:
        if not self.waits_in_retrieve:
            self.clock.wait(1.0)
        return super().grab()

    def retrieve(self) -> tuple[bool, UInt8Array | None]:
        if self.waits_in_retrieve:
            self.clock.wait(1.0)
        return super().retrieve()


@pytest.mark.parametrize("backend", [cv2.CAP_V4L2, cv2.CAP_DSHOW])
def test_frames_carry_the_time_they_came_at_wherever_they_are_waited_for(backend: int) -> None:
    clock, capture = FakeClock(step_s=0.001), SlowCapture(pictures(2))
    capture.clock, capture.waits_in_retrieve = clock, backend == cv2.CAP_DSHOW
    camera = CameraSource(
        CameraDevice(0, "Webcam", backend=backend),
        open_capture=lambda index, backend, wishes: capture,
        clock=clock,
        wait=clock.wait,
    )
    camera.read()
    frame = camera.read()
    assert frame is not None
    assert frame.captured_at_s == pytest.approx(clock.now_s, abs=0.1)


def test_grey_pictures_become_bgr() -> None:
    frame = Studio([np.full((48, 64), 9, np.uint8)]).camera().read()
    assert frame is not None
    assert frame.image_bgr.shape == (48, 64, 3)


def test_a_few_failed_grabs_are_waited_out() -> None:
    camera = Studio([numbered_image(0), None, None, None, numbered_image(1)]).camera()
    frames = [camera.read(), camera.read()]
    assert [frame.index for frame in frames if frame is not None] == [0, 1]


def test_a_camera_that_stops_is_lost_after_seconds_not_at_once() -> None:
    studio = Studio(pictures(1))
    camera = studio.camera()
    camera.read()
    before_s = studio.clock.now_s
    with pytest.raises(SourceLost, match="Webcam sends no more pictures") as caught:
        camera.read()
    assert 2 < studio.clock.now_s - before_s < 5
    assert "Plug it in" in caught.value.hint


def test_an_unplugged_camera_is_lost_at_once() -> None:
    studio = Studio(pictures(1))
    camera = studio.camera()
    camera.read()
    studio.obstacle = Obstacle.MISSING
    before_s = studio.clock.now_s
    with pytest.raises(SourceLost):
        camera.read()
    assert studio.clock.now_s - before_s < 0.1


@pytest.mark.parametrize("backend", [cv2.CAP_V4L2, cv2.CAP_DSHOW, cv2.CAP_AVFOUNDATION])
def test_a_closed_shutter_or_a_virtual_camera_without_its_program_is_no_loss(backend: int) -> None:
    device = CameraDevice(0, "Webcam", backend=backend)
    still = Studio([numbered_image(0)] * 100, device=device)
    still.clock.step_s = 1.0
    camera = still.camera()
    assert sum(camera.read() is not None for _ in range(100)) == 100


def test_a_camera_that_macos_does_not_allow_is_not_touched_and_it_says_where_to() -> None:
    studio = Studio(pictures(3), may_use=False)
    with pytest.raises(SourceBusy, match="macOS does not let this program see Webcam") as caught:
        studio.camera()
    assert "Privacy & Security > Camera" in caught.value.hint
    assert studio.opened == []


@pytest.mark.parametrize(
    ("obstacle", "error", "advice"),
    [
        (Obstacle.MISSING, SourceNotFound, "plug one in"),
        (Obstacle.DENIED, SourceBusy, "usermod -aG video"),
        (Obstacle.BUSY, SourceBusy, "Close the other program"),
    ],
)
def test_what_stands_in_the_way_is_said_before_the_camera_is_touched(
    obstacle: Obstacle, error: type[SourceError], advice: str
) -> None:
    studio = Studio(pictures(3), obstacle)
    with pytest.raises(error) as caught:
        studio.camera()
    assert advice in caught.value.hint
    assert studio.opened == []


def test_a_camera_that_opens_but_sends_nothing_is_busy_and_given_back() -> None:
    studio = Studio([])
    with pytest.raises(SourceBusy, match="sends no picture"):
        studio.camera()
    assert studio.opened[0][3].release_count == 1


def test_a_listed_camera_that_does_not_open_is_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camera_module, "list_cameras", lambda: [WEBCAM])
    with pytest.raises(SourceBusy):
        Studio([], opened=False).camera()


@pytest.mark.parametrize("opened", [True, False])
def test_windows_may_keep_a_camera_from_all_desktop_programs_which_only_advice_can_tell(
    opened: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = CameraDevice(0, "Webcam", backend=cv2.CAP_DSHOW)
    monkeypatch.setattr(camera_module, "list_cameras", lambda: [device])
    with pytest.raises(SourceBusy) as caught:
        Studio([], device=device, opened=opened).camera()
    assert "privacy settings of Windows" in caught.value.hint


def test_an_unlisted_camera_that_does_not_open_is_not_found() -> None:
    studio = Studio([], opened=False)
    with pytest.raises(SourceNotFound):
        studio.camera()
    assert all(capture.release_count == 1 for _, _, _, capture in studio.opened)


def test_closing_gives_the_camera_back_once() -> None:
    studio = Studio(pictures(3))
    camera = studio.camera()
    camera.close()
    camera.close()
    assert studio.opened[0][3].release_count == 1


@pytest.mark.skipif(bool(list_cameras()), reason="this computer has a camera")
@pytest.mark.parametrize("spec", [0, "0", "camera:0", "camera:Nobody"])
def test_without_a_camera_the_message_says_so(spec: int | str) -> None:
    with pytest.raises(SourceNotFound) as caught:
        open_source(spec)
    assert "No camera is connected" in caught.value.hint


@pytest.mark.parametrize(
    "wrong", [{"camera_size_hw": (0, 10)}, {"camera_fps": 0.0}, {"open_timeout_s": 0.0}]
)
def test_impossible_wishes_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        SourceOptions(**wrong)  # type: ignore[arg-type]
