"""The figures and what they cover."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, QRect

from app.basics.letterbox import letterbox
from app.shown import hud_corner
from app.shown.banner import Level
from app.shown.hud_corner import covered
from app.shown.stage import Stage
from engine.types import Frame, Instances, Result
from tests.app.gui import STRICT
from tests.engine.people import people

pytestmark = STRICT

Box = tuple[int, int, int, int]
HW = (720, 1280)
TOP_LEFT, TOP_RIGHT = (0, 0, 300, 200), (1000, 0, 1280, 200)
BOTTOM_LEFT, BOTTOM_RIGHT = (0, 500, 300, 720), (1000, 500, 1280, 720)


def shown(found: Sequence[Box] = (), labels: Sequence[Box] = ()) -> Result:
    """A picture of people and of labels in those places."""
    instances = people(list(found), HW) if found else Instances.none(HW)
    image = np.zeros((*HW, 3), np.uint8)
    return Result(Frame(image, 0, 0.0, 0.0), instances, image, label_boxes=tuple(labels))


def label_in(corner: Box) -> Box:
    """One near the middle of that corner."""
    x, y = (corner[0] + corner[2]) // 2, (corner[1] + corner[3]) // 2
    return (x - 30, y - 12, x + 30, y + 12)


class Watched:
    """A stage of the picture's size; time is what the test says."""

    def __init__(self, qtbot, monkeypatch: pytest.MonkeyPatch) -> None:
        self._qtbot = qtbot
        self._now_s = 0.0
        monkeypatch.setattr(hud_corner, "perf_counter", lambda: self._now_s)
        self.stage = Stage()
        qtbot.addWidget(self.stage)
        self.stage.resize(HW[1], HW[0])
        self.stage.show()

    def show(self, result: Result, seconds: float = 0.0) -> str:
        """Show it once, or 10 times a second; then the corner where the figures are."""
        for _ in range(max(1, round(seconds * 10))):
            self._now_s += 0.1001
            with self._qtbot.waitSignal(self.stage.view.painted):
                self.stage.view.show_result(result)
            self.stage.show_state(None, "")
        return self.corner()

    def corner(self) -> str:
        self._qtbot.wait(1)  # what is queued and laid out
        hud, view = self.stage.hud.geometry(), self.stage.view.rect()
        assert self.stage.hud.isVisible()
        assert view.contains(hud)
        vertical = "top" if hud.center().y() < view.center().y() else "bottom"
        return f"{vertical} {'left' if hud.center().x() < view.center().x() else 'right'}"


@pytest.fixture
def watched(qtbot, monkeypatch) -> Watched:
    return Watched(qtbot, monkeypatch)


def test_a_rectangle_covers_people_by_their_share_of_it_and_labels_by_their_number():
    place = letterbox(HW, (360, 640))
    result = shown([(0, 0, 320, 720)], [(300, 400, 340, 420), (900, 100, 940, 120)])
    assert covered(result, place, QRect(0, 180, 160, 100)) == pytest.approx(1 + 0.5, abs=0.05)
    assert covered(result, place, QRect(80, 250, 160, 100)) == pytest.approx(0.5, abs=0.05)
    assert covered(result, place, QRect(400, 200, 160, 100)) == 0
    barred = letterbox(HW, (560, 640))
    assert covered(result, barred, QRect(0, 0, 100, 90)) == 0
    assert covered(result, barred, QRect(0, 240, 100, 400)) == pytest.approx(0.55, abs=0.05)


def test_a_head_counts_for_more_than_its_pixels():
    place = letterbox(HW, HW)
    result = shown([(0, 0, 100, 700)])
    head, feet = QRect(0, 0, 300, 210), QRect(0, 490, 300, 210)
    assert covered(result, place, feet) == pytest.approx(1 / 3, abs=0.05)
    assert covered(result, place, head) == pytest.approx(1 + 1 / 3, abs=0.05)


@pytest.mark.parametrize(
    ("found", "corner"),
    [
        ([], "top left"),
        ([(300, 0, 700, 720)], "top left"),  # an elbow is no reason
        ([TOP_LEFT], "top right"),
        ([TOP_LEFT, TOP_RIGHT], "bottom left"),
        ([TOP_LEFT, TOP_RIGHT, BOTTOM_LEFT], "bottom right"),
    ],
)
def test_the_figures_begin_where_nobody_is_at_the_top_left_if_they_can(watched, found, corner):
    assert watched.show(shown(found)) == corner


def test_they_leave_a_label_that_stays_and_do_not_come_back_for_nothing(watched):
    assert watched.show(shown(), 1) == "top left"
    hidden = shown(labels=[label_in(TOP_LEFT)])
    assert watched.show(hidden, 1) == "top left"
    assert watched.show(hidden, 2) == "top right"
    assert watched.show(shown(), 30) == "top right"


def test_they_do_not_hop_for_who_passes_by_and_leave_once_who_does_so_again_and_again(watched):
    watched.show(shown())
    here = shown([TOP_LEFT], [label_in(TOP_LEFT)])
    there = shown([TOP_RIGHT], [label_in(TOP_RIGHT)])
    corners = [
        watched.show(result, 0.5) for _ in range(8) for result in (here, there, shown(), shown())
    ]
    assert corners[:4] == ["top left"] * 4
    moves = [corner for corner, _ in groupby(corners)]
    assert moves in (["top left"], ["top left", "bottom left"])


def test_a_picture_that_stands_leaves_them_where_they_are(watched):
    watched.show(shown())
    hidden = shown(labels=[label_in(TOP_LEFT)])
    watched.show(hidden)
    watched._now_s += 100.0
    assert watched.corner() == "top left"
    assert watched.show(hidden) == "top left"


def test_they_begin_anew_when_they_are_switched_on_again_and_with_another_source(watched):
    watched.show(shown([TOP_LEFT]))
    watched.stage.set_hud_wanted(False)
    watched.stage.view.show_result(shown([TOP_RIGHT]))
    watched.stage.set_hud_wanted(True)
    assert watched.corner() == "top left"
    watched.stage.view.clear()
    watched.stage.show_state(None, "")
    assert watched.stage.hud.isHidden()
    assert watched.show(shown([TOP_LEFT])) == "top right"


def test_they_make_room_for_a_message_and_the_export_card_at_once(watched, qtbot):
    at_top = shown([TOP_LEFT, TOP_RIGHT])
    assert watched.show(at_top) == "bottom left"
    watched.stage.export.show()
    assert watched.corner() == "bottom left"
    assert watched.show(shown([TOP_LEFT, TOP_RIGHT, BOTTOM_LEFT]), 5) != "bottom right"
    watched.stage.export.hide()
    assert watched.show(shown([TOP_LEFT, TOP_RIGHT, BOTTOM_LEFT]), 5) == "bottom right"
    watched.stage.export.show()
    qtbot.waitUntil(lambda: watched.corner() != "bottom right")
    assert not overlap(watched.stage, watched.stage.export)


def test_they_do_not_lie_under_a_message(watched, qtbot):
    watched.stage.resize(700, 500)
    assert watched.show(shown([TOP_LEFT, TOP_RIGHT])).startswith("bottom")
    watched.stage.toast.post(Level.DONE, "Screenshot saved", "film 2026-01-01.png " * 3)
    qtbot.waitUntil(lambda: watched.stage.toast.isVisible() and watched.corner().startswith("top"))
    assert not overlap(watched.stage, watched.stage.toast)


def overlap(stage: Stage, card) -> bool:
    place = QRect(card.mapTo(stage.view, QPoint(0, 0)), card.size())
    return place.intersects(stage.hud.geometry())
