"""The wheel holds what the program needs at run time: installed, there is no checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

PROGRAM = """
from pathlib import Path
import engine
from app.basics.theme import style_sheet
from engine.kernels.cuda_source import KERNELS, cuda_source
from engine.models import Manifest

for model in Manifest.load().models.values():
    model.verify_hash()
for file in KERNELS:
    assert "__global__" in cuda_source(file)
from PyQt6.QtGui import QGuiApplication
window = QGuiApplication([])
assert "QWidget" in style_sheet()
print(Path(engine.__file__).parent)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, unpacked."""
    from hatchling.builders.wheel import WheelBuilder

    folder = tmp_path_factory.mktemp("wheel")
    built = next(iter(WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"])))
    with zipfile.ZipFile(built) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


@pytest.mark.parametrize("package", ["app", "engine"])
def test_every_file_of_the_packages_is_in_the_wheel(wheel: Path, package: str) -> None:
    def files(root: Path) -> set[str]:
        paths = (path for path in (root / package).rglob("*") if path.is_file())
        return {
            path.relative_to(root).as_posix() for path in paths if "__pycache__" not in path.parts
        }

    missing = files(ROOT) - files(wheel)
    assert not missing


def test_the_program_finds_its_models_kernels_and_style_in_the_wheel(
    wheel: Path, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(wheel), "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()) == wheel / "engine"
