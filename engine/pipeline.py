"""The stages in order: preprocess → network → steady → group → track → render.

`Pipeline` is what happens to one frame. Where frames come from and when, and where
results go, is for `engine.session` (live and playing) and `engine.export` (offline).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from engine.captions.percents import Percents, percents_of
from engine.config import Said, Settings
from engine.gpu import group, render, steady
from engine.group import warm_up as warm_up_group
from engine.kernels import on_cpu
from engine.predictor import Predictor
from engine.render import CaptionState, place_labels
from engine.render import warm_up as warm_up_render
from engine.steady import SteadyState
from engine.track import TrackState, track
from engine.tracking.corrections import Correction, Corrections, called, called_alone
from engine.tracking.memory import NO_ID
from engine.tracking.sightings import Sightings
from engine.types import Frame, Instances, Prediction, Result


@dataclass(frozen=True, slots=True, eq=False)
class _Memory:
    """What the stages keep of one frame for the next one. made: what was put right in it."""

    tracks: TrackState
    steady: SteadyState | None = None
    captions: CaptionState | None = None
    percents: Percents | None = None
    made: tuple[Correction, ...] = ()

    def called(self, made: tuple[Correction, ...], time_s: float) -> _Memory:
        """With people called as they are at that time when that is put right instead."""
        if not (made or self.made) or self.captions is None or self.percents is None:
            return self
        ids, before_s = [track.track_id for track in self.tracks.tracks], self.tracks.time_s
        names = {called_alone(i, before_s, self.made): called_alone(i, time_s, made) for i in ids}

        def name(track_id: int) -> int:
            return names.get(track_id, track_id)

        captions, percents = self.captions.renamed(name), self.percents.renamed(name)
        return replace(self, captions=captions, percents=percents)


class Pipeline:
    """Frame in, `Result` out, with the memory of what and who was where.

    `finish` is all that follows the network. It may run in one thread while the stages
    before it work on later frames in others (`engine.lookahead`).

    sightings: who was where in a film, None for what never comes back, as of a camera.
    tracks: the tracker's memory of another pipeline that this one goes on from.
    """

    def __init__(
        self,
        predictor: Predictor,
        sightings: Sightings | None = None,
        tracks: TrackState | None = None,
    ) -> None:
        self.predictor = predictor
        self.sightings = sightings
        self._jumps = 0
        self._standing: Sightings | None = None
        self._corrections = sightings.corrections if sightings is not None else Corrections()
        next_id = sightings.next_id if sightings is not None else 1
        self._now = self._before = _Memory(tracks or TrackState.beginning(next_id))

    @property
    def tracks(self) -> TrackState:
        """The tracker's memory after the last frame."""
        return self._now.tracks

    @property
    def someone_waits(self) -> bool:
        """Whether people of the last frame are not counted yet."""
        return any(track.track_id == NO_ID for track in self.tracks.tracks)

    def process(self, frame: Frame, settings: Settings) -> Result:
        """All stages on one frame. Raises `EngineError`."""
        prepared = self.predictor.prepare(frame)
        prediction = self.predictor.infer(prepared)
        return self.finish(prediction, settings)

    def finish(self, prediction: Prediction, settings: Settings) -> Result:
        """Steady, group, track and render."""
        self.hear(settings.said)
        self._before, self._standing = self._now, None
        return self._finish(prediction, settings)

    def refinish(self, prediction: Prediction, settings: Settings) -> Result:
        """Once more on the frame that was finished last, under other settings."""
        self.hear(settings.said)
        if self._standing is None:
            self._standing = Sightings()
            self._standing.remember(self.tracks)
        self._standing.jump()
        # Others may be found now: a number that was shown must not become somebody else's.
        tracks = replace(self._before.tracks, next_id=self.tracks.next_id)
        self._now = replace(self._before, tracks=tracks)
        return self._finish(prediction, settings)

    def reset(self) -> None:
        """The next frame does not follow the last one."""
        self._jumps += 1
        self._now = self._before = _Memory(self.tracks.ended())
        if self.sightings is not None:
            self.sightings.jump()

    def hear(self, said: Sequence[Said]) -> None:
        """Find out who is meant by what was not heard before, in the frame finished last.

        Where both are in sight they exchange their ids, from here on; else whoever is `wrong`
        is `right` in all of the film. Nothing happens where `wrong` is gone.
        """
        visit = self.sightings.visit if self.sightings is not None else 0
        self._corrections.hear(said, self.tracks, visit)
        next_id = max(self.tracks.next_id, self._corrections.next_id)
        self._now = replace(self._now, tracks=replace(self.tracks, next_id=next_id))

    def _finish(self, prediction: Prediction, settings: Settings) -> Result:
        frame, made = prediction.frame, self._corrections.made(settings.said)
        self._now = self._now.called(made, frame.time_s)
        start_s = time.perf_counter()
        prediction, steady_state = steady(prediction, self._now.steady, settings.steady)
        steadied_s = time.perf_counter()
        found = group(prediction, settings.candidates)
        grouped_s = time.perf_counter()
        people, tracks = self._identified(found, frame, settings)
        if made:
            ids = called(people.track_ids.tolist(), frame.time_s, made)
            people = people.with_track_ids(np.array(ids, np.int64))
        tracked_s = time.perf_counter()
        percents = percents_of(people, frame.time_s, self._now.percents)
        chips, captions = place_labels(
            people, settings.render, frame.time_s, self._now.captions, percents.shown
        )
        image_bgr = render(frame, people, settings.render, chips=chips)
        rendered_s = time.perf_counter()
        self._now = _Memory(tracks, steady_state, captions, percents, made)
        return Result(
            frame=frame,
            instances=people,
            image_bgr=image_bgr,
            stage_ms=MappingProxyType(
                {
                    **prediction.stage_ms,
                    "steady": (steadied_s - start_s) * 1e3,
                    "group": (grouped_s - steadied_s) * 1e3,
                    "track": (tracked_s - grouped_s) * 1e3,
                    "render": (rendered_s - tracked_s) * 1e3,
                }
            ),
            finished_at_s=rendered_s,
            jumps=self._jumps,
            render=settings.render,
            label_boxes=tuple(chip.xyxy for chip in chips),
            percents=percents.shown,
        )

    def _identified(
        self, found: Instances, frame: Frame, settings: Settings
    ) -> tuple[Instances, TrackState]:
        options, min_score = settings.track, settings.group.min_score
        if self._standing is not None or settings.render.conceals_anybody:
            # A picture that stands shows all of them, and nobody may be seen even for a moment.
            options = replace(options, confirm_s=0.0)
        before, doubles = self._corrections.without_doubles(self.tracks, settings.said)
        people, after = track(found, before, frame.time_s, options, min_score, frame.image_bgr)
        tracks = after.with_lost(doubles, before)
        if self._standing is not None:
            people, tracks = self._standing.recognise(people, tracks)
        if self.sightings is not None:
            people, tracks = self.sightings.recognise(people, tracks, settings.said)
        return people, tracks


def warm_up_beside(plain_meanwhile: bool) -> None:
    """Compile or load the kernels of group and render on a thread, and return at once.

    Takes seconds on a machine that never did, so it belongs beside the opening of source
    and model. plain_meanwhile: a frame that comes earlier goes through the slow kernels of
    plain NumPy, for those who watch; without it, it waits.
    """
    on_cpu.kernels.compile_beside(_warm_up, plain_meanwhile)


def _warm_up() -> None:
    warm_up_group()
    warm_up_render()
