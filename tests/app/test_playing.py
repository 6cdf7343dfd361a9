"""Films and the demo scene begin again at their end where that was chosen."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from engine.board import Phase
from tests.app.gui import STRICT, Film, click, phase, shown_index, walk

pytestmark = STRICT


def test_a_loop_begins_again_by_itself(long_film, qtbot):
    click(long_film.transport.loop)
    assert long_film.player.playback.loop
    long_film.player.seek(9.8)
    seen = []
    long_film.player.arrived.connect(lambda result: seen.append(result.frame.index))
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
    window.remembering.save()
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
    window.playing.set_speed(2.0)
    assert window.player.playback.loop
    window.remembering.save()
    assert not open_window("film.mp4").player.playback.loop
