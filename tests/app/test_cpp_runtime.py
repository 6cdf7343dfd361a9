"""On Windows a library of Qt's must not keep the network from running."""

from __future__ import annotations

import ctypes
from pathlib import Path
from types import SimpleNamespace

import pytest

from app.basics import cpp_runtime
from app.basics.cpp_runtime import load_cpp_runtime
from tests.app.cli_cases import start_bbe

OF_2017 = ("msvcp140.dll", "msvcp140_1.dll")
OF_2024 = (*OF_2017, "msvcp140_atomic_wait.dll")


class Windows:
    """A computer with these libraries in its own folder and in that of the environment."""

    def __init__(self, root: Path, system: tuple[str, ...], environment: tuple[str, ...]) -> None:
        self.system, self.environment = root / "System32", root / "venv"
        self.loaded: list[Path] = []
        for folder, names in ((self.system, system), (self.environment, environment)):
            folder.mkdir()
            for name in names:
                (folder / name).touch()

    def load(self, path: str) -> None:
        self.loaded.append(Path(path))


@pytest.mark.parametrize(
    ("system", "environment", "serves"),
    [
        (OF_2024, (), "system"),
        (OF_2024, OF_2024, "environment"),
        (OF_2017, OF_2024, "environment"),
        (OF_2017, (), ""),
        ((), (), ""),
    ],
)
def test_the_runtime_of_windows_is_loaded_unless_it_is_older_than_that_of_qt(
    system: tuple[str, ...],
    environment: tuple[str, ...],
    serves: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    windows = Windows(tmp_path, system, environment)
    stand_in = SimpleNamespace(platform="win32", prefix=str(windows.environment))
    monkeypatch.setattr(cpp_runtime, "sys", stand_in)
    monkeypatch.setenv("SYSTEMROOT", str(tmp_path))
    monkeypatch.setattr(ctypes, "CDLL", windows.load)
    load_cpp_runtime()
    folder = getattr(windows, serves) if serves else None
    assert windows.loaded == ([folder / name for name in OF_2024] if folder else [])


def test_it_is_loaded_before_any_library_that_needs_one(tmp_path: Path) -> None:
    prelude = (
        "import app.basics.cpp_runtime as runtime\n"
        "needy = {'PyQt6', 'onnxruntime', 'cv2', 'numba'}\n"
        "runtime.load_cpp_runtime = lambda: print('before', sorted(needy & sys.modules.keys()))"
    )
    bbe = start_bbe(tmp_path, "--version", prelude=prelude)
    assert bbe.communicate(timeout=300)[0].startswith("before []\n")
