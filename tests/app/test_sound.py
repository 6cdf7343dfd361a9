"""Films are heard in the window: in step, as loud as chosen, and silent without any fuss."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtGui import QWheelEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication

from app.basics.loudspeaker import open_speaker
from app.doctor import Verdict, sound
from engine.board import Phase
from engine.errors import SoundError
from tests.app.gui import STRICT, Film, LiveCamera, click, phase, shown_index, walk
from tests.engine.sound_cases import FILM_S, FPS, rising_tone, write_film
from tests.fake_speaker import RATE_HZ, FakeSpeaker

pytestmark = STRICT


class Speakers:
    """Opens fakes and keeps them."""

    def __init__(self) -> None:
        self.opened: list[FakeSpeaker] = []
        self.missing = threading.Event()

    def open(self) -> FakeSpeaker:
        if self.missing.is_set():
            raise SoundError("No loudspeaker was found.", "Plug one in.")
        self.opened.append(FakeSpeaker())
        return self.opened[-1]

    @property
    def played(self) -> int:
        """Samples so far that are not silence."""
        return sum(int(np.count_nonzero(s)) for one in self.opened for _, s in list(one.heard))


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tone = rising_tone(FILM_S, RATE_HZ)[None]
    return write_film(tmp_path_factory.mktemp("film") / "film.mkv", (tone,))


@pytest.fixture
def speakers(scene) -> Speakers:
    speakers = Speakers()
    scene.open_speaker = speakers.open
    return speakers


@pytest.fixture
def heard(open_window, qtbot, scene, speakers, path):
    """A window that plays a film with sound, over and over."""
    scene.open_source = lambda _r: Film(walk(200), FPS, path=path, has_audio=True)
    window = open_window(path, loop=True)
    qtbot.waitUntil(lambda: speakers.played > 0)
    return window


def more_is_heard(speakers: Speakers, qtbot) -> None:
    before = speakers.played
    qtbot.waitUntil(lambda: speakers.played > before)


def nothing_more_is_heard(window, speakers: Speakers, qtbot) -> None:
    """Pictures go on, but no sound with them once what was on its way is over."""
    before = -1
    while speakers.played != before:
        before = speakers.played
        for _ in range(4):
            shown = window.stage.view.result
            qtbot.waitUntil(lambda shown=shown: window.stage.view.result is not shown)


def test_a_film_is_heard_until_it_is_paused(heard, speakers, qtbot):
    heard.playing.pause()
    qtbot.waitUntil(lambda: phase(heard) is Phase.PAUSED)
    qtbot.waitUntil(lambda: speakers.opened[-1].is_idle)
    QTest.keyClick(heard, Qt.Key.Key_Space)
    more_is_heard(speakers, qtbot)


def test_a_seek_is_followed(heard, speakers, qtbot):
    heard.player.seek(4.0)
    qtbot.waitUntil(lambda: shown_index(heard) >= 100)
    more_is_heard(speakers, qtbot)


def test_the_sound_is_told_from_when_on_and_for_how_long_a_picture_stands(heard, monkeypatch):
    told = []
    monkeypatch.setattr(heard.sound._thread.player, "show", lambda *shown: told.append(shown))
    shown = heard.stage.view.result
    first = replace(shown.frame, time_s=5.0, duration_s=0.5, lead_s=3.0)
    heard.sound.on_arrived(replace(shown, frame=first))
    assert told[-1] == (2.0, shown.jumps, 1.0, 3.5)


def test_m_and_the_button_silence_it_and_bring_it_back(heard, speakers, qtbot):
    assert heard.transport.sound.button.toolTip().startswith("Mute")
    QTest.keyClick(heard, Qt.Key.Key_M)
    assert heard.kept.view.muted
    assert heard.transport.sound.button.toolTip().startswith("Sound on")
    nothing_more_is_heard(heard, speakers, qtbot)
    click(heard.transport.sound.button)
    assert not heard.kept.view.muted
    more_is_heard(speakers, qtbot)


def test_the_volume_is_set_by_slider_keys_and_wheel_and_is_remembered(heard, qtbot, open_window):
    volume = heard.transport.sound
    volume.slider.setValue(10)
    assert heard.kept.view.volume == 0.5
    QTest.keyClick(heard, Qt.Key.Key_Up)
    assert heard.kept.view.volume == pytest.approx(0.6)
    for _ in range(20):
        QTest.keyClick(heard, Qt.Key.Key_Down)
    assert heard.kept.view.volume == 0.0
    assert volume.button.toolTip().startswith("Sound on")
    up = QWheelEvent(
        QPointF(5, 5), QPointF(volume.mapToGlobal(QPoint(5, 5))), QPoint(), QPoint(0, 120),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase,
        False,
    )  # fmt: skip
    QApplication.sendEvent(volume, up)
    assert heard.kept.view.volume == pytest.approx(0.05)
    QTest.keyClick(heard, Qt.Key.Key_M)
    heard.remembering.save()
    again = open_window()
    assert again.kept.view.muted
    assert again.kept.view.volume == pytest.approx(0.05)
    assert again.transport.sound.slider.value() == 0


def test_moving_the_slider_ends_the_silence(heard):
    QTest.keyClick(heard, Qt.Key.Key_M)
    heard.transport.sound.slider.setValue(12)
    assert not heard.kept.view.muted


def test_without_a_loudspeaker_the_film_plays_and_the_button_says_why(
    open_window, qtbot, scene, speakers, path
):
    speakers.missing.set()
    scene.open_source = lambda _r: Film(walk(200), FPS, path=path, has_audio=True)
    window = open_window(path, loop=True)
    volume = window.transport.sound
    qtbot.waitUntil(lambda: "No loudspeaker" in volume.button.toolTip())
    assert not volume.isEnabled()
    assert not window.stage.banner.isVisible()
    assert phase(window) is Phase.RUNNING
    speakers.missing.clear()  # somebody plugs one in
    qtbot.waitUntil(volume.isEnabled)
    more_is_heard(speakers, qtbot)


def test_the_button_tells_the_speeds_that_have_sound(heard, speakers, qtbot):
    heard.playing.set_speed(4.0)
    assert heard.transport.sound.button.toolTip() == "Sound is heard from 0.5× to 2×."
    nothing_more_is_heard(heard, speakers, qtbot)
    heard.playing.set_speed(1.5)
    assert heard.transport.sound.isEnabled()
    more_is_heard(speakers, qtbot)


def test_an_unplugged_loudspeaker_is_replaced(heard, speakers, qtbot):
    speakers.opened[0].unplugged.set()
    qtbot.waitUntil(lambda: len(speakers.opened) == 2)
    more_is_heard(speakers, qtbot)


def test_what_has_no_sound_opens_no_loudspeaker(open_window, qtbot, scene, speakers):
    window = open_window("silent.mp4")
    button = window.transport.sound.button
    qtbot.waitUntil(lambda: button.toolTip() == "This film has no sound.")
    assert not window.transport.sound.isEnabled()
    scene.open_source = lambda _r: LiveCamera()
    window.sources.open_path(Path("camera"))
    qtbot.waitUntil(lambda: window.header.status.text() == "LIVE")
    assert not window.transport.sound.isVisible()
    assert not window.sound.running
    assert speakers.opened == []


@pytest.mark.parametrize(("width", "has_slider"), [(760, False), (900, True), (1600, True)])
def test_the_bar_has_room_for_the_volume(open_window, qtbot, width, has_slider):
    window = open_window("silent.mp4")
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    window.resize(width, 600)
    qtbot.waitUntil(lambda: window.transport.sound.slider.isVisible() is has_slider)
    qtbot.waitUntil(lambda: window.transport.seek.width() >= (140 if has_slider else 60))
    assert window.width() == width


def test_the_window_starts_without_qts_sound():
    code = "import app.window, sys; assert 'PyQt6.QtMultimedia' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_missing_library_is_named_with_its_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "PyQt6.QtMultimedia", None)
    monkeypatch.delitem(sys.modules, "app.basics.qt_sound", raising=False)
    with pytest.raises(SoundError, match="Films play without sound"):
        open_speaker()


def test_sound_that_stopped_answering_is_not_opened_again(monkeypatch):
    speaker = pytest.importorskip("app.basics.qt_sound", exc_type=ImportError).QtSpeaker
    monkeypatch.setattr(speaker, "_is_lost", True)
    with pytest.raises(SoundError, match="stopped answering"):
        open_speaker()


@pytest.mark.parametrize(
    ("code", "value", "verdict"),
    [
        ("print('Headphones')", "Headphones", Verdict.OK),
        ("print('Nothing there.\\nPlug in.'); raise SystemExit(1)", "Nothing there.", Verdict.NOTE),
        ("import os; os.abort()", "Qt's sound ends with an error", Verdict.NOTE),
    ],
)
def test_doctor_tells_whether_films_can_be_heard(monkeypatch, code, value, verdict):
    monkeypatch.setattr(sound, "LOOK", (sys.executable, "-c", code))
    [finding] = sound.check_sound()
    assert (finding.value, finding.verdict) == (value, verdict)


def test_the_doctor_tells_a_loudspeaker_whose_name_the_encoding_of_pipes_lacks(monkeypatch):
    name = "スピーカー"
    for variable, value in (("LC_ALL", "C"), ("PYTHONCOERCECLOCALE", "0"), ("PYTHONUTF8", "0")):
        monkeypatch.setenv(variable, value)  # as Windows with a Western code page
    monkeypatch.setattr(sound, "LOOK", (*sound.LOOK[:-2], "-c", f"print({name!r})"))
    [finding] = sound.check_sound()
    assert finding.value == name
