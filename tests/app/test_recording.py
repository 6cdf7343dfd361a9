"""How recordings end that are slow to open or to finish, or whose source is gone by then."""

from __future__ import annotations

import errno
import threading
from pathlib import Path

import pytest
from PyQt6.QtTest import QTest

from app.acting.quitter import POLL_MS
from engine.board import Phase
from tests.app.gui import STRICT, LiveCamera, click, phase, shown_index
from tests.app.test_retry import LostFilm
from tests.fakes import MemorySink

pytestmark = STRICT


class SlowRecorder(MemorySink):
    """A `Recorder` that opens and finishes when it `may_open` and `may_finish`."""

    path, dropped_frames, duration_s = Path("nowhere.mp4"), 0, 0.0
    audio_warning = ""

    def __init__(self, fail_at: int | None = None) -> None:
        super().__init__(fail_at)
        self.may_open, self.may_finish = threading.Event(), threading.Event()

    def open(self) -> SlowRecorder:
        assert self.may_open.wait(10)
        return self

    def close(self) -> None:
        assert self.may_finish.wait(10)
        super().close()


@pytest.fixture
def recording(open_window, qtbot, scene):
    """Windows that record with that recorder."""

    def begin(source: object, recorder: SlowRecorder):
        scene.open_source = lambda _r: source
        window = open_window("source")
        qtbot.waitUntil(lambda: shown_index(window) >= 0)
        window.recording._open = lambda *_: recorder.open()
        click(window.transport.record)
        return window

    return begin


def stays_open(window) -> bool:
    QTest.qWait(5 * POLL_MS)
    return not window.closed


def test_quitting_waits_for_a_file_that_is_being_opened_and_finishes_it(recording, qtbot):
    recorder = SlowRecorder()
    window = recording(LiveCamera(), recorder)
    window.close()
    qtbot.waitUntil(lambda: not window.player.running)
    assert stays_open(window)
    recorder.may_open.set()
    qtbot.waitUntil(lambda: window.recording.finishing)
    assert stays_open(window)
    recorder.may_finish.set()
    qtbot.waitUntil(lambda: window.closed)
    assert recorder.close_count == 1


def test_a_file_that_is_open_when_the_film_is_lost_already_is_let_go(recording, qtbot):
    pulled, recorder = threading.Event(), SlowRecorder()
    window = recording(LostFilm(pulled), recorder)
    pulled.set()
    qtbot.waitUntil(lambda: phase(window) is Phase.FAILED)
    recorder.may_finish.set()
    recorder.may_open.set()
    qtbot.waitUntil(lambda: "Nothing was recorded" in window.stage.toast.text)
    assert not window.transport.record.isChecked()
    assert not window.quitter.writing
    assert recorder.close_count == 1


def test_a_file_that_was_opened_just_before_the_window_closes_is_let_go(recording, qtbot):
    pulled, recorder = threading.Event(), SlowRecorder()
    window = recording(LostFilm(pulled), recorder)
    pulled.set()
    qtbot.waitUntil(lambda: phase(window) is Phase.FAILED and not window.player.running)
    recorder.may_finish.set()
    recorder.may_open.set()
    for opening in threading.enumerate():
        if opening.name == "bbe-task-recording":
            opening.join()  # the window has not heard of its end
    window.close()
    qtbot.waitUntil(lambda: window.closed)
    assert recorder.close_count == 1


def test_a_recording_that_fails_is_told_once_and_its_file_finished_once(recording, qtbot):
    recorder = SlowRecorder(fail_at=2)
    recorder.may_open.set()
    recorder.may_finish.set()
    window = recording(LiveCamera(), recorder)
    failures: list[object] = []
    window.recording.failed.connect(lambda error, _kept: failures.append(error))
    qtbot.waitUntil(lambda: "Nothing was recorded" in window.stage.banner.text)
    assert not window.transport.record.isChecked()
    window.close()
    qtbot.waitUntil(lambda: window.closed)
    assert recorder.close_count == 1
    assert len(failures) == 1


def test_what_a_recording_lacks_of_the_sound_is_told(recording, qtbot, tmp_path):
    recorder = SlowRecorder()
    recorder.path = tmp_path / "film.mp4"
    recorder.path.touch()
    recorder.audio_warning = "The sound of talk.mp4 ends early: it is damaged."
    recorder.may_open.set()
    recorder.may_finish.set()
    window = recording(LiveCamera(), recorder)
    qtbot.waitUntil(lambda: bool(recorder.results))
    click(window.transport.record)
    qtbot.waitUntil(lambda: "Recording saved" in window.stage.toast.text)
    assert "The sound of talk.mp4 ends early" in window.stage.banner.text


def test_what_the_encoder_or_the_disk_was_too_slow_for_is_told_of_the_file_too(
    recording, qtbot, tmp_path
):
    recorder = SlowRecorder()
    recorder.path = tmp_path / "film.mp4"
    recorder.path.touch()
    recorder.dropped_frames = 3
    recorder.may_open.set()
    recorder.may_finish.set()
    window = recording(LiveCamera(), recorder)
    qtbot.waitUntil(lambda: bool(recorder.results))
    click(window.transport.record)
    qtbot.waitUntil(lambda: "Recording saved" in window.stage.toast.text)
    assert "3 dropped" in window.stage.toast.text


class PulledStick(type(Path())):
    """A file on a disk that does not answer any more."""

    def exists(self) -> bool:
        raise OSError(errno.EIO, "Input/output error")


def test_a_recording_on_a_disk_that_is_gone_ends_too(recording, qtbot):
    recorder = SlowRecorder(fail_at=3)
    recorder.path = PulledStick("/stick/film.mp4")
    window = recording(LiveCamera(), recorder)
    recorder.may_open.set()
    recorder.may_finish.set()
    qtbot.waitUntil(lambda: "Nothing was recorded." in window.stage.banner.text)
    assert not window.recording.active
    assert not window.recording.finishing


def test_nothing_is_recorded_of_a_film_that_is_lost(recording, qtbot):
    pulled, recorder = threading.Event(), SlowRecorder()
    window = recording(LostFilm(pulled), recorder)
    recorder.may_open.set()
    recorder.may_finish.set()
    pulled.set()
    qtbot.waitUntil(lambda: phase(window) is Phase.FAILED)
    qtbot.waitUntil(lambda: not window.quitter.writing)
    window.stage.toast.dismiss()
    button = window.transport.record
    button.setEnabled(True)  # a click may come before the news
    for _ in range(2):
        click(button)
        assert not button.isChecked()
        assert not window.quitter.writing
    assert recorder.close_count == 1
    assert not window.stage.toast.isVisible()
