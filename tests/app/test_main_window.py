"""The window as a user meets it: start page, opening, controls in step, figures."""

from __future__ import annotations

import time

import numpy as np
import pytest
from PyQt6.QtCore import QSize, Qt
from PyQt6.QtGui import QRegion
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QAbstractButton, QFileDialog, QWidget

from engine.styles import Backdrop, PersonEffect
from tests.app.gui import STRICT, Film, LiveCamera, SpySession, click, phase, shown_index, walk

pytestmark = STRICT


def test_the_window_is_painted_within_a_second(open_window, qtbot):
    started_s = time.process_time()  # not the time that other programs take from it
    window = open_window()
    qtbot.waitUntil(lambda: window.stage.empty.isVisible())
    window.grab()
    assert time.process_time() - started_s < 1.0


def test_the_start_page_offers_camera_file_and_demo(open_window, qtbot, scene):
    window = open_window()
    assert window.stage.empty.isVisible()
    assert not window.transport.play.isEnabled()
    click(window.stage.empty.demo_button)
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    assert scene.requests[0].spec == "demo"
    assert not window.stage.empty.isVisible()


def test_the_start_page_closes_at_the_first_click(open_window):
    window = open_window()
    window.close()  # nothing has to be waited for
    assert not window.isVisible()


def test_a_source_of_the_command_line_opens_by_itself(open_window, qtbot, scene):
    window = open_window("film.mp4")
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    assert "film.mp4" in window.windowTitle()
    assert window.header.source.name == "film.mp4"
    assert window.header.provider.text() == "CPU · float32"


def test_every_control_reaches_the_session(open_window, qtbot):
    window = open_window("film.mp4")
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    panel = window.panel
    panel.detection.set_open(True)
    for name, row in panel.detection.rows.items():
        row.slider.setValue(row.slider.minimum() + 7)
        assert getattr(SpySession.configured[-1].group, name) == pytest.approx(row.value)
    panel.look.opacity.slider.setValue(80)
    panel.look.outline.slider.setValue(5)
    click(panel.look.labels)
    click(panel.look.boxes)
    click(panel.look.backdrop.buttons[1])
    panel.look.blur.slider.setValue(3)
    click(panel.look.effect.buttons[2])
    panel.detection.track.click()
    final = SpySession.configured[-1]
    assert final.render.mask_opacity == 0.8
    assert final.render.outline_px == 5
    assert (final.render.show_labels, final.render.show_boxes) == (False, True)
    assert final.render.backdrop is Backdrop.BLUR
    assert final.render.blur_px == 8
    assert final.render.default_style.effect is PersonEffect.BLUR
    assert final.track.enabled is False
    click(panel.look.backdrop.buttons[2])
    click(panel.look._swatches[2])
    assert SpySession.configured[-1].render.backdrop_bgr == panel.look._swatches[2].colour_bgr


def test_a_changed_control_redraws_the_paused_picture(open_window, qtbot, scene):
    scene.open_source = lambda _r: Film(walk(30), fps=10)
    window = open_window("film.mp4")
    window.playing.pause()
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    before = window.stage.view.result
    window.panel.look.opacity.slider.setValue(100)
    qtbot.waitUntil(lambda: window.stage.view.result is not before)
    after = window.stage.view.result
    assert after.frame.index == before.frame.index
    assert not np.array_equal(after.image_bgr, before.image_bgr)


def test_closing_the_source_brings_back_the_start_page(open_window, qtbot):
    window = open_window("film.mp4")
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    window.sources.close()
    qtbot.waitUntil(lambda: window.stage.empty.isVisible())
    assert phase(window) is None
    assert window.windowTitle() == "BBE Live"


def test_full_screen_shows_the_picture_alone(open_window, qtbot):
    window = open_window("film.mp4")
    qtbot.waitUntil(lambda: window.stage.hud.isVisible())
    QTest.keyClick(window, Qt.Key.Key_F)
    qtbot.waitUntil(window.isFullScreen)
    for part in (window.header, window.panel, window.transport, window.stage.hud):
        assert not part.isVisible()
    QTest.keyClick(window, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not window.isFullScreen())
    assert window.panel.isVisible()
    assert window.transport.isVisible()


def test_bars_follow_a_full_screen_that_the_system_begins_and_ends(film, qtbot):
    """macOS has a button for it, which knows nothing of the window's own command."""
    film.setWindowState(film.windowState() | Qt.WindowState.WindowFullScreen)
    qtbot.waitUntil(lambda: not film.stage.toast.isHidden())
    assert film.header.isHidden()
    film.setWindowState(film.windowState() & ~Qt.WindowState.WindowFullScreen)
    qtbot.waitUntil(lambda: not film.header.isHidden())
    assert not film.transport.isHidden()
    assert film.stage.toast.isHidden()


