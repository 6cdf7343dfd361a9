"""Films do not jerk on Windows, whose waits are coarse unless a program asks for better ones."""

from __future__ import annotations

import ctypes
from types import SimpleNamespace

import pytest

from engine import fine_waits as fine_waits_module
from engine.fine_waits import fine_waits
from engine.session import Phase
from tests.engine.session_driver import moving_box, running
from tests.fakes import ListSource


class Multimedia:
    """Windows' winmm.dll; `periods_ms` are those in force."""

    def __init__(self) -> None:
        self.periods_ms: list[int] = []
        self.asked = 0

    def timeBeginPeriod(self, period_ms: int) -> int:  # noqa: N802
        self.periods_ms.append(period_ms)
        self.asked += 1
        return 0

    def timeEndPeriod(self, period_ms: int) -> int:  # noqa: N802
        self.periods_ms.remove(period_ms)
        return 0


@pytest.fixture
def winmm(monkeypatch: pytest.MonkeyPatch) -> Multimedia:
    library = Multimedia()
    monkeypatch.setattr(fine_waits_module, "sys", SimpleNamespace(platform="win32"))
    monkeypatch.setattr(ctypes, "WinDLL", {"winmm": library}.__getitem__, raising=False)
    return library


def test_waits_are_fine_while_a_film_plays_and_not_longer(winmm: Multimedia) -> None:
    with running(ListSource(moving_box(3), fps=50)) as driver:
        driver.wait_phase(Phase.ENDED)
        assert winmm.periods_ms == [1]
    assert winmm.periods_ms == []


def test_an_error_ends_them_too(winmm: Multimedia) -> None:
    with pytest.raises(ValueError, match="broken"), fine_waits():
        raise ValueError("broken")
    assert (winmm.asked, winmm.periods_ms) == (1, [])


def test_other_systems_need_no_asking(winmm: Multimedia, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fine_waits_module, "sys", SimpleNamespace(platform="darwin"))
    with fine_waits():
        pass
    assert winmm.asked == 0
