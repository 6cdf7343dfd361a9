"""The next session begins when the last one has given its device back, or hangs."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from app.running import changeover
from app.running.changeover import Changeover


class FakeThread:
    """An `EngineThread` that ends when it is told to."""

    def __init__(self, finished: bool = False) -> None:
        self.session = SimpleNamespace(stop=lambda: self.told.append("stop"))
        self.told: list[str] = []
        self._finished = finished

    def isFinished(self) -> bool:  # noqa: N802 - Qt's name
        return self._finished

    def deleteLater(self) -> None:  # noqa: N802 - Qt's name
        self.told.append("delete")


@pytest.fixture
def due():
    """One entry for each session that may begin."""
    return []


@pytest.fixture
def change(qapp, due, monkeypatch):
    monkeypatch.setattr(changeover, "PATIENCE_MS", 60)
    change = Changeover()
    change.due.connect(lambda: due.append(True))
    yield change
    change.forget()


def test_a_session_that_is_over_already_holds_up_nothing(change, due):
    thread = FakeThread(finished=True)
    change.retire(thread)
    assert thread.told == ["stop", "delete"]
    assert not change.running
    change.ask()
    assert due == [True]


def test_the_next_one_waits_for_all_that_were_stopped(change, due):
    threads = FakeThread(), FakeThread()
    for thread in threads:
        change.retire(thread)
    change.ask()
    change.on_ended(threads[0])
    assert due == []
    assert change.running
    change.on_ended(threads[1])
    assert due == [True]
    assert not change.running
    assert all(thread.told == ["stop", "delete"] for thread in threads)


def test_a_session_that_hangs_is_not_awaited_forever(change, due, qtbot):
    hanging = FakeThread()
    change.retire(hanging)
    change.ask()
    qtbot.waitUntil(lambda: due == [True])
    assert change.running
    change.on_ended(hanging)
    assert due == [True]


def test_nothing_begins_that_nobody_wants_any_more(change, due):
    thread = FakeThread()
    change.retire(thread)
    change.ask()
    change.forget()
    change.on_ended(thread)
    assert due == []


def test_a_session_that_nobody_stopped_begins_no_other(change, due):
    hanging, shown = FakeThread(), FakeThread()
    change.retire(hanging)
    change.ask()
    change.on_ended(shown)
    assert due == []
    assert shown.told == []
