"""`bbe doctor` and `bbe bench` say which processor it is, on every system."""

from __future__ import annotations

import platform
import subprocess
import sys
from types import ModuleType

import pytest

from app.doctor import processor
from app.doctor.processor import cpu_name


class Registry(ModuleType):
    """`winreg` of a computer with one processor; the value is padded as some are."""

    HKEY_LOCAL_MACHINE = object()

    def OpenKey(self, root: object, path: str) -> Registry:  # noqa: N802
        assert root is self.HKEY_LOCAL_MACHINE
        assert path.endswith(r"CentralProcessor\0")
        return self

    def QueryValueEx(self, key: object, name: str) -> tuple[str, int]:  # noqa: N802
        assert (key, name) == (self, "ProcessorNameString")
        return "AMD Ryzen 7 5800U with Radeon Graphics         ", 1

    def __enter__(self) -> Registry:
        return self

    def __exit__(self, *_: object) -> None:
        pass


def test_windows_keeps_the_name_in_its_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setitem(sys.modules, "winreg", Registry("winreg"))
    assert cpu_name() == "AMD Ryzen 7 5800U with Radeon Graphics"


def test_macos_tells_the_name_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, ...]] = []

    def answer(command: tuple[str, ...], **_: object) -> str:
        asked.append(command)
        return "Apple M2\n"

    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(subprocess, "check_output", answer)
    assert cpu_name() == "Apple M2"
    assert asked == [("sysctl", "-n", "machdep.cpu.brand_string")]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_linux_has_a_file_of_it() -> None:
    assert cpu_name() not in ("", platform.machine())


def test_where_nobody_tells_it_is_called_as_python_calls_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken() -> str:
        raise subprocess.CalledProcessError(1, "sysctl")

    monkeypatch.setattr(processor, "_own_name", broken)
    assert cpu_name() == (platform.processor() or platform.machine())
