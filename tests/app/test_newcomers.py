"""Who comes later: what is chosen for new people is so wherever they can be seen."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest

from app.held.options import OptionsModel
from app.running import virtual_camera
from engine.board import Phase
from engine.effects import HIDDEN_BGR
from engine.styles import NewPeople, PersonEffect, PersonStyle
from engine.types import Result
from tests.app.gui import (
    STRICT,
    Film,
    LiveCamera,
    SpySession,
    click,
    listed_ids,
    only_file,
    phase,
    shown_index,
    two_people,
)
from tests.engine.sink_cases import read_frames
from tests.fakes import MemorySink, coloured_box_image

pytestmark = STRICT

HIDE, BLUR, SHOW = NewPeople.HIDE, NewPeople.BLUR, NewPeople.AS_EVERYBODY
BRIGHTEST_HIDDEN = HIDDEN_BGR[0] + 20
"""Of a hidden person of level 200 on black, after a codec."""


def leaves_and_returns() -> Film:
    """Somebody is there, gone for longer than an identity waits, and there again."""
    there, empty = coloured_box_image(8), np.zeros_like(coloured_box_image(8))
    return Film([there] * 10 + [empty] * 20 + [there] * 10, fps=10, name="returns.mp4")


def is_hidden(result: Result) -> bool:
    """Whether everybody of a result is grey in its picture; somebody is there."""
    somebody = result.instances.labels > 0
    return bool(somebody.any() and (result.image_bgr[somebody] == HIDDEN_BGR).all())


def brightest(film: Path) -> int:
    return max(int(frame.to_ndarray(format="gray").max()) for frame in read_frames(film))


def test_who_is_hidden_and_comes_back_as_somebody_new_is_hidden_everywhere(
    open_window, qtbot, scene, tmp_path, monkeypatch
):
    scene.open_source = lambda _request: leaves_and_returns()
    camera = MemorySink()
    monkeypatch.setattr(virtual_camera, "open_virtual_camera", lambda: camera)
    window = open_window(tmp_path / "returns.mp4")
    window.playing.pause()
    qtbot.waitUntil(lambda: listed_ids(window) == [1])
    window.picture.select(1)
    QTest.keyClick(window, Qt.Key.Key_4)
    assert window.stage.banner.isVisible()
    click(window.stage.banner.buttons[0])
    assert window.options.new_people is HIDE

    window.panel.saving.camera.click()
    window.panel.saving.clean.click()
    click(window.transport.record)
    qtbot.waitUntil(lambda: window.recording._active is not None)
    qtbot.waitUntil(lambda: window.virtual_camera._sink is camera)
    window.player.step(1)  # with both sinks there
    qtbot.waitUntil(lambda: len(camera.results) > 0)
    window.playing.set_speed(8.0)
    window.player.toggle_pause()
    qtbot.waitUntil(lambda: phase(window) is Phase.ENDED)
    qtbot.waitUntil(lambda: shown_index(window) == 39)

    on_screen = window.stage.view.result
    assert on_screen.instances.track_ids.tolist() == [2]
    assert is_hidden(on_screen)
    qtbot.waitUntil(lambda: listed_ids(window) == [2])
    assert window.panel.people.rows[0].effect.toolTip() == "Effect: Hide"
    shown_to_others = [result for result in camera.results if len(result.instances)]
    assert any(result.frame.index >= 30 for result in shown_to_others)
    assert all(is_hidden(result) for result in shown_to_others)

    QTest.keyClick(window, Qt.Key.Key_S)
    qtbot.waitUntil(lambda: "Screenshot saved" in window.stage.toast.text)
    screenshots = [cv2.imread(str(path)) for path in (tmp_path / "out").glob("*.png")]
    assert len(screenshots) == 2
    hidden = on_screen.instances.mask(0)
    assert all((picture[hidden] == HIDDEN_BGR).all() for picture in screenshots)

    click(window.transport.record)
    qtbot.waitUntil(lambda: "Recording saved" in window.stage.toast.text)
    recorded = only_file(tmp_path / "out", ".mp4")
    assert 100 < brightest(recorded) <= BRIGHTEST_HIDDEN
    recorded.rename(tmp_path / "recorded.mp4")

    window.actions_by_name["export"].trigger()
    assert not window.stage.export.newcomers.isVisible()
    click(window.stage.export.start_button)
    qtbot.waitUntil(lambda: "Export finished" in window.stage.toast.text)
    exported = only_file(tmp_path / "out", ".mp4")
    assert len(read_frames(exported)) == 40
    assert 100 < brightest(exported) <= BRIGHTEST_HIDDEN


def test_an_export_conceals_whom_the_window_has_not_shown_yet(open_window, qtbot, scene, tmp_path):
    scene.open_source = lambda _request: leaves_and_returns()
    window = open_window(tmp_path / "returns.mp4")
    window.playing.pause()
    qtbot.waitUntil(lambda: listed_ids(window) == [1])
    click(window.panel.look.new_people.buttons[2])
    window.actions_by_name["export"].trigger()
    click(window.stage.export.start_button)
    qtbot.waitUntil(lambda: "Export finished" in window.stage.toast.text)
    pictures = [
        frame.to_ndarray(format="gray")
        for frame in read_frames(only_file(tmp_path / "out", ".mp4"))
    ]
    assert pictures[0].max() > 180  # known, and not hidden
    assert 100 < max(int(picture.max()) for picture in pictures[30:]) <= BRIGHTEST_HIDDEN


def test_who_is_already_there_is_not_new_and_a_newcomer_can_be_shown(qapp):
    options = OptionsModel()
    options.show_painted([1, 3])
    options.set_new_people(HIDE)
    options.show_painted([4, 5])
    effects = {i: options.style_of(i).effect for i in (1, 3, 4, 5, 6)}
    assert [i for i, effect in effects.items() if effect is PersonEffect.HIDE] == [4, 5, 6]
    options.set_style(4, effect=PersonEffect.OVERLAY)
    options.set_style(5, colour_bgr=(0, 0, 255))
    style_of = options.effective.render.style_of
    assert style_of(4).effect is PersonEffect.OVERLAY
    assert style_of(5) == PersonStyle(PersonEffect.HIDE, (0, 0, 255))


def test_showing_new_people_again_uncovers_nobody(qapp):
    options = OptionsModel()
    options.set_new_people(HIDE)
    options.show_painted([1])
    options.set_new_people(SHOW)
    assert options.style_of(1).effect is PersonEffect.HIDE
    assert options.style_of(2).effect is PersonEffect.OVERLAY
    assert options.conceals_some


def test_who_was_hidden_singly_stays_so_when_everybody_is_shown_again(qapp):
    options = OptionsModel()
    options.update_render(default_style=PersonStyle(PersonEffect.HIDE))
    options.set_style(1, effect=PersonEffect.HIDE)
    options.update_render(default_style=PersonStyle())
    assert options.style_of(1).effect is PersonEffect.HIDE
    assert options.style_of(2).effect is PersonEffect.OVERLAY


def test_of_another_source_everybody_is_new(qapp):
    options = OptionsModel()
    options.show_painted([1, 2])
    options.set_new_people(BLUR)
    options.forget_people()
    assert options.style_of(1).effect is PersonEffect.BLUR
    options.set_new_people(HIDE)
    assert options.style_of(1).effect is PersonEffect.HIDE


def test_a_camera_that_comes_back_shows_nobody_before_its_people_count_as_new(
    open_window, qtbot, scene, monkeypatch
):
    monkeypatch.setattr("app.basics.patience.RETRY_S", 0.05)
    camera = LiveCamera()
    scene.open_source = lambda _request: camera
    window = open_window(0)
    qtbot.waitUntil(lambda: listed_ids(window) == [1])
    click(window.panel.look.new_people.buttons[2])
    assert window.options.style_of(1).effect is PersonEffect.OVERLAY
    scene.open_source = lambda _request: LiveCamera()
    first = SpySession.configured[0]
    camera.unplugged.set()
    qtbot.waitUntil(lambda: SpySession.configured[0] is not first)
    begun_with = SpySession.configured[0].render
    assert begun_with.style_of(1).effect is PersonEffect.HIDE
    before = window.stage.view.result
    qtbot.waitUntil(lambda: window.stage.view.result not in (None, before))
    assert is_hidden(window.stage.view.result)


def test_that_new_people_can_be_hidden_is_told_once(open_window, qtbot, scene):
    scene.open_source = lambda _request: Film([two_people()] * 2, fps=1)
    window = open_window("film.mp4")
    qtbot.waitUntil(lambda: len(listed_ids(window)) == 2)
    window.options.set_style(1, effect=PersonEffect.PLAIN)
    assert not window.stage.banner.isVisible()
    window.options.set_style(1, effect=PersonEffect.BLUR)
    assert "Person 1 is blurred" in window.stage.banner.text
    assert [button.text() for button in window.stage.banner.buttons] == ["Blur new people"]
    window.stage.banner.dismiss()
    window.options.set_style(2, effect=PersonEffect.HIDE)
    assert not window.stage.banner.isVisible()
    window.close()
    qtbot.waitUntil(lambda: window.closed)
    again = open_window("film.mp4")
    again.options.set_style(1, effect=PersonEffect.HIDE)
    assert not again.stage.banner.isVisible()


def test_nothing_is_told_of_a_photo_to_which_nobody_comes(open_window, qtbot, scene, tmp_path):
    path = tmp_path / "photo.jpg"
    scene.open_source = lambda _r: Film([two_people()], path=path, pictures=(path,))
    window = open_window(path)
    qtbot.waitUntil(lambda: len(listed_ids(window)) == 2)
    window.options.set_style(1, effect=PersonEffect.HIDE)
    assert not window.stage.banner.isVisible()
    assert not window.kept.view.knows_newcomers


def test_where_new_people_are_concealed_nothing_is_told(open_window):
    window = open_window()
    click(window.panel.look.new_people.buttons[1])
    window.options.set_style(1, effect=PersonEffect.HIDE)
    assert not window.stage.banner.isVisible()
    assert window.panel.look.blur.isVisible()


def test_the_choice_for_new_people_outlives_the_window(open_window, qtbot):
    window = open_window()
    click(window.panel.look.new_people.buttons[2])
    window.close()
    qtbot.waitUntil(lambda: window.closed)
    again = open_window("film.mp4")
    assert again.panel.look.new_people.buttons[2].isChecked()
    qtbot.waitUntil(lambda: shown_index(again) >= 0)
    assert is_hidden(again.stage.view.result)


def test_the_command_line_chooses_for_its_run_alone(open_window, qtbot):
    window = open_window(new_people=HIDE)
    assert window.panel.look.new_people.buttons[2].isChecked()
    assert window.options.effective.render.newcomers.choice is HIDE
    window.close()
    qtbot.waitUntil(lambda: window.closed)
    again = open_window()
    assert again.options.new_people is SHOW
