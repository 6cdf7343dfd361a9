"""A part of a film, chosen on the card of the export."""

from __future__ import annotations

import av
import numpy as np
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest

from app.basics.theme import colour
from engine.board import Phase
from engine.styles import PersonEffect
from tests.app.gui import (
    STRICT,
    Film,
    click,
    frames_in,
    only_file,
    phase,
    shown_index,
    shown_text,
    two_people,
    walk,
)

pytestmark = STRICT

WHOLE, PART = 0, 1


@pytest.fixture
def card(long_film, qtbot):
    """The card over a film of 200 frames, 20 a second, that stands at its beginning."""
    long_film.playing.pause()
    qtbot.waitUntil(lambda: phase(long_film) is Phase.PAUSED)
    QTest.keyClick(long_film, Qt.Key.Key_E)
    return long_film.stage.export


def go_to(window, qtbot, time_s, index):
    window.player.seek(time_s)
    qtbot.waitUntil(lambda: shown_index(window) == index)
    qtbot.waitUntil(lambda: window.player.state().position_s == pytest.approx(index / 20))


def typed(line, text):
    line.selectAll()
    QTest.keyClick(line, Qt.Key.Key_Delete)
    QTest.keyClicks(line, text)


def exported(window, qtbot, tmp_path):
    click(window.stage.export.start_button)
    qtbot.waitUntil(window.stage.toast.isVisible)
    assert "Export finished" in window.stage.toast.text
    return frames_in(only_file(tmp_path / "out", ".mp4"))


def test_from_the_picture_shown_to_another_one_both_included(card, long_film, qtbot, tmp_path):
    click(card.part.choice.buttons[PART])
    go_to(long_film, qtbot, 2.0, 40)
    click(card.part.begin.here)
    go_to(long_film, qtbot, 3.0, 60)
    click(card.part.end.here)
    assert (card.part.begin.line.text(), card.part.end.line.text()) == ("0:02.0", "0:03.0")
    assert exported(long_film, qtbot, tmp_path) == 21


def test_times_can_be_typed(card, long_film, qtbot, tmp_path):
    click(card.part.choice.buttons[PART])
    assert card.part.end.line.text() == "0:10.0"
    typed(card.part.begin.line, "0:09.5")
    assert exported(long_film, qtbot, tmp_path) == 10


def test_all_of_it_is_exported_where_no_part_is_chosen(card, long_film, qtbot, tmp_path):
    click(card.part.choice.buttons[PART])
    typed(card.part.begin.line, "nonsense")
    assert not card.start_button.isEnabled()
    click(card.part.choice.buttons[WHOLE])
    assert not card.part.begin.isVisible()
    assert exported(long_film, qtbot, tmp_path) == 200


@pytest.mark.parametrize(
    ("begin", "end", "why"),
    [
        ("x", "3", "not a time"),
        ("3", "", "not a time"),
        ("-1", "3", "not a time"),
        ("3", "2", "from 3 s to 2 s is empty"),
        ("3", "3", "from 3 s to 3 s is empty"),
        ("11", "12", "over by then"),
    ],
)
def test_what_is_no_part_cannot_be_exported_and_the_card_tells_why(card, begin, end, why):
    click(card.part.choice.buttons[PART])
    typed(card.part.begin.line, begin)
    typed(card.part.end.line, end)
    assert not card.start_button.isEnabled()
    assert why in card.start_button.toolTip()
    assert why in shown_text(card)
    assert card.part.begin.line.property("wrong") is (begin in ("x", "-1"))
    height = card.height()
    typed(card.part.begin.line, "1")
    typed(card.part.end.line, "1:00")
    assert card.start_button.isEnabled()
    assert not card.start_button.toolTip()
    assert "0:09.0 long" in shown_text(card)  # there is no more of the film
    assert card.height() == height, "nothing moves while one types"


