"""Films: pause, step, seek with the keys, speed, end."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest

from app.held.backend import SourceRequest
from engine.board import Phase
from engine.errors import SourceError
from tests.app.gui import STRICT, Film, LiveCamera, click, phase, shown_index, walk

pytestmark = STRICT


def test_the_space_bar_pauses_and_goes_on(long_film, qtbot):
    QTest.keyClick(long_film, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: phase(long_film) is Phase.PAUSED)
    stood_at = shown_index(long_film)
    QTest.keyClick(long_film, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: phase(long_film) is Phase.RUNNING and shown_index(long_film) > stood_at)


def test_the_play_button_says_what_it_does(long_film, qtbot):
    assert long_film.transport.play.toolTip().startswith("Pause")
    click(long_film.transport.play)
    qtbot.waitUntil(lambda: long_film.transport.play.toolTip().startswith("Play"))


def test_steps_go_one_frame_on_and_back(long_film, qtbot):
    long_film.playing.pause()
    long_film.player.seek(5.0)
    qtbot.waitUntil(lambda: shown_index(long_film) == 100)
    click(long_film.transport.on)
    qtbot.waitUntil(lambda: shown_index(long_film) == 101)
    QTest.keyClick(long_film, Qt.Key.Key_Comma)
    qtbot.waitUntil(lambda: shown_index(long_film) == 100)
    click(long_film.transport.back)
    qtbot.waitUntil(lambda: shown_index(long_film) == 99)


def test_a_film_of_unknown_length_can_be_searched_with_the_keys(open_window, qtbot, scene):
    scene.open_source = lambda _r: Film(walk(400), fps=20, duration_s=None)
    window = open_window("film.mp4")
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    window.playing.pause()
    for key, frames in ((Qt.Key.Key_Right, 100), (Qt.Key.Key_Left, -100)):
        before = window.player.state().position_s
        QTest.keyClick(window, key)
        due_s = max(0.0, before + frames / 20)
        qtbot.waitUntil(lambda due_s=due_s: abs(window.player.state().position_s - due_s) < 0.2)
    QTest.keyClick(window, Qt.Key.Key_End)
    assert phase(window) is not Phase.FAILED


def test_what_cannot_be_done_with_a_source_tells_why(open_window, qtbot, scene):
    scene.open_source = lambda _r: Film(walk(40), seekable=False)
    window = open_window("http://host/film.mp4")
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    bar = window.transport
    for part in (bar.back, bar.on, bar.loop, bar.speed):
        assert not part.isEnabled()
        assert part.toolTip() == "This film cannot be searched."
    scene.open_source = lambda _r: LiveCamera()
    window.sources.open(SourceRequest(0))
    qtbot.waitUntil(lambda: phase(window) is Phase.RUNNING and not bar.export.isEnabled())
    assert "a live source is recorded" in bar.export.toolTip()
    QTest.keyClick(window, Qt.Key.Key_E)
    qtbot.waitUntil(lambda: "a live source is recorded" in window.stage.toast.text)
    scene.open_source = lambda _r: Film(walk(40))
    window.sources.open(SourceRequest("film.mp4"))
    qtbot.waitUntil(bar.export.isEnabled)
    assert bar.export.toolTip().startswith("Export the file")
    assert bar.loop.toolTip().startswith("Loop")


def test_arrow_keys_seek_five_seconds(long_film, qtbot):
    long_film.playing.pause()
    long_film.player.seek(4.0)
    qtbot.waitUntil(lambda: shown_index(long_film) == 80)
    QTest.keyClick(long_film, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: shown_index(long_film) == 180)
    QTest.keyClick(long_film, Qt.Key.Key_Left)
    qtbot.waitUntil(lambda: shown_index(long_film) == 80)
    QTest.keyClick(long_film, Qt.Key.Key_Home)
    qtbot.waitUntil(lambda: shown_index(long_film) == 0)
    QTest.keyClick(long_film, Qt.Key.Key_End)
    qtbot.waitUntil(lambda: shown_index(long_film) == 199)


def test_arrow_keys_move_a_slider_that_has_the_focus(long_film, qtbot):
    long_film.playing.pause()
    qtbot.waitUntil(lambda: phase(long_film) is Phase.PAUSED)
    stood_at = shown_index(long_film)
    slider = long_film.panel.look.opacity.slider
    slider.setFocus()
    before = slider.value()
    QTest.keyClick(slider, Qt.Key.Key_Right)
    assert slider.value() == before + 1
    assert shown_index(long_film) == stood_at


def test_the_last_picture_stays_at_the_end_and_play_begins_again(long_film, qtbot):
    long_film.player.seek(9.8)
    qtbot.waitUntil(lambda: phase(long_film) is Phase.ENDED)
    qtbot.waitUntil(lambda: shown_index(long_film) == 199)
    qtbot.waitUntil(lambda: long_film.header.status.text() == "Ended")
    click(long_film.transport.play)
    qtbot.waitUntil(lambda: shown_index(long_film) < 100 and phase(long_film) is Phase.RUNNING)


def test_a_film_that_cannot_be_searched_begins_again_too(open_window, qtbot, scene):
    class FromTheNet(Film):
        def seek(self, time_s):
            raise SourceError("It cannot be searched.")

    scene.open_source = lambda _r: FromTheNet(walk(5), seekable=False)
    window = open_window("https://host/film.mp4")
    qtbot.waitUntil(lambda: phase(window) is Phase.ENDED)
    click(window.transport.play)
    qtbot.waitUntil(lambda: len(scene.requests) == 2)
    qtbot.waitUntil(lambda: phase(window) is Phase.ENDED and shown_index(window) == 4)
    assert not window.stage.banner.isVisible()


def test_speed_keys_and_menu_change_the_speed(long_film, qtbot):
    QTest.keyClick(long_film, Qt.Key.Key_BracketRight)
    assert long_film.player.playback.speed == 1.5
    assert long_film.transport.speed.text() == "1.5×"
    long_film.transport.speed_chosen.emit(0.25)
    assert long_film.player.playback.speed == 0.25
    QTest.keyClick(long_film, Qt.Key.Key_BracketLeft)
    assert long_film.player.playback.speed == 0.1
    qtbot.waitUntil(lambda: long_film.player.state().playback.speed == 0.1)
