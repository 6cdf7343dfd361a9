"""Films whose sound begins before their pictures: the first picture is there from the sound on."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.source import video_file
from engine.source.video_file import VideoFileSource
from tests.engine.clips import read_all
from tests.engine.sink_sound_cases import FPS, SOURCE_S, make_clip

LATE_S = 0.72
CLOCK_S = 0.03
"""Some muxers move the first packet of sound to 0, and the pictures with it."""


def late_film(folder: Path, suffix: str = ".mkv", late_s: float = LATE_S) -> VideoFileSource:
    return VideoFileSource(make_clip(folder / f"late{suffix}", "aac", pictures_late_s=late_s))


@pytest.mark.parametrize("suffix", [".mkv", ".mp4", ".mov", ".ts"])
def test_the_first_picture_is_shown_as_soon_as_there_is_sound(suffix: str, tmp_path: Path) -> None:
    source = late_film(tmp_path, suffix)
    first, second, *_ = frames = read_all(source)
    assert first.lead_s == pytest.approx(LATE_S, abs=CLOCK_S)
    assert source.info.start_s == first.shown_s
    assert source.info.duration_s == pytest.approx(LATE_S + SOURCE_S, abs=CLOCK_S)
    assert second.time_s - first.time_s == pytest.approx(1 / FPS, abs=0.001)
    assert not any(frame.lead_s for frame in frames[1:])


def test_searching_before_the_first_picture_finds_it(tmp_path: Path) -> None:
    source = late_film(tmp_path)
    first, second, *_ = read_all(source)
    for sought_s in (source.info.start_s, source.info.start_s + LATE_S / 2, first.time_s):
        source.seek(sought_s)
        again, following = source.read(), source.read()
        assert again is not None
        assert following is not None
        assert (again.index, again.shown_s) == (0, first.shown_s)
        assert (following.index, following.shown_s) == (1, second.shown_s)


def test_a_large_film_is_as_long_and_not_read_to_know(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(video_file, "EAGER_INDEX_BYTES", 0)
    monkeypatch.setattr(video_file, "build_pts_index", lambda *_: pytest.fail("all was read"))
    info = late_film(tmp_path).info
    assert info.duration_s == pytest.approx(LATE_S + SOURCE_S, abs=2 * CLOCK_S)


@pytest.mark.parametrize("late_s", [0.0, 0.04, 3600.0])
def test_what_is_no_lead_moves_no_picture(late_s: float, tmp_path: Path) -> None:
    """Less than a picture or two is not missed; an hour is another clock."""
    source = late_film(tmp_path, late_s=late_s)
    first = source.read()
    assert first is not None
    assert first.lead_s == 0
    assert source.info.start_s == first.time_s == pytest.approx(late_s, abs=CLOCK_S)
