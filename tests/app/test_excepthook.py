"""What nobody caught, or what the system lacks, is told in words."""

from __future__ import annotations

import sys
import threading

import pytest

from app.basics.excepthook import ExceptionReporter
from app.basics.qt_check import missing_library_hint
from tests.app.gui import STRICT

pytestmark = STRICT


def test_exceptions_nobody_caught_are_reported(qtbot, caplog):
    reporter = ExceptionReporter()
    before = sys.excepthook, threading.excepthook
    reporter.install()
    try:
        with qtbot.waitSignal(reporter.reported) as caught:
            thread = threading.Thread(target=lambda: 1 / 0)
            thread.start()
            thread.join()
        assert caught.args == ["ZeroDivisionError: division by zero"]
    finally:
        reporter.remove()
    assert (sys.excepthook, threading.excepthook) == before
    assert "unexpected error" in caplog.text


@pytest.mark.parametrize(
    ("library", "package"),
    [("libEGL.so.1", "libegl1"), ("libxkbcommon-x11.so.0", "libxkbcommon-x11-0"),
     ("libxcb-cursor.so.0", "libxcb-cursor0")],
)  # fmt: skip
def test_a_missing_system_library_is_one_line_with_its_package(library, package, monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    text = f"{library}: cannot open shared object file: No such file or directory"
    hint = missing_library_hint(ImportError(text))
    assert f"apt install {package}`" in hint
    assert "\n" not in hint
    unknown = missing_library_hint(ImportError("libfoo.so.7: cannot open"))
    assert "libfoo.so.7" in unknown
    assert "libegl1" in unknown
