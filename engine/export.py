"""A whole source through the pipeline into sinks: every frame, in order, nothing dropped."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import MappingProxyType

from engine.config import Settings
from engine.errors import SourceError
from engine.lookahead import Lookahead
from engine.on_time import on_time
from engine.pipeline import Pipeline, warm_up_beside
from engine.predictor import Predictor
from engine.reader import FrameReader
from engine.sink.base import Sink
from engine.source.base import Source, SourceInfo
from engine.tracking.sightings import Sightings
from engine.types import Prediction, Result

CANCEL_WAIT_S = 0.2
"""How often a waiting export looks whether it was cancelled."""

FRAMES_UNDER_WAY = 3
"""One that the network has done, one in the network and one that is prepared meanwhile."""


@dataclass(frozen=True, slots=True)
class ExportProgress:
    """How far an export is. total_frames, eta_s: None while unknown. people: in this frame."""

    done_frames: int
    total_frames: int | None
    elapsed_s: float
    eta_s: float | None
    people: int


@dataclass(frozen=True, slots=True)
class ExportSummary:
    """What an export did.

    complete: False after a cancel; what was written until then is finished and playable.
    left_out: why pictures of a folder were passed over, one sentence each. damaged_frames: of a
    film, that could not be decoded before the last one that could.
    people_per_frame: mean. stage_ms: mean milliseconds per stage.
    """

    frames: int
    elapsed_s: float
    people_per_frame: float
    complete: bool
    stage_ms: MappingProxyType[str, float] = field(default_factory=lambda: MappingProxyType({}))
    left_out: tuple[str, ...] = ()
    damaged_frames: int = 0

    @property
    def damage(self) -> str:
        """A sentence on frames of a film that are not there, "" where all are."""
        if not self.damaged_frames:
            return ""
        total = self.frames + self.damaged_frames
        return f"{self.damaged_frames} of {total} frames cannot be decoded: the file is damaged."

    @property
    def fps(self) -> float:
        """Frames per second of the whole export."""
        return self.frames / self.elapsed_s if self.elapsed_s else 0.0


def export(
    open_source: Callable[[], Source],
    predictor: Predictor,
    sinks: Sequence[Sink],
    settings: Settings | None = None,
    on_progress: Callable[[ExportProgress], None] = lambda _: None,
    stop: threading.Event | None = None,
    sightings: Sightings | None = None,
) -> ExportSummary:
    """Run the source to its end through the network into all sinks.

    The sinks are closed in every case, also when this raises `EngineError`, such as
    `SourceCutShort` after the last frame of a torn film, so that what was written stays
    playable. `predictor` stays open. `stop` ends early and cleanly.
    sightings: of a session with the same film, a copy: where somebody was seen there, they
    have the same identity here, and with it the style that `settings` gives it.
    """
    tally = _Tally()
    stop = stop or threading.Event()
    pipeline = Pipeline(predictor, sightings)
    with on_time(), ExitStack() as closing:
        for sink in reversed(sinks):
            closing.callback(sink.close)
        warm_up_beside(plain_meanwhile=False)
        wake = threading.Event()
        reader = FrameReader(open_source, wake.set)
        try:
            for result in _results(reader, wake, pipeline, settings or Settings(), stop):
                for sink in sinks:
                    sink.write(result)
                tally.add(result)
                on_progress(tally.progress(reader.info))
        finally:
            reader.close()
    return tally.summary(reader.info, complete=not stop.is_set(), left_out=reader.left_out)


def _results(
    reader: FrameReader,
    wake: threading.Event,
    pipeline: Pipeline,
    settings: Settings,
    stop: threading.Event,
) -> Iterator[Result]:
    """Results in order; preprocess and network run ahead of the other stages.

    wake: set by the reader whenever there is something new.
    """
    under_way: deque[Future[Prediction]] = deque()
    with Lookahead(pipeline) as lookahead:
        while not stop.is_set():
            wake.clear()
            _refuse_live(reader.info)
            frame = reader.take() if len(under_way) < FRAMES_UNDER_WAY else None
            if frame is not None:
                lookahead.prepare(frame)
                under_way.append(lookahead.predict(frame))
                under_way[-1].add_done_callback(lambda _: wake.set())
            elif under_way and under_way[0].done():
                yield pipeline.finish(under_way.popleft().result(), settings)
            elif not under_way and _at_end(reader):
                return
            else:
                wake.wait(CANCEL_WAIT_S)


def _at_end(reader: FrameReader) -> bool:
    """Raises what the reader met, also that the film breaks off."""
    error = reader.error or reader.cut_short
    if error is not None:
        raise error
    return reader.ended


def _refuse_live(info: SourceInfo | None) -> None:
    if info is not None and info.live:
        raise SourceError(
            f"{info.name} is a live source without an end.",
            "Record it from the window or with `bbe live --record` instead.",
        )


class _Tally:
    """Counts and times of an export."""

    def __init__(self) -> None:
        self._started_s = time.perf_counter()
        self._frames = 0
        self._people = 0
        self._last_people = 0
        self._last_index = -1
        self._first_s = self._last_s = 0.0
        self._first_done_s = 0.0
        self._stage_ms: dict[str, float] = {}

    def add(self, result: Result) -> None:
        if not self._frames:
            self._first_s = result.frame.time_s
        self._frames += 1
        self._last_s = result.frame.time_s
        self._people += len(result.instances)
        self._last_people = len(result.instances)
        self._last_index = result.frame.index
        for name, ms in result.stage_ms.items():
            self._stage_ms[name] = self._stage_ms.get(name, 0.0) + ms

    def progress(self, source: SourceInfo | None) -> ExportProgress:
        total_frames = self._total(source) if source is not None else None
        elapsed_s = time.perf_counter() - self._started_s
        if self._frames == 1:
            self._first_done_s = elapsed_s
        eta_s = self._eta_s(total_frames, elapsed_s) if total_frames else None
        return ExportProgress(self._frames, total_frames, elapsed_s, eta_s, self._last_people)

    def _eta_s(self, total_frames: int, elapsed_s: float) -> float | None:
        """By the frames after the first, which waited for source, network and kernels as well."""
        left, timed = total_frames - self._frames, self._frames - 1
        if left <= 0:
            return 0.0
        return (elapsed_s - self._first_done_s) / timed * left if timed else None

    def _total(self, source: SourceInfo) -> int | None:
        """As many as the source says, else as many as its length has room for at this rate."""
        if source.frame_count is not None or source.duration_s is None or self._frames < 2:
            return source.frame_count
        step_s = (self._last_s - self._first_s) / (self._frames - 1)
        left_s = source.start_s + source.duration_s - self._last_s
        return self._frames + max(0, round(left_s / step_s) - 1) if step_s > 0 else None

    def summary(
        self, source: SourceInfo | None, complete: bool, left_out: tuple[str, ...]
    ) -> ExportSummary:
        frames = max(1, self._frames)
        is_film = source is not None and not source.pictures
        return ExportSummary(
            frames=self._frames,
            elapsed_s=time.perf_counter() - self._started_s,
            people_per_frame=self._people / frames,
            complete=complete,
            stage_ms=MappingProxyType({k: v / frames for k, v in self._stage_ms.items()}),
            left_out=left_out,
            damaged_frames=self._last_index + 1 - self._frames if is_film else 0,
        )
