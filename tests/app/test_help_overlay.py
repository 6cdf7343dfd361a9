"""The page of keys and mouse can be read in every window."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest

from tests.app.gui import STRICT

pytestmark = STRICT


@pytest.mark.parametrize("width", [760, 900, 1280])
def test_nothing_on_the_help_page_is_cut_off_on_the_right(open_window, qtbot, width):
    window = open_window()
    window.resize(width, 600)
    QTest.keyClick(window, Qt.Key.Key_F1)
    area = window.help._area
    qtbot.waitUntil(lambda: window.help.width() == width)
    page = area.widget()
    qtbot.waitUntil(lambda: page.width() <= area.viewport().width())
    assert page.width() >= page.minimumSizeHint().width()
