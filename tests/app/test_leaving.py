"""The end of the process while something is at work that was left behind."""

from __future__ import annotations

from pathlib import Path

from tests.app.cli_cases import start_bbe

ABANDONED_SOURCE = """
import cv2, numpy, time
from engine.reader import FrameReader

def open_source():
    picture = numpy.zeros((1080, 1920, 3), numpy.uint8)
    while True:
        opened[:] = [cv2.GaussianBlur(picture, (5, 5), 0)]  # nearly all of the time in there

opened = []
reader = FrameReader(open_source)
while not opened:
    time.sleep(0.01)
"""


def test_a_source_that_was_left_behind_does_not_abort_the_end(tmp_path: Path) -> None:
    process = start_bbe(tmp_path, "models", prelude=ABANDONED_SOURCE)
    stdout, stderr = process.communicate(timeout=300)
    assert (process.returncode, stderr) == (0, "")
    assert "bbe-mnv2" in stdout
