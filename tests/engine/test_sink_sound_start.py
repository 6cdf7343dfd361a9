"""The first moment of a film's sound is in its copies, though codecs need what comes before it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.engine.sink_cases import read_times_s
from tests.engine.sink_sound_cases import (
    RATE,
    SOURCE_S,
    grid,
    make_clip,
    read_sound,
    record,
    sync_error_s,
)

START_S = 0.012
"""Less than the first packet of any of the codecs lasts."""

_OFF = 50
"""Samples: Matroska rounds times to a millisecond."""


def likeness_of_start(path: Path, source: Path) -> float:
    """Of the first moments of sound of both files: 1 for the same, near 0 for silence."""
    pieces = []
    for file in (path, source):
        start_s, samples = read_sound(file)
        late = np.zeros(_OFF + round(start_s * RATE), np.float32)
        pieces.append(np.concatenate((late, samples))[: 2 * _OFF + round(START_S * RATE)])
    copy, original = pieces[0][_OFF:-_OFF], pieces[1]
    products = np.correlate(original, copy, "valid")
    loudest = max(np.linalg.norm(copy), np.linalg.norm(original[_OFF:-_OFF]))
    return float(products.max() / loudest**2)


@pytest.mark.parametrize(
    ("kind", "codec", "suffix"),
    [
        (".mkv", "aac", ".mkv"),
        (".mkv", "aac", ".mp4"),
        (".mkv", "libmp3lame", ".mkv"),
        (".mkv", "libopus", ".webm"),
        (".mkv", "libopus", ".mp4"),
        (".mp4", "libopus", ".mkv"),
    ],
)
def test_sound_is_whole_from_the_first_picture_on(
    kind: str, codec: str, suffix: str, tmp_path: Path
) -> None:
    source = make_clip(tmp_path / f"film{kind}", codec)
    path = tmp_path / f"out{suffix}"
    assert record(path, source, grid(0, SOURCE_S)).audio_warning == ""
    assert read_sound(path)[0] == pytest.approx(0.0, abs=0.002)
    assert likeness_of_start(path, source) > 0.9
    assert abs(sync_error_s(path, source, 2.0, 2.0)) < 0.002
    assert read_times_s(path)[0] == 0.0


@pytest.mark.parametrize("from_s", [1.0, 1.04, 1.08])
@pytest.mark.parametrize("codec", ["aac", "libopus"])
def test_a_part_moves_neither_its_pictures_nor_its_sound(
    codec: str, from_s: float, tmp_path: Path
) -> None:
    source = make_clip(tmp_path / "film.mkv", codec)
    path = tmp_path / "out.mkv"
    record(path, source, grid(from_s, 3.0))
    assert read_times_s(path)[0] == 0.0
    assert 0 <= read_sound(path)[0] < 0.03
    assert abs(sync_error_s(path, source, 1.0, from_s + 1.0)) < 0.002
