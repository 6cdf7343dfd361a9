"""What an export opens for a plan."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.held.export_plan import ExportPlan, open_sinks
from engine.export import export
from engine.source.section import Section, SectionSource
from engine.source.video_file import VideoFileSource
from tests.engine.sink_sound_cases import RATE, make_clip, read_sound
from tests.fakes import FakePredictor


@pytest.mark.parametrize(("section", "sound_s"), [(Section(0.4, 2.0), 1.6), (None, 4.0)])
def test_sound_after_the_last_picture_is_kept_as_far_as_the_plan_goes(
    section: Section | None, sound_s: float, tmp_path: Path
) -> None:
    film = VideoFileSource(make_clip(tmp_path / "film.mp4", "aac", pictures_s=0.8))
    sinks, (path,) = open_sinks(ExportPlan(film.info, tmp_path, "film", section=section))
    export(lambda: SectionSource(film, section) if section else film, FakePredictor(), sinks)
    start_s, samples = read_sound(path)
    assert start_s + len(samples) / RATE == pytest.approx(sound_s, abs=0.03)
