"""Trainings that share a cache of decoded photos do each other no harm."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.training.cache import CachedPhotoStore
from engine.training.dataset import read_photos
from tests.training.conftest import Annotate, person
from tests.waiting import wait_until

# pycocotools 2.0 hands out arrays that know no copy argument of NumPy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

TRAINING = """
import sys, time, zlib
from pathlib import Path
from engine.training import cache
from engine.training.dataset import read_photos

def slowly(photo, long_side, load=cache.load_photo):
    time.sleep(0.02)
    return load(photo, long_side)

cache.load_photo = slowly
store = cache.CachedPhotoStore(read_photos(Path(sys.argv[1])), 640, Path(sys.argv[2]))
total = 0
for _ in range(3):
    for i in range(len(store)):
        total = zlib.crc32(store[i].image_rgb.tobytes(), total)
    time.sleep(0.2)
print(total)
"""
PHOTOS = 40


@pytest.fixture
def data(coco_folder: Annotate) -> Path:
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 255, (PHOTOS, 30, 50, 3), dtype=np.uint8)
    return coco_folder([(image, [person(3, 4, 9, 9)]) for image in noise])


def train(data: Path, folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-W", "ignore", "-c", TRAINING, str(data), str(folder)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def kept(folder: Path) -> list[str]:
    return sorted(path.suffix for path in folder.iterdir() if path.suffix != ".lock")


def test_trainings_that_start_at_once_read_the_same_photos(data: Path, tmp_path: Path) -> None:
    running = [train(data, tmp_path / "cache") for _ in range(3)]
    ended = [(*one.communicate(timeout=60), one.returncode) for one in running]
    assert [code for *_, code in ended] == [0] * 3, ended
    assert len({out.split()[-1] for out, *_ in ended}) == 1
    assert kept(tmp_path / "cache") == [".json", ".pixels"]


def test_a_killed_training_leaves_nothing_that_counts(data: Path, tmp_path: Path) -> None:
    folder, photos = tmp_path / "cache", read_photos(data)
    killed = train(data, folder)
    wait_until(lambda: any(p.stat().st_size for p in folder.glob("*.pixels*")))
    killed.kill()
    killed.communicate()
    store = CachedPhotoStore(photos, 640, folder)
    assert sum(photo.image_rgb.nbytes for photo in store) == PHOTOS * 30 * 50 * 3
    assert kept(folder) == [".json", ".pixels"]
