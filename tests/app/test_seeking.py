"""One seek after the other: the picture of each is awaited, for a while."""

from __future__ import annotations

import pytest

from app.running.seeking import SeekPacer


@pytest.fixture
def seeks():
    """Where it went so far."""
    return []


@pytest.fixture
def pacer(qapp, seeks):
    """One that is told of no picture by itself."""
    pacer = SeekPacer(seeks.append)
    yield pacer
    pacer.forget()


def test_of_many_wishes_the_newest_is_next_once_a_picture_is_there(pacer, seeks):
    for time_s in (1.0, 2.0, 3.0):
        pacer.want(time_s)
    assert seeks == [1.0]
    pacer.shown()
    pacer.shown()
    assert seeks == [1.0, 3.0]


def test_a_picture_that_does_not_come_is_not_awaited_forever(pacer, seeks, qtbot):
    pacer.want(1.0)
    pacer.want(2.0)
    qtbot.waitUntil(lambda: seeks == [1.0, 2.0])


def test_a_step_goes_on_from_where_the_bar_was_let_go(pacer, seeks):
    pacer.want(1.0)
    pacer.want(2.0)
    pacer.hurry()
    assert seeks == [1.0, 2.0]
    pacer.hurry()
    pacer.shown()
    assert seeks == [1.0, 2.0]


def test_nothing_that_was_wanted_of_one_film_is_of_the_next(pacer, seeks):
    pacer.want(1.0)
    pacer.want(2.0)
    pacer.forget()
    pacer.want(5.0)
    assert seeks == [1.0, 5.0]
    pacer.shown()
    assert seeks == [1.0, 5.0]
