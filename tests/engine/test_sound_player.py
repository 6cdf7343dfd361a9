"""Sound and picture together: by what is heard when each picture reaches the screen."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from engine.errors import SoundError
from engine.sound.player import RETRY_S
from engine.sound.screen import PATIENCE_S
from tests.engine.sound_cases import FILM_S, Hall, heard_time, rising_tone, write_film
from tests.fake_speaker import RATE_HZ

LIMIT_S = 0.06
"""So far apart people do not notice."""

AFTER_A_CUT_S = 0.2
"""From then on the old sound is gone, and the new one there."""


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tone = rising_tone(FILM_S, RATE_HZ)[None]
    return write_film(tmp_path_factory.mktemp("film") / "film.mkv", (tone,))


@pytest.fixture
def hall(film: Path) -> Hall:
    """The film is open, and about to begin."""
    hall = Hall(jitter_s=0.015)
    hall.open(film)
    return hall


def assert_in_step(hall: Hall, since_s: float, pictures: int) -> None:
    errors_s = hall.errors_s(since_s + AFTER_A_CUT_S)
    assert len(errors_s) >= pictures
    assert max(map(abs, errors_s)) < LIMIT_S, errors_s


@pytest.mark.parametrize("late_s", [0.02, 0.25], ids=["fast machine", "slow machine"])
@pytest.mark.parametrize("speed", [0.5, 1.0, 1.5, 2.0])
def test_sound_is_heard_with_its_picture(hall: Hall, speed: float, late_s: float) -> None:
    hall.speed, hall.late_s = speed, late_s
    hall.run(2.0)
    assert_in_step(hall, 1000.0, pictures=15)


@pytest.mark.parametrize("drift", [-0.02, 0.02])
def test_drift_is_taken_back_before_it_is_noticed(film: Path, drift: float) -> None:
    hall = Hall(drift=drift)  # in 7 s as far off as a bad clock, 100 ppm, is in 23 minutes
    hall.open(film)
    hall.run(7.0)
    assert_in_step(hall, 1000.0, pictures=100)


def test_a_seek_cuts_the_old_sound_and_brings_the_new(hall: Hall) -> None:
    hall.run(1.0)
    for film_s in (6.0, 2.0, 4.5):
        hall.seek(film_s)
        sought_s = hall.now_s
        hall.run(0.8)
        assert_in_step(hall, sought_s, pictures=10)


def test_a_picture_from_before_a_seek_starts_no_sound(hall: Hall) -> None:
    hall.run(1.0)
    hall.player.jump()
    stopped_s = hall.now_s
    hall.run(1.0)  # the seek takes its time, and pictures of before still come
    assert heard_time(hall.speaker, stopped_s + AFTER_A_CUT_S) is None
    assert not hall.speaker.heard_between(stopped_s + AFTER_A_CUT_S, hall.now_s).any()


def test_a_pause_is_silent_and_the_sound_goes_on_with_the_picture(hall: Hall) -> None:
    hall.run(1.0)
    stopped_s = hall.now_s
    hall.pause(2.0)
    assert not hall.speaker.heard_between(stopped_s + AFTER_A_CUT_S, hall.now_s).any()
    resumed_s = hall.now_s
    hall.run(1.0)
    assert_in_step(hall, resumed_s, pictures=15)
    assert len(hall.speakers) == 1


def test_another_speed_is_followed_while_playing(hall: Hall) -> None:
    for speed in (1.0, 2.0, 0.5, 1.5, 1.0):
        hall.speed = speed
        changed_s = hall.now_s
        hall.run(0.8)
        assert_in_step(hall, changed_s, pictures=6)


@pytest.mark.parametrize("speed", [0.25, 4.0])
def test_speeds_at_which_nobody_understands_are_silent(hall: Hall, speed: float) -> None:
    hall.run(1.0)
    hall.speed, changed_s = speed, hall.now_s
    hall.run(1.0)
    # The first picture of the other speed comes within 0.25 s.
    assert not hall.speaker.heard_between(changed_s + 0.5, hall.now_s).any()
    hall.speed, back_s = 1.0, hall.now_s
    hall.film_s = 2.0
    hall.run(0.8)
    assert_in_step(hall, back_s, pictures=10)


def test_a_loop_begins_again_with_its_sound(hall: Hall) -> None:
    hall.film_s = FILM_S - 0.5
    hall.run(0.5)
    hall.film_s, hall.jumps = 0.0, hall.jumps + 1
    again_s = hall.now_s
    hall.run(1.0)
    assert_in_step(hall, again_s, pictures=15)


def test_pictures_that_begin_anew_after_a_hiccup_wait_for_nothing_heard_twice(hall: Hall) -> None:
    hall.run(1.0)
    hall.run(0.8, playing=False)  # hopelessly late: from then on everything comes later
    late_s = hall.now_s
    hall.resume()
    hall.run(2.0)
    assert_in_step(hall, late_s + 1.0, pictures=15)
    heard = [heard_time(hall.speaker, wall_s) for wall_s in np.arange(1000.3, late_s + 1.9, 0.05)]
    told = [time_s for time_s in heard if time_s is not None]
    assert all(after > before - 0.01 for before, after in pairwise(told))


def test_pictures_that_stay_away_end_the_sound(hall: Hall) -> None:
    hall.run(1.0)
    last_s = hall.now_s
    hall.run(3.0, playing=False)
    end_s = last_s + PATIENCE_S + AFTER_A_CUT_S
    assert not hall.speaker.heard_between(end_s, hall.now_s).any()
    back_s = hall.now_s
    hall.resume()
    hall.run(1.0)
    assert_in_step(hall, back_s, pictures=15)


@pytest.mark.parametrize("speed", [1.0, 2.0])
def test_a_picture_that_is_meant_to_stand_ends_no_sound(hall: Hall, speed: float) -> None:
    began_s = hall.now_s
    hall.player.show(0.0, 0, speed, stands_s=4.0)
    hall.run(4.0 / speed, playing=False)
    for after_s in (0.5, 1.0, 1.8, 3.8 / speed):
        heard_s = heard_time(hall.speaker, began_s + after_s)
        assert heard_s == pytest.approx(after_s * speed, abs=LIMIT_S)
    hall.run(PATIENCE_S + AFTER_A_CUT_S + 0.5, playing=False)
    assert not hall.speaker.heard_between(hall.now_s - 0.5, hall.now_s).any()


def test_nothing_clicks(tmp_path: Path) -> None:
    tone = rising_tone(1.5, RATE_HZ)[None]
    hall = Hall(drift=0.02, jitter_s=0.01)
    hall.open(write_film(tmp_path / "low.mkv", (tone,)))
    hall.run(0.6)
    hall.seek(0.2)
    hall.run(0.6)
    hall.pause(0.3)
    hall.player.set_gain(0.3)
    hall.run(0.5)
    hall.seek(1.2)
    hall.run(0.8)  # over the end of the sound
    heard = hall.speaker.heard_between(1000.0, hall.now_s)[:, 0]
    loudest = np.abs(heard).max()
    assert loudest > 0.3
    steepest = 2 * np.pi * 1000 / RATE_HZ * loudest  # of the tone itself, at its highest
    assert np.abs(np.diff(heard)).max() < 1.3 * steepest


def test_sound_that_ends_before_the_film_is_followed_by_silence(tmp_path: Path) -> None:
    path = write_film(tmp_path / "film.mkv", (rising_tone(1.0, RATE_HZ)[None],))
    hall = Hall()
    hall.open(path)
    hall.run(2.0)
    assert heard_time(hall.speaker, 1000.9) is not None
    assert not hall.speaker.heard_between(1001.3, hall.now_s).any()
    hall.seek(0.2)
    sought_s = hall.now_s
    hall.run(0.6)
    assert_in_step(hall, sought_s, pictures=8)


def test_sound_that_begins_after_the_film_waits_for_its_picture(tmp_path: Path) -> None:
    tone = rising_tone(4.0, RATE_HZ, from_s=1.0)[None]
    hall = Hall()
    hall.open(write_film(tmp_path / "film.mkv", (tone,), sound_late_s=1.0))
    hall.run(2.5)
    assert not hall.speaker.heard_between(1000.0, 1000.9).any()
    assert_in_step(hall, 1000.9, pictures=20)


def test_the_volume_is_a_factor_and_changes_without_a_step(hall: Hall) -> None:
    hall.player.set_gain(1.0)
    hall.run(1.0)
    hall.player.set_gain(0.25)
    hall.run(1.0)
    before = hall.speaker.heard_between(1000.5, 1000.9)
    after = hall.speaker.heard_between(1001.5, 1001.9)
    assert np.abs(after).max() == pytest.approx(np.abs(before).max() / 4, rel=0.02)


def test_an_unplugged_loudspeaker_is_replaced_and_a_missing_one_awaited(hall: Hall) -> None:
    hall.run(1.0)
    first, open_output = hall.speaker, hall.open_output

    def nothing_there():
        raise SoundError("No loudspeaker was found.", "Plug one in.")

    hall.open_output = nothing_there
    first.unplugged.set()
    hall.run(1.0)
    assert first.closed.is_set()
    assert hall.player.problem == "No loudspeaker was found. Plug one in."
    hall.open_output = open_output
    hall.run(RETRY_S + 0.5)
    assert hall.player.problem == ""
    assert_in_step(hall, hall.now_s - 0.4, pictures=3)


def test_a_film_whose_sound_cannot_be_read_is_silent_and_the_next_one_is_not(
    hall: Hall, film: Path, tmp_path: Path
) -> None:
    hall.open(write_film(tmp_path / "silent.mkv", ()))
    hall.run(1.0)
    assert "silent.mkv" in hall.player.problem
    hall.run(RETRY_S + 0.5)
    assert "silent.mkv" in hall.player.problem
    assert len(hall.speakers) == 1
    hall.open(film)
    opened_s = hall.now_s
    hall.run(1.0)
    assert hall.player.problem == ""
    assert_in_step(hall, opened_s, pictures=15)


def test_nothing_is_opened_before_a_picture_is_shown_and_it_is_kept_to_the_end(hall: Hall) -> None:
    hall.run(1.0, playing=False)
    assert hall.speakers == []
    hall.run(1.0)
    hall.pause(5.0)
    assert hall.player.pump() is None
    hall.run(0.5)
    assert len(hall.speakers) == 1
    assert not hall.speaker.closed.is_set()
    hall.player.close()
    assert hall.speaker.closed.is_set()
