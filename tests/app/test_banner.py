"""Messages on the picture show all of their text, whatever its length."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QGuiApplication, QKeySequence
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QLabel

from app.shown.banner import Banner, Choice, Level
from app.window import make_application
from tests.app.gui import STRICT

pytestmark = STRICT


def banner_in(qtbot, room_px: int) -> Banner:
    make_application()
    banner = Banner()
    qtbot.addWidget(banner)
    banner.fit_width(room_px)
    return banner


@pytest.mark.parametrize("length", [10, 47, 52, 60, 400])
@pytest.mark.parametrize("room_px", [300, 1000])
def test_a_message_is_as_high_as_its_text_needs(qtbot, length, room_px):
    banner = banner_in(qtbot, room_px)
    text = ("word " * 100)[:length]
    banner.post(Level.ERROR, text, text, [Choice("Ok", lambda: None)])
    alone = banner.height()
    assert banner.rect().contains(banner.buttons[0].geometry())
    for label in (banner._title, banner._hint):
        lines = label.fontMetrics().boundingRect(
            label.rect().adjusted(0, 0, 0, 10_000), Qt.TextFlag.TextWordWrap, text
        )
        assert label.height() >= lines.height()
    for before in ("word", "word " * 60):
        banner.post(Level.INFO, before, before)
        banner.post(Level.ERROR, text, text, [Choice("Ok", lambda: None)])
        assert banner.height() == alone


LONG_NAME = "Birthday_in_the_garden_second_part_camera_2_edited_final_version_2024-08-17.mp4"


@pytest.mark.parametrize("word", [LONG_NAME, "M" * 80, f"https://example.org/{LONG_NAME}?a=b&c=d"])
@pytest.mark.parametrize("room_px", [300, 1000])
def test_no_long_name_is_cut_off_in_a_message(qtbot, word, room_px):
    banner = banner_in(qtbot, room_px)
    banner.post(Level.ERROR, f"{word} breaks off.", f"It is in /home/me/{word} now.")
    assert banner.text == f"{word} breaks off. It is in /home/me/{word} now."
    for label in (banner._title, banner._hint):
        drawn = label.fontMetrics().boundingRect(
            label.rect().adjusted(0, 0, 0, 10_000),
            Qt.TextFlag.TextWordWrap,
            QLabel.text(label),
        )
        assert label.rect().contains(drawn)


def test_a_name_copied_from_a_message_is_that_name(qtbot):
    make_application()
    banner = Banner()
    qtbot.addWidget(banner)
    banner.post(Level.DONE, LONG_NAME)
    banner.show()
    banner._title.setSelection(0, len(QLabel.text(banner._title)))
    QTest.keySequence(banner._title, QKeySequence(QKeySequence.StandardKey.Copy))
    assert QGuiApplication.clipboard().text() == LONG_NAME