def test_how_to_leave_full_screen_is_not_told_after_it(film, qtbot):
    toast = film.stage.toast
    QTest.keyClick(film, Qt.Key.Key_F)
    qtbot.waitUntil(lambda: "full screen" in toast.text and toast.isVisible())
    QTest.keyClick(film, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not film.isFullScreen())
    assert not toast.isVisible()
    QTest.keyClick(film, Qt.Key.Key_S)
    qtbot.waitUntil(lambda: "Screenshot" in toast.text)
    film.chrome.set_fullscreen(False)
    assert toast.isVisible()


def test_the_figures_name_speed_latency_provider_and_people(open_window, qtbot, scene):
    scene.open_source = lambda _r: LiveCamera()
    window = open_window("film.mp4")
    values = window.stage.hud.values
    qtbot.waitUntil(lambda: values["fps"].text() not in ("–", "0.0"))
    assert "ms" in values["latency"].text()
    assert values["provider"].text() == "CPU · float32"
    qtbot.waitUntil(lambda: values["people"].text() == "1")
    QTest.keyClick(window, Qt.Key.Key_H)
    assert not window.stage.hud.isVisible()


def test_the_figures_leave_a_small_picture_free(open_window, qtbot, scene):
    scene.open_source = lambda _r: LiveCamera()
    window = open_window(0)
    stage = window.stage
    qtbot.waitUntil(lambda: stage.hud.isVisible())
    window.resize(window.minimumSize())

    def covered() -> float:
        return stage.hud.width() * stage.hud.height() / (stage.width() * stage.height())

    qtbot.waitUntil(lambda: covered() < 0.06)
    assert stage.hud.values["fps"].isVisible()
    window.resize(1280, 800)
    qtbot.waitUntil(lambda: all(value.isVisible() for value in stage.hud.values.values()))


def test_a_small_picture_that_stands_has_no_empty_figure_on_it(long_film, qtbot):
    stage = long_film.stage
    long_film.resize(long_film.minimumSize())
    qtbot.waitUntil(stage.hud.isVisible)
    qtbot.waitUntil(lambda: stage.hud.values["fps"].text() not in ("–", "0.0"))
    long_film.playing.pause()
    qtbot.waitUntil(lambda: not stage.hud.isVisible())
    long_film.resize(1280, 800)
    qtbot.waitUntil(stage.hud.isVisible)
    assert stage.hud.values["fps"].text() == "–"
    long_film.resize(long_film.minimumSize())
    qtbot.waitUntil(lambda: not stage.hud.isVisible())
    long_film.player.toggle_pause()
    qtbot.waitUntil(stage.hud.isVisible)


def test_the_model_and_provider_pickers_open_another_network(open_window, qtbot, scene):
    window = open_window("film.mp4")
    qtbot.waitUntil(lambda: shown_index(window) >= 0 and window.panel.model.model.count() == 4)
    combo = window.panel.model.model
    combo.setCurrentIndex(2)
    combo.activated.emit(2)
    qtbot.waitUntil(lambda: len(scene.runtimes) == 2)
    assert scene.runtimes[1].model == "other"
    combo.setCurrentIndex(0)
    combo.activated.emit(0)
    qtbot.waitUntil(lambda: len(scene.runtimes) == 3)
    assert scene.runtimes[2].model == ""


def test_every_icon_is_drawn_at_the_ratio_of_its_screen(film):
    icons = [button.icon() for button in film.findChildren(QAbstractButton)]
    shown = [icon for icon in icons if not icon.isNull()]
    assert len(shown) > 20
    for icon in shown:
        for ratio in (1.0, 1.25, 3.0):
            drawn = icon.pixmap(QSize(20, 20), ratio)
            assert drawn.size() == QSize(20, 20) * ratio
            assert drawn.deviceIndependentSize().toSize() == QSize(20, 20)
            assert not QRegion(drawn.mask()).isEmpty()


def test_a_folder_of_pictures_is_opened_from_the_menu_of_sources(
    open_window, qtbot, scene, tmp_path
):
    window = open_window()
    [entry] = [action for action in window.header.menu.actions() if "folder" in action.text()]
    entry.trigger()
    [dialog] = window.findChildren(QFileDialog)
    assert dialog.fileMode() is QFileDialog.FileMode.Directory
    dialog.fileSelected.emit(str(tmp_path))
    dialog.reject()
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    assert scene.requests[0].spec == tmp_path


def test_every_control_that_tab_reaches_has_a_name(film):
    film.export_offer.make()  # its texts come with the film
    for widget in film.findChildren(QWidget):
        if widget.window() is film and widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
            text = widget.text() if isinstance(widget, QAbstractButton) else ""
            assert widget.accessibleName() or text, f"{type(widget).__name__} {widget.toolTip()}"
