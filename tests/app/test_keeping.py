"""Recordings and screenshots: what is seen ends up where others see it."""

from __future__ import annotations

import threading
from pathlib import Path

import cv2
import numpy as np
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest

from app.running.recording import Recording
from engine.board import Phase
from engine.effects import HIDDEN_BGR
from engine.errors import SourceNotFound
from engine.styles import NewPeople, PersonEffect
from tests.app.gui import (
    STRICT,
    Film,
    LiveCamera,
    any_file,
    click,
    frames_in,
    listed_ids,
    only_file,
    phase,
    raising,
    shown_index,
    two_people,
)
from tests.engine.sink_cases import read_bgra
from tests.fakes import MemorySink

pytestmark = STRICT


def test_a_recording_shows_its_time_and_becomes_a_file(live, qtbot, tmp_path):
    QTest.keyClick(live, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: live.transport.recorded.text() >= "0:00.2")
    assert live.transport.record.isChecked()
    click(live.transport.record)
    qtbot.waitUntil(live.stage.toast.isVisible)
    assert "Recording saved" in live.stage.toast.text
    assert live.stage.toast.buttons[0].text() == "Show in folder"
    assert not live.transport.recorded.isVisible()
    assert frames_in(only_file(tmp_path / "out", ".mp4")) >= 2


def test_a_recording_of_a_paused_film_says_that_there_is_none(long_film, qtbot, tmp_path):
    long_film.playing.pause()
    qtbot.waitUntil(lambda: phase(long_film) is Phase.PAUSED)
    QTest.keyClick(long_film, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: long_film.recording._active is not None)
    QTest.keyClick(long_film, Qt.Key.Key_R)
    qtbot.waitUntil(long_film.stage.toast.isVisible)
    assert "Nothing was recorded." in long_film.stage.toast.text
    assert not list((tmp_path / "out").glob("*.mp4"))


def test_quitting_while_recording_finishes_the_file(live, qtbot, tmp_path):
    click(live.transport.record)
    qtbot.waitUntil(lambda: live.transport.recorded.text() >= "0:00.2")
    live.close()
    assert live.isVisible()
    assert "Finishing" in live.stage.banner.text
    qtbot.waitUntil(lambda: live.closed)
    assert frames_in(only_file(tmp_path / "out", ".mp4")) >= 2


def test_another_source_finishes_the_recording(live, qtbot, scene, tmp_path):
    click(live.transport.record)
    qtbot.waitUntil(lambda: live.transport.recorded.text() >= "0:00.1")
    live.sources.open_demo()
    qtbot.waitUntil(live.stage.toast.isVisible)
    assert not live.recording.active
    assert frames_in(only_file(tmp_path / "out", ".mp4")) >= 2


class FakeRecorder(MemorySink):
    """A `Recorder` whose opening waits until it `may_open`."""

    path, dropped_frames, duration_s = Path("nowhere.mp4"), 0, 0.0
    audio_warning = ""

    def __init__(self) -> None:
        super().__init__()
        self.may_open = threading.Event()

    def open(self) -> FakeRecorder:
        self.may_open.wait()
        return self


def test_a_recording_tells_how_long_it_is_and_what_the_encoder_left_out(live, qtbot):
    recorder = FakeRecorder()
    recorder.may_open.set()
    recording = Recording(live.player, live.tasks, lambda *_: recorder.open())
    recording.start(lambda: recorder.path, live.player.state().source)
    qtbot.waitUntil(lambda: bool(recorder.results))
    recorder.duration_s = 61.5
    assert recording.text == "1:01.5"
    recorder.dropped_frames = 3
    assert recording.text == "1:01.5 · 3 dropped"
    recording.stop()
    qtbot.waitUntil(recorder.closed.is_set)
    assert recording.text == ""


