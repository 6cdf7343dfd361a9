"""Once more after a loss: where the film stopped, with its people, and uncovering nobody."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest

from app.held.stopped import Stopped
from engine.board import Phase
from engine.effects import HIDDEN_BGR
from engine.errors import ModelError, SourceLost, SourceNotFound
from engine.styles import NewPeople, PersonEffect
from engine.types import Frame, Prediction, Prepared, Result, UInt8Array
from tests.app.gui import (
    STRICT,
    Film,
    LiveCamera,
    SpySession,
    TornFilm,
    click,
    listed_ids,
    phase,
    raising,
    shown_index,
    two_people,
)
from tests.fakes import FakePredictor, FakePrepared, coloured_box_image
from tests.waiting import TIMEOUT_S, wait_until

pytestmark = STRICT

HIDE = PersonEffect.HIDE
FILM = [two_people()] * 40


class LostFilm(Film):
    """Its disk may be `pulled` after its tenth picture."""

    def __init__(self, pulled: threading.Event | None = None) -> None:
        super().__init__(FILM, fps=20, name="film.mp4")
        self._pulled = pulled

    def read(self) -> Frame | None:
        if self._next == 10 and self._pulled is not None:
            self._pulled.wait()
            raise SourceLost("film.mp4 cannot be read any more.", "Connect its disk.")
        return super().read()


class Elsewhere(FakePredictor):
    """Finds people where `seen` has them, whatever the picture."""

    def __init__(self, seen: UInt8Array) -> None:
        super().__init__()
        self._seen = seen

    def infer(self, prepared: Prepared) -> Prediction:
        assert isinstance(prepared, FakePrepared)
        frame = prepared.frame
        found = super().infer(replace(prepared, frame=replace(frame, image_bgr=self._seen)))
        return replace(found, frame=frame)


def is_hidden(result: Result, track_id: int) -> bool:
    people = result.instances
    mask = people.mask(people.track_ids.tolist().index(track_id))
    return bool((result.image_bgr[mask] == HIDDEN_BGR).all())


def retry(window) -> None:
    button = window.stage.banner.buttons[0]
    assert button.text() == "Retry"
    click(button)


@pytest.fixture
def lost_film(open_window, qtbot, scene):
    """A film that was lost at its tenth picture, with people named, hidden and selected."""
    pulled = threading.Event()
    scene.open_source = lambda _r: LostFilm(pulled)
    window = open_window("film.mp4")
    qtbot.waitUntil(lambda: listed_ids(window) == [1, 2])
    window.options.set_style(1, effect=HIDE)
    window.options.rename(2, "Ada")
    window.stage.banner.dismiss()
    window.picture.select(2)
    pulled.set()
    qtbot.waitUntil(lambda: phase(window) is Phase.FAILED)
    assert shown_index(window) == 9
    return window


def shown_from_now_on(window) -> list[Result]:
    shown: list[Result] = []
    window.player.began.connect(shown.append)  # arrives, too, unless it was missed
    window.player.arrived.connect(shown.append)
    return shown


def test_a_film_goes_on_where_it_was_lost_with_its_people(lost_film, qtbot, scene):
    scene.open_source = lambda _r: LostFilm()
    shown = shown_from_now_on(lost_film)
    retry(lost_film)
    qtbot.waitUntil(lambda: shown_index(lost_film) >= 15)
    assert shown[0].frame.index == 9
    assert all(is_hidden(result, 1) and not is_hidden(result, 2) for result in shown)
    assert lost_film.options.name_of(2) == "Ada"
    assert lost_film.stage.view.selected_id == 2
    assert lost_film.options.new_people is NewPeople.AS_EVERYBODY
    assert not lost_film.stage.banner.isVisible()


def test_nobody_is_selected_who_was_so_in_another_film(lost_film, qtbot, scene):
    scene.open_source = raising(SourceNotFound("There is no film.mp4."))
    retry(lost_film)
    qtbot.waitUntil(lost_film.stage.banner.isVisible)
    pulled = threading.Event()
    pulled.set()
    scene.open_source = lambda _r: LostFilm(pulled)
    lost_film.sources.open_demo()
    qtbot.waitUntil(lambda: phase(lost_film) is Phase.FAILED and shown_index(lost_film) == 9)
    scene.open_source = lambda _r: LostFilm()
    retry(lost_film)
    qtbot.waitUntil(lambda: shown_index(lost_film) > 9)
    assert lost_film.stage.view.selected_id == -1


def test_tries_that_fail_forget_nothing(lost_film, qtbot, scene):
    scene.open_source = raising(SourceNotFound("There is no film.mp4."))
    for _ in range(2):
        retry(lost_film)
        qtbot.waitUntil(lost_film.stage.banner.isVisible)
    scene.open_source = lambda _r: LostFilm()
    shown = shown_from_now_on(lost_film)
    retry(lost_film)
    qtbot.waitUntil(lambda: len(shown) > 2)
    assert shown[0].frame.index == 9
    assert is_hidden(shown[0], 1)
    assert lost_film.stage.view.selected_id == 2
    assert lost_film.options.new_people is NewPeople.AS_EVERYBODY


def test_the_film_is_known_though_the_window_misses_its_first_picture(lost_film, qtbot, scene):
    scene.open_source = lambda _r: LostFilm()
    with qtbot.waitSignal(lost_film.player.going_on):
        retry(lost_film)
    wait_until(lambda: lost_film.player.state().position_s >= 0.65)
    qtbot.waitUntil(lambda: shown_index(lost_film) > 10)
    assert lost_film.options.new_people is NewPeople.AS_EVERYBODY


def test_a_film_that_was_paused_stays_so(lost_film, qtbot, scene):
    lost_film.playing.pause()
    scene.open_source = lambda _r: LostFilm()
    retry(lost_film)
    qtbot.waitUntil(lambda: phase(lost_film) is Phase.PAUSED and shown_index(lost_film) == 9)


def test_where_another_film_is_instead_nobody_is_uncovered(lost_film, qtbot, scene):
    """Not in its first picture either, and it is told."""
    other = np.ascontiguousarray(np.tile(two_people(), (2, 2, 1)))
    scene.open_source = lambda _r: Film([other] * 40, fps=20)
    shown = shown_from_now_on(lost_film)
    retry(lost_film)
    qtbot.waitUntil(lambda: len(shown) > 2)
    for result in shown:
        assert (result.image_bgr[result.instances.labels > 0] == HIDDEN_BGR).all()
    assert "Whoever is not recognised is hidden" in lost_film.stage.banner.text
    click(lost_film.stage.banner.buttons[0])
    qtbot.waitUntil(lambda: not is_hidden(shown[-1], int(shown[-1].instances.track_ids[0])))


def test_another_film_that_is_opened_instead_is_not_guarded(lost_film, qtbot, scene):
    scene.open_source = raising(SourceNotFound("There is no film.mp4."))
    retry(lost_film)
    qtbot.waitUntil(lost_film.stage.banner.isVisible)
    scene.open_source = lambda _r: Film(FILM)
    lost_film.sources.open_demo()
    qtbot.waitUntil(lambda: shown_index(lost_film) >= 0)
    assert lost_film.options.new_people is NewPeople.AS_EVERYBODY
    assert not is_hidden(lost_film.stage.view.result, 1)


def test_a_film_that_broke_off_and_was_copied_again_goes_on(open_window, qtbot, scene):
    scene.open_source = lambda _r: TornFilm(FILM[:10], fps=20)
    window = open_window("film.mp4")
    qtbot.waitUntil(lambda: listed_ids(window) == [1, 2])
    window.options.set_style(2, effect=HIDE)
    window.stage.banner.dismiss()
    qtbot.waitUntil(window.stage.banner.isVisible)
    scene.open_source = lambda _r: Film(FILM, fps=20)
    shown = shown_from_now_on(window)
    retry(window)
    qtbot.waitUntil(lambda: shown_index(window) > 10)
    assert shown[0].frame.index == 9
    assert all(is_hidden(result, 2) for result in shown)


def test_ranks_may_differ_where_times_and_pictures_are_the_same(film):
    """A film that broke off lacked pictures that are shown before its last ones."""
    frame = film.stage.view.result.frame
    stopped = Stopped(frame, film.player._thread.session.memory())
    assert stopped.is_at(replace(frame, index=frame.index + 3))
    assert not stopped.is_at(replace(frame, time_s=frame.time_s + 0.02))
    assert not stopped.is_at(replace(frame, image_bgr=255 - frame.image_bgr))


def test_another_network_instead_of_one_that_broke_goes_on_there(open_window, qtbot, scene):
    hidden = threading.Event()

    def break_at_5(frame: Frame) -> None:
        if frame.index == 5 and hidden.wait(TIMEOUT_S):
            raise ModelError("The network broke.", "Choose another.")

    good = scene.open_predictor
    scene.open_predictor = lambda _r: FakePredictor(before=break_at_5)
    scene.open_source = lambda _r: Film(FILM, fps=20)
    window = open_window("film.mp4")
    qtbot.waitUntil(lambda: listed_ids(window) == [1, 2])
    window.options.set_style(1, effect=HIDE)
    window.stage.banner.dismiss()
    hidden.set()
    qtbot.waitUntil(window.stage.banner.isVisible)
    scene.open_predictor = good
    shown = shown_from_now_on(window)
    click(window.stage.banner.buttons[0])
    qtbot.waitUntil(lambda: len(shown) > 2)
    assert shown[0].frame.index == 4
    assert all(is_hidden(result, 1) for result in shown)


def test_whom_another_network_sees_otherwise_is_not_uncovered(lost_film, qtbot, scene):
    """Of the two people it finds one, who is nobody that was there."""
    other = np.zeros_like(two_people())
    other[:12, 40:64] = 90
    scene.open_predictor = lambda _r: Elsewhere(other)
    scene.open_source = lambda _r: LostFilm()
    shown = shown_from_now_on(lost_film)
    retry(lost_film)
    qtbot.waitUntil(lambda: len(shown) > 2)
    assert shown[0].frame.index == 9
    for result in shown:
        assert all(is_hidden(result, int(i)) for i in result.instances.track_ids)
    assert "Whoever is not recognised is hidden" in lost_film.stage.banner.text


def test_a_camera_that_comes_back_uncovers_nobody(open_window, qtbot, scene, monkeypatch):
    monkeypatch.setattr("app.basics.patience.RETRY_S", 0.05)
    camera = LiveCamera()
    scene.open_source = lambda _r: camera
    window = open_window(0)
    qtbot.waitUntil(lambda: listed_ids(window) == [1])
    window.options.set_style(1, effect=HIDE)
    shown = shown_from_now_on(window)
    scene.open_source = lambda _r: LiveCamera()
    camera.unplugged.set()
    qtbot.waitUntil(lambda: phase(window) is Phase.RUNNING and window.losses._looking_for == "")
    qtbot.waitUntil(lambda: "is not recognised is hidden" in window.stage.banner.text)
    qtbot.waitUntil(lambda: window.stage.view.result is not None)
    assert all(is_hidden(result, int(result.instances.track_ids[0])) for result in shown[1:])


@pytest.mark.parametrize("anew", ["its size", "F5"])
def test_a_camera_that_is_opened_anew_uncovers_nobody(open_window, qtbot, scene, anew):
    scene.open_source = lambda _r: LiveCamera()
    window = open_window(0)
    qtbot.waitUntil(lambda: listed_ids(window) == [1])
    window.options.set_style(1, effect=HIDE)
    qtbot.waitUntil(lambda: is_hidden(window.stage.view.result, 1))
    shown = shown_from_now_on(window)
    if anew == "F5":
        window.retry.reopen()
    else:
        window.cameras.set_size("640x480")
    qtbot.waitUntil(lambda: len(shown) > 2 and window.stage.banner.isVisible())
    for result in shown:
        assert all(is_hidden(result, int(i)) for i in result.instances.track_ids)
    assert "is not recognised is hidden" in window.stage.banner.text


def test_a_source_that_is_left_never_shows_whom_it_hid(open_window, qtbot, scene):
    """Its recording still takes a picture or two."""
    scene.open_source = lambda _r: Film([coloured_box_image(8)] * 200, fps=50)
    window = open_window("film.mp4")
    qtbot.waitUntil(lambda: listed_ids(window) == [1])
    window.options.set_style(1, effect=HIDE)
    told = SpySession.configured
    window.sources.open_demo()
    assert all(settings.render.style_of(1).effect is HIDE for settings in told[-1:])
