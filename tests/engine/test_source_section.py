"""A part of a film, as a film of its own."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from engine.errors import ConfigError, SourceError
from engine.export import export
from engine.sink.options import RecorderOptions
from engine.sink.recorder import VideoRecorder
from engine.sink.worker import WhenFull
from engine.source.images import ImagesSource
from engine.source.section import Section, SectionSource
from engine.source.synthetic import SyntheticSource
from engine.source.video_file import VideoFileSource
from tests.engine.clips import number_of, read_all, write_clip
from tests.engine.sink_cases import duration_s
from tests.engine.sink_sound_cases import RATE, make_clip, read_sound, sync_error_s
from tests.fakes import FakePredictor, ListSource, coloured_box_image

FPS = 10.0
IMAGES = [coloured_box_image(4 + i) for i in range(20)]


def part(start_s: float, end_s: float | None = None) -> tuple[SectionSource, ListSource]:
    film = ListSource(IMAGES, fps=FPS)
    return SectionSource(film, Section(start_s, end_s)), film


def test_it_holds_what_the_film_shows_from_then_to_then() -> None:
    source, _ = part(0.55, 1.2)
    frames = read_all(source)
    assert [frame.time_s for frame in frames] == pytest.approx([0.5 + n / 10 for n in range(7)])
    assert [frame.index for frame in frames] == list(range(7))
    for frame, image in zip(frames, IMAGES[5:12], strict=True):
        assert np.array_equal(frame.image_bgr, image)
    assert source.read() is None


def test_without_an_end_it_goes_to_the_films_own_and_without_a_start_from_it() -> None:
    assert len(read_all(part(1.5)[0])) == 5
    assert len(read_all(part(0.0, 0.3)[0])) == 3
    assert len(read_all(part(0.0, 99.0)[0])) == 20


def test_its_length_is_its_own() -> None:
    info = part(0.5, 1.2)[0].info
    assert info.duration_s == pytest.approx(0.7)
    assert info.start_s == pytest.approx(0.5)
    assert info.frame_count is None
    assert part(1.5, 99.0)[0].info.duration_s == pytest.approx(0.5)


def test_a_picture_that_stands_where_it_ends_is_shown_until_then(tmp_path: Path) -> None:
    pts = (0, 10, 20, 90)
    film = VideoFileSource(write_clip(tmp_path / "slides.mkv", pts))
    frames = read_all(SectionSource(film, Section(0.0, 1.0)))
    assert len(frames) == 3
    assert frames[-1].duration_s == pytest.approx(1.0 - 20 / 30, abs=1e-3)


def test_a_picture_that_stands_where_it_begins_is_shown_from_then_on(tmp_path: Path) -> None:
    film = VideoFileSource(write_clip(tmp_path / "slides.mkv", (0, 30, 120)))
    source = SectionSource(film, Section(2.0, 4.5))
    first, second = read_all(source)
    assert (first.time_s, first.shown_s, second.shown_s) == pytest.approx((1.0, 2.0, 4.0))
    assert source.info.start_s == pytest.approx(2.0)
    source = SectionSource(VideoFileSource(tmp_path / "slides.mkv"), Section(2.0, 2.5))
    out = tmp_path / "part.mp4"
    recorder = VideoRecorder(out, options=RecorderOptions(fps=30.0, when_full=WhenFull.WAIT))
    export(lambda: source, FakePredictor(), (recorder,))
    assert duration_s(out) == pytest.approx(0.5, abs=0.01)


def test_the_last_picture_of_a_film_stands_no_longer_than_the_part(tmp_path: Path) -> None:
    film = VideoFileSource(write_clip(tmp_path / "one.mkv", (0,)))
    frame = film.read()
    assert frame is not None
    assert frame.duration_s is not None
    length_s = frame.duration_s / 2
    film.seek(0.0)
    (only,) = read_all(SectionSource(film, Section(0.0, length_s)))
    assert only.duration_s == pytest.approx(length_s)


def test_a_part_of_the_sound_before_the_first_picture_is_as_long_as_asked(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "late.mkv", "aac", pictures_late_s=0.72)
    for start_s, end_s in ((0.0, 0.5), (0.2, 0.6), (0.5, 2.0)):
        film = VideoFileSource(clip)
        out = tmp_path / f"{end_s}.mp4"
        options = RecorderOptions(fps=30.0, when_full=WhenFull.WAIT, audio_from=clip)
        source = SectionSource(film, Section(start_s, end_s))
        export(
            lambda source=source: source, FakePredictor(), (VideoRecorder(out, options=options),)
        )
        assert duration_s(out) == pytest.approx(end_s - start_s, abs=0.01)
        assert abs(sync_error_s(out, clip, 0.1, film.info.start_s + start_s + 0.1)) < 0.002


@pytest.mark.parametrize(("start_s", "end_s", "sound_s"), [(0.0, 2.0, 2.0), (0.4, 3.0, 2.6)])
def test_sound_that_outlasts_the_last_picture_ends_with_the_part(
    start_s: float, end_s: float, sound_s: float, tmp_path: Path
) -> None:
    clip = make_clip(tmp_path / "short.mp4", "aac", pictures_s=1.2)
    source = SectionSource(VideoFileSource(clip), Section(start_s, end_s))
    options = RecorderOptions(
        when_full=WhenFull.WAIT, audio_from=clip, audio_until_s=source.info.sound_until_s
    )
    out = tmp_path / "part.mp4"
    export(lambda: source, FakePredictor(), (VideoRecorder(out, options=options),))
    first_s, samples = read_sound(out)
    assert first_s + len(samples) / RATE == pytest.approx(sound_s, abs=0.03)
    assert abs(sync_error_s(out, clip, 1.5, start_s + 1.5)) < 0.002


def test_a_clock_of_whole_milliseconds_puts_no_picture_into_two_parts(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mkv", range(30))
    parts = [(0.0, 4 / 30), (4 / 30, 8 / 30), (8 / 30, 0.5), (0.5, None)]
    frames = [
        f for a, b in parts for f in read_all(SectionSource(VideoFileSource(clip), Section(a, b)))
    ]
    assert [number_of(frame.image_bgr) for frame in frames] == list(range(30))


def test_a_film_that_breaks_off_within_it_gives_all_it_has_first() -> None:
    source = SectionSource(ListSource(IMAGES, fps=FPS, fail_at=8), Section(0.5, 1.5))
    assert [source.read().index for _ in range(3)] == [0, 1, 2]
    for _ in range(2):
        with pytest.raises(SourceError, match="cable"):
            source.read()
    behind = SectionSource(ListSource(IMAGES, fps=FPS, fail_at=16), Section(0.5, 1.5))
    assert len(read_all(behind)) == 10


@pytest.mark.parametrize(
    ("start_s", "end_s", "told"),
    [(-1.0, None, "begin at -1 s"), (2.0, 2.0, "is empty"), (3.0, 1.0, "is empty")],
)
def test_a_part_that_cannot_be_is_refused(start_s: float, end_s: float | None, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        Section(start_s, end_s)


def test_a_film_that_is_over_before_it_begins_is_told_and_closed() -> None:
    film = ListSource(IMAGES, fps=FPS)
    with pytest.raises(SourceError, match=r"is 2\.0 s long, over before 2 s"):
        SectionSource(film, Section(2.0))
    assert film.closed.is_set()


def test_what_is_live_or_a_photo_has_no_parts(tmp_path: Path) -> None:
    photos = [tmp_path / "a.png", tmp_path / "b.png"]
    for photo in photos:
        Image.new("RGB", (8, 8)).save(photo)
    for source in (SyntheticSource((72, 128), live=True), ImagesSource(photos)):
        with pytest.raises(SourceError, match="no film"):
            SectionSource(source, Section(1.0))


def test_whoever_closes_it_closes_the_film() -> None:
    source, film = part(0.5, 1.2)
    assert source.read() is not None
    source.close()
    assert film.closed.is_set()
    assert source.read() is None


def test_an_exported_part_has_its_own_sound_and_nothing_counts_as_damaged(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", range(90), with_audio=True)
    out = tmp_path / "part.mp4"
    film = VideoFileSource(clip)
    options = RecorderOptions(fps=30.0, when_full=WhenFull.WAIT, audio_from=film.info.sound_from)
    totals: list[int | None] = []
    summary = export(
        lambda: SectionSource(film, Section(1.0, 2.0)),
        FakePredictor(),
        (VideoRecorder(out, options=options),),
        on_progress=lambda progress: totals.append(progress.total_frames),
    )
    assert summary.frames == 30
    assert set(totals[1:]) == {30}
    assert summary.damaged_frames == 0
    with av.open(out) as container:
        pictures = [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]
        sound_s = container.streams.audio[0].duration * container.streams.audio[0].time_base
    assert len(pictures) == 30
    assert float(sound_s) == pytest.approx(1.0, abs=0.06)
    assert number_of(pictures[0]) == 30