def test_a_recording_given_up_while_it_is_opened_is_not_taken_for_the_next_one(live, qtbot):
    first, second = FakeRecorder(), FakeRecorder()
    asked = iter((first, second))
    source = live.player.state().source
    recording = Recording(live.player, live.tasks, lambda *_: next(asked).open())
    try:
        recording.start(lambda: first.path, source)
        recording.source_gone()
        recording.start(lambda: second.path, source)
        first.may_open.set()
        qtbot.waitUntil(first.closed.is_set)
        second.may_open.set()
        qtbot.waitUntil(lambda: bool(second.results))
        assert first.results == []
    finally:
        second.may_open.set()
        recording.stop()
        qtbot.waitUntil(second.closed.is_set)


def test_an_unplugged_camera_leaves_the_recording_finished(open_window, qtbot, scene, tmp_path):
    camera = LiveCamera()
    scene.open_source = lambda _r: camera
    window = open_window(0)
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    click(window.transport.record)
    qtbot.waitUntil(lambda: window.transport.recorded.text() >= "0:00.1")
    camera.unplugged.set()
    qtbot.waitUntil(window.stage.toast.isVisible)
    assert "does not answer" in window.stage.banner.text
    assert not window.transport.recorded.isVisible()
    assert frames_in(only_file(tmp_path / "out", ".mp4")) >= 1


def test_recording_starts_by_itself_when_the_command_line_asks(open_window, qtbot, scene, tmp_path):
    scene.open_source = lambda _r: LiveCamera()
    window = open_window(0, record=tmp_path / "live.mp4")
    qtbot.waitUntil(lambda: window.transport.recorded.text() >= "0:00.1")
    window.close()
    qtbot.waitUntil(lambda: window.closed)
    assert frames_in(tmp_path / "live.mp4") >= 2