def test_a_time_that_is_none_is_framed_as_wrong_while_it_is_typed(card, qtbot):
    click(card.part.choice.buttons[PART])
    line = card.part.begin.line
    line.setFocus()

    def frame():
        return line.grab().toImage().pixelColor(1, line.height() // 2).name()

    qtbot.waitUntil(lambda: frame() == colour("accent").name())
    typed(line, "x")
    qtbot.waitUntil(lambda: frame() == colour("bad").name())
    typed(line, "1")
    qtbot.waitUntil(lambda: frame() == colour("accent").name())


def test_the_part_is_kept_while_the_film_is(card, long_film, qtbot, scene):
    click(card.part.choice.buttons[PART])
    typed(card.part.begin.line, "3")
    card.hide()
    long_film.export_offer.make()
    assert card.part.begin.line.text() == "3"
    scene.open_source = lambda _r: Film(walk(50), fps=20, name="other")
    long_film.sources.open_demo()
    qtbot.waitUntil(lambda: shown_index(long_film) >= 0)
    long_film.export_offer.make()
    assert not card.part.begin.isVisible()
    assert card.part.end.line.text() == "0:02.5"


def test_times_that_make_no_part_of_one_film_do_not_hinder_the_export_of_the_next(
    card, long_film, qtbot, scene
):
    click(card.part.choice.buttons[PART])
    typed(card.part.begin.line, "9:00")
    assert not card.start_button.isEnabled()
    card.hide()
    scene.open_source = lambda _r: Film(walk(50), fps=20, name="other")
    long_film.sources.open_demo()
    qtbot.waitUntil(lambda: shown_index(long_film) >= 0)
    long_film.export_offer.make()
    assert card.start_button.isEnabled()
    assert not card.start_button.toolTip()


def test_whoever_is_hidden_is_so_in_a_part_that_was_seen(open_window, qtbot, scene, tmp_path):
    """Under another number by then, so that it is known by where it was seen."""
    empty = np.zeros_like(two_people())
    film = [two_people()] * 10 + [empty] * 40 + [two_people()] * 40
    scene.open_source = lambda _r: Film(film, fps=20)
    window = open_window("film.mp4")
    qtbot.waitUntil(lambda: shown_index(window) >= 85)
    window.playing.pause()
    left, right = sorted(
        zip(
            window.stage.view.result.instances.boxes_xyxy[:, 0].tolist(),
            window.stage.view.result.instances.track_ids.tolist(),
            strict=True,
        )
    )
    assert left[1] > 2
    window.options.set_style(left[1], effect=PersonEffect.HIDE)
    window.options.set_style(right[1], effect=PersonEffect.PLAIN)
    QTest.keyClick(window, Qt.Key.Key_E)
    card = window.stage.export
    click(card.part.choice.buttons[PART])
    typed(card.part.begin.line, "3")
    click(card.start_button)
    qtbot.waitUntil(window.stage.toast.isVisible)
    with av.open(str(only_file(tmp_path / "out", ".mp4"))) as container:
        frames = [f.to_ndarray(format="bgr24") for f in container.decode(video=0)]
    assert len(frames) == 30
    for frame in frames:
        assert frame[40, 12:28].mean() == pytest.approx(128, abs=4)
        assert frame[40, 84:100].mean() == pytest.approx(120, abs=4)


def test_that_people_hidden_elsewhere_are_visible_in_a_part_not_seen_yet_is_told(card, long_film):
    long_film.options.set_style(1, effect=PersonEffect.HIDE)
    assert "Whoever the film has not shown yet" in card.newcomers.text()
    click(card.part.choice.buttons[PART])
    assert card.newcomers.isVisible()
    assert "was not seen in this part yet" in card.newcomers.text()
    click(card.part.choice.buttons[WHOLE])
    assert "Whoever the film has not shown yet" in card.newcomers.text()


def test_a_film_that_cannot_be_searched_has_no_parts(open_window, qtbot, scene):
    scene.open_source = lambda _r: Film(walk(60), seekable=False)
    window = open_window("http://films.local/film.mp4")
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    window.export_offer.make()
    assert window.stage.export.isVisible()
    assert not window.stage.export.part.isVisible()


def test_photos_have_no_parts(open_window, qtbot, scene, tmp_path):
    path = tmp_path / "photo.jpg"
    scene.open_source = lambda _r: Film(walk(1), path=path, name="photo.jpg", pictures=(path,))
    window = open_window(path)
    qtbot.waitUntil(lambda: shown_index(window) == 0)
    window.export_offer.make()
    assert not window.stage.export.part.isVisible()
