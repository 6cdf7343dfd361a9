"""Films: pause, step, seek, drag, loop, speed, end."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtTest import QTest

from app.letterbox import letterbox
from app.seek_bar import clock_text
from engine.board import Phase
from engine.errors import SourceError
from tests.app.gui import STRICT, Film, click, phase, shown_index, walk

pytestmark = STRICT

MOST_MOVES = 3000
"""Pictures come after some ten moves, later on a machine that is starved."""


@pytest.fixture
def film(open_window, qtbot, scene):
    """A window that plays 200 frames at 20 a second."""
    scene.open_source = lambda _r: Film(walk(200), fps=20)
    window = open_window("film.mp4")
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    return window


def test_the_space_bar_pauses_and_goes_on(film, qtbot):
    QTest.keyClick(film, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: phase(film) is Phase.PAUSED)
    stood_at = shown_index(film)
    QTest.keyClick(film, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: phase(film) is Phase.RUNNING and shown_index(film) > stood_at)


def test_the_play_button_says_what_it_does(film, qtbot):
    assert film.transport.play.toolTip().startswith("Pause")
    click(film.transport.play)
    qtbot.waitUntil(lambda: film.transport.play.toolTip().startswith("Play"))


def test_steps_go_one_frame_on_and_back(film, qtbot):
    film.pause()
    film.player.seek(5.0)
    qtbot.waitUntil(lambda: shown_index(film) == 100)
    click(film.transport.on)
    qtbot.waitUntil(lambda: shown_index(film) == 101)
    QTest.keyClick(film, Qt.Key.Key_Comma)
    qtbot.waitUntil(lambda: shown_index(film) == 100)
    click(film.transport.back)
    qtbot.waitUntil(lambda: shown_index(film) == 99)


def test_the_seek_bar_can_be_dragged(film, qtbot):
    film.pause()
    bar = film.transport.seek
    qtbot.waitUntil(bar.isEnabled)
    for time_s in (2.0, 8.0):
        where = QPoint(round(bar.x_of(time_s)), bar.height() // 2)
        QTest.mousePress(bar, Qt.MouseButton.LeftButton, pos=where)
        assert bar.dragging
        QTest.mouseRelease(bar, Qt.MouseButton.LeftButton, pos=where)
        qtbot.waitUntil(lambda t=time_s: abs(shown_index(film) - t * 20) <= 1)
    assert not bar.dragging
    assert film.transport.position.text().startswith("0:0")
    assert film.transport.duration.text() == "0:10.0"


def test_the_picture_follows_a_bar_that_is_dragged(open_window, qtbot, scene):
    class Slow(Film):
        def read(self):
            time.sleep(0.04)  # seeks of large films take longer than a move of the mouse
            return super().read()

    scene.open_source = lambda _r: Slow(walk(200), fps=20)
    window = open_window("film.mp4")
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    window.pause()
    bar, seen = window.transport.seek, set()
    QTest.mousePress(bar, Qt.MouseButton.LeftButton, pos=QPoint(round(bar.x_of(2.0)), 16))
    for step in range(MOST_MOVES):
        QTest.mouseMove(bar, QPoint(round(bar.x_of(2.0 + step % 100 * 0.05)), 16))
        QTest.qWait(8)
        seen.add(shown_index(window))
        if len(seen) >= 5:
            break
    assert len(seen) >= 5
    last = QPoint(round(bar.x_of(6.95)), 16)
    QTest.mouseMove(bar, last)
    QTest.mouseRelease(bar, Qt.MouseButton.LeftButton, pos=last)
    qtbot.waitUntil(lambda: abs(shown_index(window) - 139) <= 1)


def test_a_film_of_unknown_length_can_be_searched_with_the_keys(open_window, qtbot, scene):
    scene.open_source = lambda _r: Film(walk(400), fps=20, duration_s=None)
    window = open_window("film.mp4")
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    window.pause()
    for key, frames in ((Qt.Key.Key_Right, 100), (Qt.Key.Key_Left, -100)):
        before = window.player.state().position_s
        QTest.keyClick(window, key)
        due_s = max(0.0, before + frames / 20)
        qtbot.waitUntil(lambda due_s=due_s: abs(window.player.state().position_s - due_s) < 0.2)
    QTest.keyClick(window, Qt.Key.Key_End)
    assert phase(window) is not Phase.FAILED


def test_a_held_handle_does_not_follow_the_film(film, qtbot):
    bar = film.transport.seek
    qtbot.waitUntil(bar.isEnabled)
    where = QPoint(round(bar.x_of(5.0)), bar.height() // 2)
    QTest.mousePress(bar, Qt.MouseButton.LeftButton, pos=where)
    held_s = bar.position_s
    qtbot.waitUntil(lambda: shown_index(film) > 102)
    assert bar.position_s == held_s
    QTest.mouseRelease(bar, Qt.MouseButton.LeftButton, pos=where)
    qtbot.waitUntil(lambda: bar.position_s > held_s)


def test_arrow_keys_seek_five_seconds(film, qtbot):
    film.pause()
    film.player.seek(4.0)
    qtbot.waitUntil(lambda: shown_index(film) == 80)
    QTest.keyClick(film, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: shown_index(film) == 180)
    QTest.keyClick(film, Qt.Key.Key_Left)
    qtbot.waitUntil(lambda: shown_index(film) == 80)
    QTest.keyClick(film, Qt.Key.Key_Home)
    qtbot.waitUntil(lambda: shown_index(film) == 0)
    QTest.keyClick(film, Qt.Key.Key_End)
    qtbot.waitUntil(lambda: shown_index(film) == 199)


def test_arrow_keys_move_a_slider_that_has_the_focus(film, qtbot):
    film.pause()
    qtbot.waitUntil(lambda: phase(film) is Phase.PAUSED)
    stood_at = shown_index(film)
    slider = film.panel.look.opacity.slider
    slider.setFocus()
    before = slider.value()
    QTest.keyClick(slider, Qt.Key.Key_Right)
    assert slider.value() == before + 1
    assert shown_index(film) == stood_at


def test_the_last_picture_stays_at_the_end_and_play_begins_again(film, qtbot):
    film.player.seek(9.8)
    qtbot.waitUntil(lambda: phase(film) is Phase.ENDED)
    qtbot.waitUntil(lambda: shown_index(film) == 199)
    qtbot.waitUntil(lambda: film.header.status.text() == "Ended")
    click(film.transport.play)
    qtbot.waitUntil(lambda: shown_index(film) < 100 and phase(film) is Phase.RUNNING)


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


def test_a_loop_begins_again_by_itself(film, qtbot):
    click(film.transport.loop)
    assert film.player.playback.loop
    film.player.seek(9.8)
    seen = []
    film.player.arrived.connect(lambda result: seen.append(result.frame.index))
    qtbot.waitUntil(lambda: any(after < before for before, after in pairwise(seen)))


def test_the_demo_scene_begins_again_until_looping_is_switched_off(open_window, qtbot, scene):
    scene.open_source = lambda _r: Film(walk(20), fps=50)
    window = open_window()
    seen = []
    window.player.arrived.connect(lambda result: seen.append(result.frame.index))
    click(window.stage.empty.demo_button)
    qtbot.waitUntil(lambda: any(after < before for before, after in pairwise(seen)))
    assert window.transport.loop.isChecked()
    click(window.transport.loop)
    qtbot.waitUntil(lambda: phase(window) is Phase.ENDED)
    assert not window.transport.loop.isChecked()


def test_looping_is_remembered_for_films_and_for_the_demo_scene(open_window, qtbot):
    window = open_window("film.mp4")
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    click(window.transport.loop)
    window.sources.open_demo()
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    click(window.transport.loop)
    window.save_preferences()
    again = open_window("demo")
    qtbot.waitUntil(lambda: shown_index(again) >= 0)
    assert not again.transport.loop.isChecked()
    again.sources.open_path(Path("film.mp4"))
    assert again.transport.loop.isChecked()
    assert again.player.playback.loop


def test_a_loop_asked_for_on_the_command_line_is_for_that_run_alone(open_window, qtbot):
    window = open_window("film.mp4", loop=True)
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    window.sources.open_demo()
    window.sources.open_path(Path("other.mp4"))
    window.set_speed(2.0)
    assert window.player.playback.loop
    window.save_preferences()
    assert not open_window("film.mp4").player.playback.loop


def test_a_film_that_begins_late_is_shown_from_zero(open_window, qtbot, scene):
    class Late(Film):
        def read(self):
            frame = super().read()
            return replace(frame, time_s=frame.time_s + 100) if frame else None

        def seek(self, time_s):
            super().seek(time_s - 100)

    scene.open_source = lambda _r: Late(walk(200), fps=20, start_s=100.0)
    window = open_window("film.mp4")
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    window.pause()
    window.transport.seek.sought.emit(5.0)
    qtbot.waitUntil(lambda: shown_index(window) == 100)
    qtbot.waitUntil(lambda: window.transport.position.text() == "0:05.0")
    QTest.keyClick(window, Qt.Key.Key_Left)
    qtbot.waitUntil(lambda: shown_index(window) == 0)


def test_a_picture_has_no_controls_of_films(open_window, qtbot, scene):
    scene.open_source = lambda _r: Film(walk(1), detail="PNG", pictures=(Path("photo.png"),))
    window = open_window("photo.png")
    qtbot.waitUntil(lambda: window.header.status.text() == "Picture")
    assert not window.transport.seek.isVisible()
    assert not window.transport.play.isVisible()
    assert window.transport.shot.isEnabled()


def test_speed_keys_and_menu_change_the_speed(film, qtbot):
    QTest.keyClick(film, Qt.Key.Key_BracketRight)
    assert film.player.playback.speed == 1.5
    assert film.transport.speed.text() == "1.5×"
    film.transport.speed_chosen.emit(0.25)
    assert film.player.playback.speed == 0.25
    QTest.keyClick(film, Qt.Key.Key_BracketLeft)
    assert film.player.playback.speed == 0.1
    qtbot.waitUntil(lambda: film.player.state().playback.speed == 0.1)


@pytest.mark.parametrize(
    ("time_s", "duration_s", "text"),
    [(0, 0, "0:00.0"), (65.37, 100, "1:05.3"), (3725, 4000, "1:02:05"), (59.99, 4000, "0:00:59")],
)
def test_times_are_written_for_people(time_s, duration_s, text):
    assert clock_text(time_s, duration_s) == text


def test_a_point_of_the_widget_finds_its_pixel():
    place = letterbox((100, 200), (400, 400))
    assert (place.x, place.y, place.width, place.height) == (0, 100, 400, 200)
    assert place.to_frame(0, 100) == (0, 0)
    assert place.to_frame(399, 299) == (99, 199)
    assert place.to_frame(10, 99) is None
    assert place.to_frame(10, 300) is None
    assert place.to_widget(100, 50) == (200, 200)


@pytest.fixture
def photos(open_window, qtbot, scene):
    """A window with a folder of three photos."""
    files = tuple(Path(f"photos/IMG_{n}.jpg") for n in (1, 2, 3))
    scene.open_source = lambda _r: Film(walk(3), fps=1, pictures=files)
    window = open_window("photos")
    qtbot.waitUntil(lambda: shown_index(window) == 0)
    return window


def test_photos_of_a_folder_stand_until_the_user_goes_on(photos, qtbot):
    qtbot.waitUntil(lambda: phase(photos) is Phase.PAUSED)
    assert photos.transport.position.text() == "1 / 3"
    assert photos.transport.source_text.text() == "IMG_1.jpg"
    QTest.keyClick(photos, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: photos.transport.source_text.text() == "IMG_2.jpg")
    assert photos.transport.position.text() == "2 / 3"
    QTest.keyClick(photos, Qt.Key.Key_Left)
    qtbot.waitUntil(lambda: shown_index(photos) == 0)
    QTest.keyClick(photos, Qt.Key.Key_End)
    qtbot.waitUntil(lambda: shown_index(photos) == 2)
    assert photos.transport.seek.x_of(2) == photos.transport.seek.width() - 8


def test_photos_can_still_be_played_one_after_the_other(photos, qtbot):
    QTest.keyClick(photos, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: shown_index(photos) == 2)


def test_figures_of_speed_do_not_cover_photos(photos, qtbot):
    assert photos.view_options.hud
    assert not photos.stage.hud.isVisible()
    assert not photos.transport.hud.isVisible()
