"""Recordings of a film where it has no sound: the sound is there again where the film has it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.sink_sound_cases import SOURCE_S, grid, make_clip, record, sync_error_s

PICTURES_S = 9.0


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm"])
def test_a_jump_from_where_the_sound_is_over_to_where_it_is_brings_it_back(
    suffix: str, tmp_path: Path
) -> None:
    film = make_clip(tmp_path / "film.mkv", "aac", pictures_s=PICTURES_S)
    path = tmp_path / f"out{suffix}"
    record(path, film, [*grid(SOURCE_S + 1, SOURCE_S + 4), *grid(0.0, 3.0)])
    assert abs(sync_error_s(path, film, 4.0, 1.0)) < 0.002
    assert abs(sync_error_s(path, film, 5.5, 2.5)) < 0.002
