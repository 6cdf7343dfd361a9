"""The input size that keeps up with a frame rate, as the panel and the figures show it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PyQt6.QtCore import QEvent, QSettings
from PyQt6.QtGui import QHelpEvent
from PyQt6.QtWidgets import QApplication, QStyleOptionComboBox, QToolTip

from app.basics.figure_texts import input_text
from app.held.settings import SettingsStore
from app.shown.controls.model import size_text
from engine.board import Phase
from engine.config import AdaptiveOptions, Precision, Provider, RuntimeOptions, SteadyOptions
from engine.predictor import ProviderReport
from tests.app.gui import (
    STRICT,
    Film,
    LiveCamera,
    SpySession,
    TellingPredictor,
    click,
    phase,
    shown_index,
    shown_text,
    walk,
)  # fmt: skip
from tests.fakes import FakePredictor, slow_network

pytestmark = STRICT


def slow_predictor(_runtime: object) -> FakePredictor:
    return FakePredictor(input_long_side=545, network_ms=slow_network)


def test_a_machine_that_is_too_slow_shows_the_smaller_size(open_window, qtbot, scene):
    scene.open_source = lambda _r: LiveCamera(fps=30)
    scene.open_predictor = slow_predictor
    window = open_window(0)
    value = window.stage.hud.values["input"]
    qtbot.waitUntil(lambda: value.text().startswith("545 × "))
    qtbot.waitUntil(lambda: value.text().endswith(" of 545 px"))
    qtbot.waitUntil(lambda: "smaller to keep up" in shown_text(window.panel.model))


def test_the_size_of_a_picture_that_stands_is_told_though_it_comes_at_once(film, qtbot):
    film.playing.pause()
    qtbot.waitUntil(lambda: phase(film) is Phase.PAUSED)
    state = replace(film.player.state(), input_hw=(97, 129), full_long_side=129)
    film.figures.on_state(replace(state, input_hw=(49, 65), phase=Phase.RUNNING))
    film.figures.on_state(replace(state, input_hw=(49, 65)))
    assert film.stage.hud.values["input"].text() == "65 of 129 px"
    film.figures.on_state(state)
    qtbot.waitUntil(lambda: film.stage.hud.values["input"].text() == "129 × 97 px")


def test_the_tiniest_photo_is_not_said_to_be_made_smaller(open_window, qtbot, scene):
    scene.open_source = lambda _r: Film(walk(1), fps=1, pictures=(Path("dot.png"),))
    window = open_window("dot.png")
    qtbot.waitUntil(lambda: shown_index(window) == 0)
    state = replace(window.player.state(), input_hw=(33, 33), full_long_side=545)
    assert size_text(state) == "Sees 33 × 33 px."
    assert input_text(state) == "33 × 33 px"


def test_it_can_be_switched_off_and_given_another_rate(open_window, qtbot, scene):
    window = open_window("film.mp4")
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    section = window.panel.model
    assert section.adaptive.isChecked()
    assert section.rate.currentData() == 30
    section.rate.setCurrentIndex(section.rate.findData(15.0))
    section.rate.activated.emit(section.rate.currentIndex())
    assert SpySession.configured[-1].adaptive == AdaptiveOptions(fps=15)
    click(section.adaptive)
    assert SpySession.configured[-1].adaptive == AdaptiveOptions(enabled=False, fps=15)
    assert not section.rate.isEnabled()
    assert len(scene.runtimes) == 1, "the model is not opened again"
    window.close()
    qtbot.waitUntil(lambda: window.closed)
    again = open_window().panel.model
    assert not again.adaptive.isChecked()
    assert again.rate.currentData() == 15


def test_where_the_size_is_fixed_the_switch_rests_and_the_reason_is_told(open_window, qtbot, scene):
    report = ProviderReport("cuda", "CUDA", fixed_size="CUDA keeps one input size.")
    scene.open_predictor = lambda _r: TellingPredictor(report)
    window = open_window("film.mp4")
    section = window.panel.model
    qtbot.waitUntil(lambda: "CUDA keeps one input size." in shown_text(section))
    assert "Sees 129 × 97 px" in shown_text(section)
    assert not section.adaptive.isEnabled()
    assert not section.rate.isEnabled()
    assert window.stage.hud.values["input"].text() == "129 × 97 px"


def test_half_precision_is_offered_where_it_makes_a_difference(open_window, qtbot, scene):
    window = open_window("film.mp4")
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    section = window.panel.model
    assert not section.half.isVisibleTo(section)
    on_cuda = ProviderReport("auto", "CUDA", precision="float16")
    scene.open_predictor = lambda _r: TellingPredictor(on_cuda)
    window.networks.use(RuntimeOptions(provider=Provider.CUDA))
    qtbot.waitUntil(lambda: section.half.isVisibleTo(section))
    section.half.click()
    assert window.player.runtime.precision is Precision.FLOAT16
    qtbot.waitUntil(lambda: scene.runtimes[-1].precision is Precision.FLOAT16)
    section.half.click()
    assert window.player.runtime.precision is Precision.MODEL


def test_a_second_look_is_asked_of_the_network_and_remembered(open_window, qtbot, scene):
    window = open_window("film.mp4")
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    assert not window.panel.model.twice.isChecked()
    click(window.panel.model.twice)
    qtbot.waitUntil(lambda: scene.runtimes[-1].look_twice)
    window.close()
    qtbot.waitUntil(lambda: window.closed)
    assert open_window().panel.model.twice.isChecked()


def test_steady_masks_are_on_until_switched_off_and_that_is_remembered(open_window, qtbot, scene):
    window = open_window("film.mp4")
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    assert window.panel.model.steady.isChecked()
    click(window.panel.model.steady)
    assert SpySession.configured[-1].steady == SteadyOptions(enabled=False)
    assert len(scene.runtimes) == 1, "the model is not opened again"
    window.close()
    qtbot.waitUntil(lambda: window.closed)
    assert not open_window().panel.model.steady.isChecked()


@pytest.mark.parametrize("asked", [AdaptiveOptions(fps=24), AdaptiveOptions(enabled=False)])
def test_the_command_lines_rate_is_for_this_run_alone(open_window, settings_file, asked):
    window = open_window(adaptive=asked)
    assert window.options.effective.adaptive == asked
    assert window.panel.model.adaptive.isChecked() is asked.enabled
    assert window.panel.model.rate.currentData() == asked.fps
    window.remembering.save()
    store = SettingsStore(QSettings(str(settings_file), QSettings.Format.IniFormat))
    assert store.load().settings.adaptive == AdaptiveOptions()


def test_the_model_that_runs_is_named_and_so_is_the_one_that_replaces_it(open_window, qtbot, scene):
    """The provider's text stays the same: it must not keep the model's from changing."""
    scene.open_predictor = lambda runtime: FakePredictor(
        input_long_side=257 if runtime.model else 129
    )
    window = open_window("film.mp4")
    section = window.panel.model
    qtbot.waitUntil(lambda: "fake: none, output stride 16, made for 129 px" in shown_text(section))
    qtbot.waitUntil(lambda: section.model.count() == 4)
    section.model.setCurrentIndex(2)
    section.model.activated.emit(2)
    qtbot.waitUntil(lambda: "made for 257 px" in shown_text(section))


def test_a_choice_too_long_for_its_field_ends_in_an_ellipsis_and_is_whole_in_the_tip(
    open_window, qtbot
):
    section = open_window().panel.model
    name = "trained at home in the second week, " * 3
    section.show_runtime(RuntimeOptions(model=f"/weights/{name}.onnx"))
    option = QStyleOptionComboBox()
    section.model.initStyleOption(option)
    assert option.currentText.endswith("…")
    where = section.model.rect().center()
    help_event = QHelpEvent(QEvent.Type.ToolTip, where, section.model.mapToGlobal(where))
    QApplication.sendEvent(section.model, help_event)
    assert f"{name}.onnx" in QToolTip.text()
    QToolTip.hideText()
    section.side.initStyleOption(option)
    assert option.currentText == section.side.currentText()
