"""Offline export: every frame, in order, and files finished whatever happens."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from types import MappingProxyType

import pytest

from engine.config import Settings
from engine.effects import HIDDEN_BGR
from engine.errors import EngineError, SinkError, SourceCutShort, SourceError
from engine.export import ExportProgress, export
from engine.pipeline import Pipeline
from engine.source.base import SourceInfo
from engine.styles import PersonEffect, PersonStyle, RenderOptions
from engine.tracking.sightings import Sightings
from engine.types import Frame
from tests.fakes import FakePredictor, ListSource, MemorySink, TornSource, coloured_box_image

IMAGES = [coloured_box_image(4 + i) for i in range(20)]


def test_every_frame_reaches_every_sink_in_order():
    sinks = (MemorySink(), MemorySink())
    summary = export(lambda: ListSource(IMAGES), FakePredictor(), sinks)
    for sink in sinks:
        assert [result.frame.index for result in sink.results] == list(range(20))
        assert sink.close_count == 1
    assert summary.frames == 20
    assert summary.complete
    assert summary.people_per_frame == 1.0
    assert set(summary.stage_ms) >= {"network", "group", "track", "render"}


def test_progress_counts_up_to_the_total_with_a_shrinking_estimate():
    seen: list[ExportProgress] = []
    export(lambda: ListSource(IMAGES), FakePredictor(), (), on_progress=seen.append)
    assert [progress.done_frames for progress in seen] == list(range(1, 21))
    assert {progress.total_frames for progress in seen} == {20}
    assert seen[-1].eta_s == 0.0


def test_the_first_frame_which_waits_for_much_tells_nothing_of_the_time_to_go():
    seen: list[ExportProgress] = []
    export(lambda: ListSource(IMAGES), FakePredictor(), (), on_progress=seen.append)
    first, fifth = seen[0], seen[4]
    assert first.eta_s is None
    assert fifth.eta_s == pytest.approx(15 * (fifth.elapsed_s - first.elapsed_s) / 4)


def test_a_film_that_only_knows_its_length_has_a_total_after_two_frames():
    class Uncounted(ListSource):
        @property
        def info(self) -> SourceInfo:
            return replace(super().info, frame_count=None)

    seen: list[ExportProgress] = []
    export(lambda: Uncounted(IMAGES, fps=30), FakePredictor(), (), on_progress=seen.append)
    assert [progress.total_frames for progress in seen] == [None] + [20] * 19


def test_a_film_that_breaks_off_is_written_up_to_there_and_then_told():
    sink = MemorySink()
    with pytest.raises(SourceCutShort):
        export(lambda: TornSource(IMAGES[:6], fps=50), FakePredictor(), (sink,))
    assert [result.frame.index for result in sink.results] == list(range(6))
    assert sink.close_count == 1


def test_an_export_keeps_the_full_input_however_slow_the_network_is():
    sides: list[int] = []

    def slow(side: int) -> float:
        sides.append(side)
        time.sleep(0.06)
        return 60.0

    assert Settings().adaptive.enabled
    predictor = FakePredictor(input_long_side=545, network_ms=slow)
    export(lambda: ListSource(IMAGES * 2, fps=30), predictor, (), Settings())
    assert sides == [545] * 40


def test_the_next_frame_is_prepared_while_the_network_works_and_each_only_once():
    prepared: list[int] = []
    third_prepared = threading.Event()

    def note(frame: Frame) -> None:
        prepared.append(frame.index)
        if frame.index == 2:
            third_prepared.set()

    def wait_for_third(frame: Frame) -> None:
        if frame.index == 1:
            assert third_prepared.wait(60.0)

    predictor, sink = FakePredictor(before=wait_for_third, before_prepare=note), MemorySink()
    export(lambda: ListSource(IMAGES), predictor, (sink,))
    assert prepared == [result.frame.index for result in sink.results] == list(range(20))


def test_a_cancel_keeps_what_was_done():
    stop, sink = threading.Event(), MemorySink()

    def cancel_at_5(progress: ExportProgress) -> None:
        if progress.done_frames == 5:
            stop.set()

    summary = export(
        lambda: ListSource(IMAGES), FakePredictor(), (sink,), on_progress=cancel_at_5, stop=stop
    )
    assert not summary.complete
    assert len(sink.results) == summary.frames == 5
    assert sink.close_count == 1


def test_a_broken_source_raises_after_the_good_frames_were_written():
    sink = MemorySink()
    with pytest.raises(SourceError, match="cable"):
        export(lambda: ListSource(IMAGES, fail_at=7), FakePredictor(), (sink,))
    assert len(sink.results) == 7
    assert sink.close_count == 1


class GappySource(ListSource):
    """Cannot decode the pictures 4 to 6."""

    def read(self) -> Frame | None:
        if self._next == 4:
            self._next = 7
        return super().read()


def test_frames_that_could_not_be_decoded_are_counted_however_it_ends():
    summary = export(lambda: GappySource(IMAGES), FakePredictor(), ())
    assert (summary.frames, summary.damaged_frames) == (17, 3)
    assert summary.damage.startswith("3 of 20 frames cannot be decoded")
    assert export(lambda: ListSource(IMAGES), FakePredictor(), ()).damage == ""
    stop = threading.Event()

    def stop_at_2(progress: ExportProgress) -> None:
        if progress.done_frames == 2:
            stop.set()

    stopped = export(lambda: ListSource(IMAGES), FakePredictor(), (), None, stop_at_2, stop)
    assert stopped.damage == ""


def test_a_full_disk_closes_all_sinks_and_is_told():
    full, other = MemorySink(fail_at=3), MemorySink()
    with pytest.raises(SinkError, match="disk is full"):
        export(lambda: ListSource(IMAGES), FakePredictor(), (full, other))
    assert full.close_count == other.close_count == 1


def test_a_sink_that_cannot_finish_its_file_is_told():
    with pytest.raises(SinkError, match="finished"):
        export(lambda: ListSource(IMAGES), FakePredictor(), (MemorySink(fail_on_close=True),))


def test_a_live_source_is_refused_because_it_never_ends():
    with pytest.raises(EngineError, match="without an end"):
        export(lambda: ListSource(IMAGES, live=True), FakePredictor(), (MemorySink(),))


def test_whoever_was_hidden_in_the_window_is_hidden_in_the_file():
    left, right = coloured_box_image(8, 220), coloured_box_image(80, 120)
    film = [left] * 10 + [right] * 10
    window = Pipeline(FakePredictor(), Sightings())
    source = ListSource(film, fps=10)
    for time_s in (1.0, 0.0):  # the second one is seen first and is person 1
        source.seek(time_s)
        window.reset()
        for frame in (source.read() for _ in range(10)):
            assert frame is not None
            shown = window.process(frame, Settings())
    assert shown.instances.track_ids.tolist() == [2]
    hidden = RenderOptions(styles=MappingProxyType({1: PersonStyle(PersonEffect.HIDE)}))
    sink = MemorySink()
    assert window.sightings is not None
    export(
        lambda: ListSource(film, fps=10),
        FakePredictor(),
        (sink,),
        Settings(render=hidden),
        sightings=window.sightings.copy(),
    )
    ids = [result.instances.track_ids.tolist() for result in sink.results]
    assert ids == [[2]] * 10 + [[1]] * 10
    assert (sink.results[15].image_bgr[40, 90] == HIDDEN_BGR).all()
    assert not (sink.results[5].image_bgr[40, 20] == HIDDEN_BGR).all()
