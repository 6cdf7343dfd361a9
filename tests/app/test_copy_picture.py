"""The picture on the screen, for other programs to paste."""

from __future__ import annotations

import numpy as np
import pytest
from PyQt6.QtGui import QGuiApplication, QImage

from app.shown.banner import Level
from app.shown.controls.message_label import MessageLabel
from engine.board import Phase
from engine.styles import PersonEffect
from tests.app.gui import STRICT, phase

pytestmark = STRICT


@pytest.fixture
def clipboard():
    board = QGuiApplication.clipboard()
    board.clear()
    yield board
    board.clear()


def pixels(image: QImage) -> np.ndarray:
    image = image.convertToFormat(QImage.Format.Format_BGR888)
    bits = image.constBits().asarray(image.sizeInBytes())
    rows = np.frombuffer(bits, np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3)


def press_copy(window):
    window.actions_by_name["copy_picture"].trigger()


def test_what_is_copied_is_what_is_shown(film, qtbot, clipboard):
    film.playing.pause()
    qtbot.waitUntil(lambda: phase(film) is Phase.PAUSED)
    film.options.set_style(1, effect=PersonEffect.HIDE)
    qtbot.waitUntil(lambda: film.stage.view.result.render.conceals_anybody)
    press_copy(film)
    assert np.array_equal(pixels(clipboard.image()), film.stage.view.result.image_bgr)
    assert "Picture copied" in film.stage.toast.text


def test_text_of_a_message_that_is_selected_is_copied_in_its_place(film, clipboard):
    film.stage.banner.post(Level.INFO, "Something that may be searched for.")
    label = next(found for found in film.stage.banner.findChildren(MessageLabel) if found.text())
    label.setFocus()
    label.setSelection(0, 9)
    press_copy(film)
    assert clipboard.text() == "Something"
    assert clipboard.image().isNull()


def test_without_a_picture_nothing_is_copied(open_window, clipboard):
    window = open_window()
    press_copy(window)
    assert clipboard.image().isNull()
    assert not window.stage.toast.isVisible()
