"""While an export runs: quitting, and wanting another one."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from engine.board import Phase
from engine.playback import Playback
from engine.styles import BackdropPicture
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


@pytest.fixture
def waiting(film, qtbot, monkeypatch, tmp_path):
    """A window with an export that waits for the picture behind people, and what lets it begin."""
    gate = threading.Event()

    def slow(path):
        assert gate.wait(10)
        return BackdropPicture(path, np.zeros((9, 16, 3), np.uint8))

    monkeypatch.setattr("engine.source.backdrop.open_backdrop", slow)
    film.backdrops.use(tmp_path / "beach.png")
    film.actions_by_name["export"].trigger()
    click(film.stage.export.start_button)
    yield film, gate
    gate.set()
    film.quitter.begin()


def test_quitting_before_an_export_could_begin_asks_too(waiting, qtbot, tmp_path):
    film, gate = waiting
    film.close()
    assert "export is running" in film.stage.banner.text
    gate.set()
    qtbot.waitUntil(lambda: "Export finished" in film.stage.toast.text)
    assert not film.stage.banner.isVisible()
    assert frames_in(only_file(tmp_path / "out", ".mp4")) == 60


def test_an_export_that_was_given_up_does_not_begin_while_the_window_closes(
    waiting, qtbot, scene, tmp_path
):
    film, gate = waiting
    hanging, release = threading.Event(), threading.Event()
    film.player.add_sink(SlowToClose(hanging, release))
    film.close()
    film.close()
    qtbot.waitUntil(hanging.is_set)
    gate.set()
    qtbot.waitUntil(lambda: film.options.effective.render.backdrop_picture is not None)
    release.set()
    qtbot.waitUntil(lambda: film.closed)
    assert not (tmp_path / "out").exists()


class SlowToClose:
    """A sink whose file is not finished before it is released."""

    def __init__(self, hanging, release):
        self._hanging, self._release = hanging, release

    def write(self, result):
        pass

    def close(self):
        self._hanging.set()
        assert self._release.wait(10)
