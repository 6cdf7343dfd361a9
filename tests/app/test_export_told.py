"""Exports: what is told of their end, be it a good one or not."""

from __future__ import annotations

import threading
from dataclasses import replace

from engine.errors import SourceLost
from tests.app.gui import (
    STRICT,
    Film,
    TornFilm,
    click,
    frames_in,
    only_file,
    raising,
    shown_index,
    walk,
)
from tests.fakes import FakePredictor

pytestmark = STRICT


def test_whoever_comes_back_after_a_long_export_is_told_that_it_finished(film, qtbot):
    toast = film.stage.toast
    film.actions_by_name["export"].trigger()
    click(film.stage.export.start_button)
    qtbot.waitUntil(toast.isVisible)
    assert not toast.closes_by_itself
    film.actions_by_name["screenshot"].trigger()
    qtbot.waitUntil(lambda: "Screenshot" in toast.text)
    assert toast.closes_by_itself


def test_a_cancelled_export_keeps_what_was_written(film, qtbot, scene, tmp_path):
    gate = threading.Event()
    scene.open_predictor = lambda _r: FakePredictor(
        lambda frame: gate.wait() if frame.index == 20 else None
    )
    film.actions_by_name["export"].trigger()
    card = film.stage.export
    click(card.start_button)
    qtbot.waitUntil(lambda: card.progress.bar.value() >= 15)
    assert "of 60 frames" in card.progress.counts.text()
    click(card.progress.cancel)
    assert not card.progress.cancel.isEnabled()
    gate.set()
    qtbot.waitUntil(lambda: "cancelled" in film.stage.toast.text)
    assert film.stage.toast.closes_by_itself
    assert 15 <= frames_in(only_file(tmp_path / "out", ".mp4")) < 60


def test_an_export_that_fails_says_why(film, qtbot, scene):
    scene.open_source = raising(SourceLost("The disk is gone.", "Connect it."))
    film.actions_by_name["export"].trigger()
    click(film.stage.export.start_button)
    qtbot.waitUntil(film.stage.banner.isVisible)
    assert "The disk is gone." in film.stage.banner.text
    assert film.stage.banner.buttons == (), "another folder would not help"
    assert not film.quitter.writing


def test_an_export_of_a_film_that_breaks_off_says_so_and_names_what_is_kept(
    open_window, qtbot, scene, tmp_path
):
    path = tmp_path / "torn.mp4"
    scene.open_source = lambda _r: TornFilm(walk(20), path=path, name="torn.mp4")
    window = open_window(path)
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    window.actions_by_name["export"].trigger()
    click(window.stage.export.start_button)
    qtbot.waitUntil(lambda: "The export stopped." in window.stage.banner.text)
    kept = only_file(tmp_path / "out", ".mp4")
    assert "The film breaks off." in window.stage.banner.text
    assert f"What was exported is in {kept.name}." in window.stage.banner.text
    assert frames_in(kept) == 20


def test_an_export_of_a_damaged_film_says_how_much_is_not_in_it(film, qtbot, scene, tmp_path):
    class DamagedFilm(Film):
        def read(self):
            frame = super().read()
            return frame if frame is None else replace(frame, index=frame.index * 2)

    path = tmp_path / "walk.mp4"
    scene.open_source = lambda _r: DamagedFilm(walk(60), path=path, name="walk.mp4")
    film.actions_by_name["export"].trigger()
    click(film.stage.export.start_button)
    qtbot.waitUntil(film.stage.toast.isVisible)
    assert "59 of 119 frames cannot be decoded" in film.stage.banner.text


def test_what_an_export_lacks_of_the_sound_is_told(open_window, qtbot, scene, tmp_path):
    path = tmp_path / "talk.mp4"
    path.write_bytes(b"no sound in here")
    scene.open_source = lambda _r: Film(walk(20), path=path, name="talk.mp4", has_audio=True)
    window = open_window(path)
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    window.actions_by_name["export"].trigger()
    click(window.stage.export.start_button)
    qtbot.waitUntil(lambda: "Export finished" in window.stage.toast.text)
    assert "The sound of talk.mp4 cannot be read" in window.stage.banner.text
    assert frames_in(only_file(tmp_path / "out", ".mp4")) == 20


def test_an_export_that_fails_unexpectedly_is_not_called_cancelled(film, qtbot, scene):
    def fail(frame):
        if frame.index == 20:
            raise RuntimeError("no memory is left")

    scene.open_predictor = lambda _r: FakePredictor(fail)
    film.actions_by_name["export"].trigger()
    click(film.stage.export.start_button)
    qtbot.waitUntil(film.stage.banner.isVisible)
    assert "no memory is left" in film.stage.banner.text
    assert not film.quitter.writing
