"""While an export runs: quitting, and wanting another one."""

from __future__ import annotations

import threading

import pytest

from engine.board import Phase
from engine.playback import Playback
from tests.app.gui import STRICT, click, frames_in, only_file, phase, shown_index
from tests.fakes import FakePredictor

pytestmark = STRICT


@pytest.fixture
def exporting(film, qtbot, scene):
    """A window with an export that waits in the middle, and what lets it go on."""
    gate = threading.Event()
    scene.open_predictor = lambda _r: FakePredictor(
        lambda frame: gate.wait(10) if frame.index == 20 else None
    )
    film.player.set_playback(Playback(loop=True))
    film.actions_by_name["export"].trigger()
    click(film.stage.export.start_button)
    qtbot.waitUntil(lambda: film.stage.export.progress.bar.value() >= 2)
    yield film, gate
    gate.set()
    film.quitter.begin()


def test_quitting_while_exporting_asks_and_finishes_the_file(exporting, qtbot, tmp_path):
    film, gate = exporting
    film.close()
    assert "export is running" in film.stage.banner.text
    assert not film.stage.export.isHidden()
    click(film.stage.banner.buttons[1])
    gate.set()
    qtbot.waitUntil(lambda: film.closed)
    assert 2 <= frames_in(only_file(tmp_path / "out", ".mp4")) < 60


def test_quitting_twice_while_exporting_is_an_answer(exporting, qtbot):
    film, gate = exporting
    film.close()
    film.close()
    gate.set()
    qtbot.waitUntil(lambda: film.closed)


def test_a_question_that_was_closed_is_asked_again(exporting, qtbot, tmp_path):
    film, gate = exporting
    film.close()
    film.stage.banner.dismiss()
    film.close()
    assert film.stage.banner.isVisible()
    gate.set()
    qtbot.waitUntil(lambda: "Export finished" in film.stage.toast.text)
    assert frames_in(only_file(tmp_path / "out", ".mp4")) == 60


def test_an_export_may_finish_before_the_window_closes(exporting, qtbot, tmp_path):
    film, gate = exporting
    film.close()
    click(film.stage.banner.buttons[0])
    gate.set()
    qtbot.waitUntil(lambda: "Export finished" in film.stage.toast.text)
    assert frames_in(only_file(tmp_path / "out", ".mp4")) == 60
    assert not film.stage.banner.isVisible()
    film.close()
    qtbot.waitUntil(lambda: film.closed)


def test_an_export_has_the_machine_for_itself(exporting, qtbot):
    film, gate = exporting
    assert phase(film) is Phase.PAUSED
    gate.set()
    qtbot.waitUntil(lambda: "Export finished" in film.stage.toast.text)
    assert film.player.playback.paused


def test_whoever_wants_another_export_sees_how_far_this_one_is(exporting, qtbot, tmp_path):
    film, gate = exporting
    card = film.stage.export
    film.sources.open_demo()
    card.hide()
    film.actions_by_name["export"].trigger()
    assert card.progress.bar.isVisible()
    assert not card.start_button.isVisible()
    gate.set()
    qtbot.waitUntil(lambda: "Export finished" in film.stage.toast.text)
    assert frames_in(only_file(tmp_path / "out", ".mp4")) == 60
    qtbot.waitUntil(lambda: shown_index(film) >= 0)
    film.actions_by_name["export"].trigger()
    assert card.start_button.isVisible()
