"""The stages together, on predictions that are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.config import GroupOptions, Settings, TrackOptions
from engine.pipeline import Pipeline
from engine.types import Frame, Prediction, Prepared
from tests.fakes import FakePredictor, coloured_box_image

SURE = GroupOptions(min_score=0.99)


class Wavering(FakePredictor):
    """Sees the person of some frames with less confidence than `SURE` asks for."""

    def __init__(self, unsure: range) -> None:
        super().__init__()
        self._unsure = unsure

    def infer(self, prepared: Prepared) -> Prediction:
        seen = super().infer(prepared)
        if prepared.frame.index not in self._unsure:
            return seen
        return replace(seen, person_logits=np.minimum(seen.person_logits, np.float32(0.9)))


def people_per_frame(unsure: range, settings: Settings) -> list[list[int]]:
    pipeline = Pipeline(Wavering(unsure))
    image = coloured_box_image(8)
    frames = [Frame(image, n, n / 30, 0.0) for n in range(10)]
    return [pipeline.process(f, settings).instances.track_ids.tolist() for f in frames]


def test_who_is_tracked_does_not_blink_out_with_the_score() -> None:
    settings = Settings(group=SURE)
    assert people_per_frame(range(6, 9), settings) == [[1]] * 10
    strict = Settings(group=SURE, track=TrackOptions(keep_share=1.0))
    assert people_per_frame(range(6, 9), strict) == [[1]] * 6 + [[]] * 3 + [[1]]


@pytest.mark.parametrize("enabled", [True, False])
def test_who_was_never_sure_is_not_shown_with_or_without_tracking(enabled: bool) -> None:
    settings = Settings(group=SURE, track=TrackOptions(enabled=enabled))
    assert people_per_frame(range(10), settings) == [[]] * 10


def test_without_tracking_the_least_confidence_alone_decides() -> None:
    settings = Settings(group=SURE, track=TrackOptions(enabled=False))
    assert people_per_frame(range(6, 9), settings) == [[-1]] * 6 + [[]] * 3 + [[-1]]
