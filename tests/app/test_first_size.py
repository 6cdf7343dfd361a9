"""How large the window is at its first start, and at the next."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtCore import QSize

from app.window import first_size
from tests.app.test_window import run_child

BRIEF = """
import sys
import app.window
from app.held.launch import WindowLaunch
from tests.app.gui import FakeScene

class BriefWindow(app.window.MainWindow):
    def open_launched(self):
        super().open_launched()
        room = self.screen().availableGeometry()
        print(self.width(), self.height(), room.width(), room.height())
        self.resize(*map(int, sys.argv[1:]))
        self.begin_close()

app.window.engine_backend = FakeScene().backend
app.window.MainWindow = BriefWindow
sys.exit(app.window.run_window(WindowLaunch()))
"""


@pytest.mark.parametrize(
    ("screen", "size"),
    [
        ((1920, 1040), (1280, 800)),
        ((1366, 728), (1229, 655)),
        ((1280, 680), (1152, 612)),  # 1920 × 1080 at 150 %
    ],
)
def test_the_window_fits_on_the_screen(screen: tuple[int, int], size: tuple[int, int]) -> None:
    assert first_size(QSize(1280, 800), QSize(*screen)) == QSize(*size)


def test_a_small_screen_holds_the_window_which_keeps_the_size_that_it_is_given(
    tmp_path: Path,
) -> None:
    sizes = []
    for wanted in ((790, 740), (780, 700)):
        ended = run_child(BRIEF, tmp_path, *wanted)
        assert ended.returncode == 0, ended.stderr
        sizes.append(tuple(map(int, ended.stdout.split())))
    (width, height, room_width, room_height), (*again, _, _) = sizes
    assert width < room_width < 1280
    assert height < room_height
    assert again == [790, 740]


def test_a_low_screen_holds_the_window_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As one of 1920 × 1080 at 200 %, below whose edge the lower bar lay."""
    monkeypatch.setenv("QT_SCALE_FACTOR", "1.6")
    ended = run_child(BRIEF, tmp_path, 790, 740)
    assert ended.returncode == 0, ended.stderr
    _, height, _, room_height = map(int, ended.stdout.split())
    assert room_height == 500
    assert height <= 450