def test_a_folder_that_cannot_be_written_is_told_at_once(live, qtbot, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    live.kept.change_view(output_dir=str(blocked))
    click(live.transport.record)
    qtbot.waitUntil(live.stage.banner.isVisible)
    assert live.stage.banner.buttons[0].text() == "Choose folder…"
    assert not live.transport.record.isChecked()
    live.stage.banner.dismiss()
    click(live.transport.shot)
    qtbot.waitUntil(live.stage.banner.isVisible)
    assert not live.quitter.writing


def test_a_screenshot_is_the_picture_on_the_screen_with_and_without_overlay(film, qtbot, tmp_path):
    film.playing.pause()
    film.player.seek(0.4)
    qtbot.waitUntil(lambda: shown_index(film) == 20)
    film.panel.saving.clean.click()
    QTest.keyClick(film, Qt.Key.Key_S)
    qtbot.waitUntil(film.stage.toast.isVisible)
    shown, plain = sorted((tmp_path / "out").glob("*.png"), key=lambda p: "plain" in p.name)
    result = film.stage.view.result
    np.testing.assert_array_equal(cv2.imread(str(shown)), result.image_bgr)
    np.testing.assert_array_equal(cv2.imread(str(plain)), result.frame.image_bgr)


@pytest.mark.parametrize(
    ("source", "begins"),
    [
        ("12.05 Birthday", "12.05 Birthday "),
        ("24.12 Evening.MP4", "24.12 Evening "),
        ("rtsp://cam.local/door.mp4", "door "),
    ],
)
def test_files_are_named_after_all_of_a_name_that_has_dots(
    open_window, qtbot, scene, tmp_path, source, begins
):
    window = open_window(source)
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    QTest.keyClick(window, Qt.Key.Key_S)
    qtbot.waitUntil(lambda: len(list((tmp_path / "out").glob("*.png"))) == 1)
    assert only_file(tmp_path / "out", ".png").name.startswith(begins + "20")


def test_who_is_hidden_stays_so_in_the_screenshot_without_overlay(film, qtbot, tmp_path):
    film.playing.pause()
    film.player.seek(0.4)
    qtbot.waitUntil(lambda: shown_index(film) == 20)
    film.panel.saving.clean.click()
    result = film.stage.view.result
    film.options.set_style(int(result.instances.track_ids[0]), effect=PersonEffect.HIDE)
    qtbot.waitUntil(lambda: film.stage.view.result is not result)
    QTest.keyClick(film, Qt.Key.Key_S)
    qtbot.waitUntil(film.stage.toast.isVisible)
    (plain,) = (tmp_path / "out").glob("*plain.png")
    picture = cv2.imread(str(plain))
    assert (picture[result.instances.mask(0)] == HIDDEN_BGR).all()
    assert (result.frame.image_bgr[result.instances.mask(0)] != HIDDEN_BGR).any()


def test_who_is_hidden_stays_so_in_the_last_picture_of_a_camera_that_is_looked_for(
    open_window, qtbot, scene, tmp_path
):
    camera = LiveCamera()
    scene.open_source = lambda _r: camera
    window = open_window(0)
    qtbot.waitUntil(lambda: listed_ids(window) == [1])
    window.panel.saving.clean.click()
    window.options.set_style(1, effect=PersonEffect.HIDE)
    qtbot.waitUntil(lambda: window.stage.view.result.render.style_of(1).effect is PersonEffect.HIDE)
    scene.open_source = raising(SourceNotFound("No camera 0 was found."))
    camera.unplugged.set()
    qtbot.waitUntil(lambda: "by itself" in window.stage.banner.text)
    qtbot.waitUntil(lambda: 1 not in window.options.effective.render.styles)  # ids begin anew
    window.options.set_new_people(NewPeople.AS_EVERYBODY)
    assert window.options.style_of(1).effect is not PersonEffect.HIDE  # a newcomer's, by now
    QTest.keyClick(window, Qt.Key.Key_S)
    qtbot.waitUntil(lambda: "Screenshot saved" in window.stage.toast.text)
    (plain,) = (tmp_path / "out").glob("*plain.png")
    hidden = window.stage.view.result.instances.mask(0)
    assert (cv2.imread(str(plain))[hidden] == HIDDEN_BGR).all()


@pytest.mark.parametrize(
    ("choice", "ending"), [(1, ".mp4"), (2, ".mov"), (3, ".webm")], ids=["plain", "mov", "webm"]
)
def test_a_recording_can_be_without_overlay_or_of_cut_outs(
    open_window, qtbot, scene, tmp_path, choice, ending
):
    scene.open_source = lambda _r: Film([two_people()] * 60, fps=50)
    window = open_window("film.mp4")
    window.playing.pause()
    qtbot.waitUntil(lambda: listed_ids(window) == [1, 2])
    people = window.stage.view.result.instances
    window.options.set_style(1, effect=PersonEffect.HIDE)
    combo = window.panel.saving.record
    combo.setCurrentIndex(choice)
    combo.activated.emit(choice)
    click(window.transport.record)
    qtbot.waitUntil(lambda: window.recording._active is not None)
    window.player.toggle_pause()
    qtbot.waitUntil(lambda: phase(window) is Phase.ENDED)
    click(window.transport.record)
    qtbot.waitUntil(lambda: "Recording saved" in window.stage.toast.text)
    picture = read_bgra(only_file(tmp_path / "out", ending)).astype(int)
    inside = [cv2.erode(people.mask(i).astype(np.uint8), np.ones((9, 9))) > 0 for i in (0, 1)]
    hidden, shown = picture[inside[0]], picture[inside[1]]
    assert np.abs(shown[:, :3] - two_people()[inside[1]]).max() < 12  # as filmed, without tint
    if ending == ".mp4":
        assert np.abs(hidden[:, :3] - HIDDEN_BGR).max() < 12
    else:
        assert hidden[:, 3].max() < 12
        assert shown[:, 3].min() > 240


def test_a_recording_that_cannot_begin_is_not_said_to_have_stopped(live, qtbot, tmp_path):
    live.folder.use(str(any_file(tmp_path) / "inside"))
    QTest.keyClick(live, Qt.Key.Key_R)
    qtbot.waitUntil(live.stage.banner.isVisible)
    assert live.stage.banner.text.startswith("Nothing was recorded.")
