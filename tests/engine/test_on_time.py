"""Films do not jerk on Windows, and work behind other windows does not stall on macOS."""

from __future__ import annotations

import ctypes
import sys
from types import ModuleType, SimpleNamespace

import pytest

from engine import on_time as on_time_module
from engine.export import export
from engine.on_time import on_time
from engine.session import Phase
from tests.engine.session_driver import moving_box, running
from tests.fakes import FakePredictor, ListSource


class Multimedia:
    """Windows' winmm.dll; `wishes` are those in force."""

    def __init__(self) -> None:
        self.wishes: list[object] = []
        self.heard: list[object] = []

    def timeBeginPeriod(self, period_ms: int) -> int:  # noqa: N802
        self.wishes.append(period_ms)
        self.heard.append(period_ms)
        return 0

    def timeEndPeriod(self, period_ms: int) -> int:  # noqa: N802
        self.wishes.remove(period_ms)
        return 0


class Foundation(ModuleType):
    """PyObjC's module of that name, with its one `NSProcessInfo`."""

    NSActivityUserInitiatedAllowingIdleSystemSleep = 15728639
    NSActivityLatencyCritical = 1095216660480

    def __init__(self) -> None:
        super().__init__("Foundation")
        self.NSProcessInfo = self
        self.wishes: list[object] = []
        self.heard: list[object] = []

    def processInfo(self) -> Foundation:  # noqa: N802
        return self

    def beginActivityWithOptions_reason_(self, options: int, reason: str, /) -> object:  # noqa: N802
        assert reason
        token = object()
        self.wishes.append(token)
        self.heard.append(options)
        return token

    def endActivity_(self, token: object, /) -> None:  # noqa: N802
        self.wishes.remove(token)


System = Multimedia | Foundation


@pytest.fixture(params=["win32", "darwin"])
def system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> System:
    windows, mac = Multimedia(), Foundation()
    monkeypatch.setattr(on_time_module, "sys", SimpleNamespace(platform=request.param))
    monkeypatch.setattr(ctypes, "WinDLL", {"winmm": windows}.__getitem__, raising=False)
    monkeypatch.setitem(sys.modules, "Foundation", mac)
    return windows if request.param == "win32" else mac


def test_the_system_is_asked_while_a_film_plays_and_not_longer(system: System) -> None:
    with running(ListSource(moving_box(3), fps=50)) as driver:
        driver.wait_phase(Phase.ENDED)
        assert len(system.wishes) == 1
    assert system.wishes == []


def test_the_system_is_asked_while_a_film_is_exported_and_not_longer(system: System) -> None:
    in_force: list[int] = []
    export(
        lambda: ListSource(moving_box(3), fps=50),
        FakePredictor(),
        [],
        on_progress=lambda _progress: in_force.append(len(system.wishes)),
    )
    assert in_force == [1, 1, 1]
    assert system.wishes == []


def test_an_error_ends_it_too(system: System) -> None:
    with pytest.raises(ValueError, match="broken"), on_time():
        raise ValueError("broken")
    assert len(system.heard) == 1
    assert system.wishes == []


def test_a_pyobjc_that_cannot_be_loaded_stops_nothing(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "Foundation", None)
    with on_time():
        pass


def test_other_systems_need_no_asking(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_time_module, "sys", SimpleNamespace(platform="linux"))
    with on_time():
        pass
    assert system.heard == []
