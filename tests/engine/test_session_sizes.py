"""A network that is too slow gets a smaller input, and what stands is seen at full size."""

from __future__ import annotations

from itertools import pairwise

from engine.config import AdaptiveOptions, Settings
from engine.session import Phase, Playback, SessionState
from tests.engine.session_driver import moving_box, running
from tests.fakes import FakePredictor, ListSource, MemorySink, coloured_box_image, slow_network


def side(state: SessionState) -> int:
    """The longer one of the network's input for the newest result."""
    return max(state.input_hw or (0,))


def slow_walk() -> ListSource:
    """So slow that the person overlaps with itself also where a starved machine drops 20 frames."""
    walk = [coloured_box_image(4 + i // 4) for i in range(45)]
    return ListSource(walk + walk[::-1], fps=30)


def test_a_slow_network_gets_a_smaller_input_and_everybody_keeps_mask_and_identity():
    sink = MemorySink()
    predictor = FakePredictor(input_long_side=545, network_ms=slow_network)
    with running(slow_walk(), predictor, Playback(loop=True), sinks=(sink,)) as driver:
        driver.wait(lambda state: state.input_hw is not None and max(state.input_hw) < 545)
        assert driver.session.state().full_long_side == 545
        count = len(sink.results)
        driver.wait(lambda _: len(sink.results) > count + 5)
    assert all(len(result.instances) == 1 for result in sink.results)
    assert {result.instances.track_ids[0] for result in sink.results} == {1}


def test_a_paused_picture_is_looked_at_again_in_full_and_everybody_stays_who_they_are():
    """Whoever pauses wants to see, and there is all the time for it."""
    sink = MemorySink()
    predictor = FakePredictor(input_long_side=545, network_ms=slow_network)
    with running(slow_walk(), predictor, Playback(loop=True), sinks=(sink,)) as driver:
        driver.wait(lambda state: 0 < side(state) < 545)
        driver.session.set_playback(Playback(paused=True, loop=True))
        driver.wait_phase(Phase.PAUSED)
        driver.wait(lambda state: side(state) == 545)
        again = driver.shown[-1]
        assert again.frame.index == sink.results[-1].frame.index
        assert again.instances.track_ids.tolist() == [1]
        driver.session.set_playback(Playback(loop=True))
        driver.wait(lambda state: side(state) < 545)
    recorded = [result.frame.index for result in sink.results]
    assert all(one != other for one, other in pairwise(recorded)), "it is recorded once"


def test_the_last_picture_of_a_film_is_looked_at_again_in_full():
    predictor = FakePredictor(input_long_side=545, network_ms=slow_network)
    with running(slow_walk(), predictor) as driver:
        driver.wait(lambda state: 0 < side(state) < 545)
        assert side(driver.wait_phase(Phase.ENDED)) == 545


def test_without_the_option_a_slow_network_keeps_its_input():
    predictor = FakePredictor(input_long_side=545, network_ms=slow_network)
    with running(ListSource(moving_box(45), fps=30), predictor) as driver:
        driver.session.configure(Settings(adaptive=AdaptiveOptions(enabled=False)))
        state = driver.wait_phase(Phase.ENDED)
        assert max(state.input_hw or (0,)) == 545
