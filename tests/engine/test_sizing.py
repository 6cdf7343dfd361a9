"""When a session's input size may change, and when it may not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.config import AdaptiveOptions
from engine.playback import Playback
from engine.predictor import ProviderReport
from engine.sizing import InputSizing
from engine.source.base import SourceInfo
from engine.types import Frame
from tests.fakes import FakePredictor, coloured_box_image

CAMERA = SourceInfo("camera", live=True, size_hw=(96, 128), fps=30.0)
FILM = SourceInfo("film", live=False, size_hw=(96, 128), fps=30.0)
PICTURES = SourceInfo("pictures", live=False, size_hw=(96, 128), frame_count=9)
IMAGE = coloured_box_image(8)


def full_size() -> FakePredictor:
    return FakePredictor(input_long_side=545, network_ms=lambda side: 60 * (side / 545) ** 2)


def play(
    sizing: InputSizing,
    predictor: FakePredictor,
    info: SourceInfo = CAMERA,
    playback: Playback = Playback(),  # noqa: B008 - immutable
    options: AdaptiveOptions = AdaptiveOptions(),  # noqa: B008 - immutable
    seconds: float = 5.0,
    from_s: float = 0.0,
) -> list[int | None]:
    """The sizes chosen on a machine that takes as long as the predictor pretends."""
    chosen, now_s = [], from_s
    while now_s < from_s + seconds:
        chosen.append(sizing.choose(predictor, info, playback, options))
        time_s = now_s * (1.0 if info.live else playback.speed)
        frame = Frame(IMAGE, int(time_s * 30), time_s, now_s)
        prediction = predictor.predict(frame, chosen[-1])
        now_s += prediction.stage_ms["network"] / 1e3
        sizing.learn(prediction, now_s)
    return chosen


@pytest.mark.parametrize("info", [CAMERA, replace(CAMERA, fps=None), FILM])
def test_cameras_streams_and_films_are_kept_up_with(info):
    chosen = play(InputSizing(), full_size(), info)
    assert chosen[0] == 545
    assert 321 < chosen[-1] < 481


def test_pictures_are_seen_in_full():
    assert set(play(InputSizing(), full_size(), PICTURES)) == {None}


def test_a_fixed_size_stays():
    class OnCuda(FakePredictor):
        @property
        def provider(self) -> ProviderReport:
            return ProviderReport("cuda", "CUDA", fixed_size="CUDA keeps one input size.")

    predictor = OnCuda(input_long_side=545, network_ms=lambda _side: 60.0)
    assert set(play(InputSizing(), predictor)) == {None}


def test_switched_off_it_gives_the_size_back_at_once_and_begins_anew():
    sizing, predictor = InputSizing(), full_size()
    assert play(sizing, predictor)[-1] < 545
    off = AdaptiveOptions(enabled=False)
    assert set(play(sizing, predictor, options=off, from_s=5.0)) == {None}
    assert play(sizing, predictor, from_s=10.0)[0] == 545


def test_a_picture_that_stands_is_computed_in_full_and_playing_goes_on_as_before():
    sizing, predictor = InputSizing(), full_size()
    small = play(sizing, predictor)[-1]
    paused = Playback(paused=True)
    assert play(sizing, predictor, playback=paused, from_s=5.0, seconds=0.2) == [None] * 4
    assert play(sizing, predictor, from_s=5.2)[0] == small


def test_half_speed_asks_for_half_the_rate():
    wishes_30 = play(InputSizing(), full_size(), FILM)
    at_half_speed = play(InputSizing(), full_size(), FILM, Playback(speed=0.5))
    assert wishes_30[-1] < 545
    assert set(at_half_speed) == {545}


def test_a_first_picture_that_waits_for_its_sound_is_no_slowness():
    """A film that loops: its first picture is due 0.3 s before its time, the second one after."""
    sizing = InputSizing()
    predictor = FakePredictor(input_long_side=545, network_ms=lambda _side: 30.0)
    frames = [Frame(IMAGE, i, i / 30, 0.0, lead_s=0.0 if i else 0.3) for i in range(60)]
    for turn in range(3):
        for frame in frames:
            assert sizing.choose(predictor, FILM, Playback(), AdaptiveOptions()) == 545
            prediction = predictor.predict(frame, 545)
            sizing.learn(prediction, 2.3 * turn + frame.shown_s + 0.3)


def test_another_network_begins_at_its_own_size():
    sizing = InputSizing()
    play(sizing, full_size())
    sizing.forget()
    assert sizing.choose(full_size(), CAMERA, Playback(), AdaptiveOptions()) == 545
    larger = FakePredictor(input_long_side=641)
    assert sizing.choose(larger, CAMERA, Playback(), AdaptiveOptions()) == 641


def test_it_never_goes_below_the_lowest_side():
    options = AdaptiveOptions(fps=200, lowest_long_side=481)
    assert min(play(InputSizing(), full_size(), options=options)) == 481
