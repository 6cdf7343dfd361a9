"""In full screen the picture itself says that it is recorded."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest

from tests.app.gui import STRICT, shown_text

pytestmark = STRICT


def test_whoever_records_in_full_screen_sees_it_and_for_how_long(live, qtbot):
    sign = live.stage.recording_sign
    live.chrome.set_fullscreen(True)
    assert not sign.isVisible()
    QTest.keyClick(live, Qt.Key.Key_R)
    qtbot.waitUntil(sign.isVisible)
    qtbot.waitUntil(lambda: shown_text(sign) > "0:00.0")
    live.chrome.set_fullscreen(False)
    assert live.transport.recorded.isVisible()
    assert not sign.isVisible(), "the bar of buttons says it there"
    live.chrome.set_fullscreen(True)
    assert sign.isVisible()
    QTest.keyClick(live, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: not sign.isVisible())
    qtbot.waitUntil(lambda: "Recording saved" in live.stage.toast.text)
