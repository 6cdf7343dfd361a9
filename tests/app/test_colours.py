"""Whoever sees little can read all of it, in both looks."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import app
from app.basics.colours import DARK, LIGHT
from app.basics.theme import style_sheet
from tests.app.contrast import contrast

TEXT, CONTROL = 4.5, 3.0
"""The least contrast of WCAG 2.2, 1.4.3 and 1.4.11."""

GROUNDS = ("stage", "window", "raised", "control", "control_hover", "accent_soft", "row_hover")
PAPER = ("stage", "window", "raised")

PAIRS = [
    *((TEXT, "text", ground) for ground in (*GROUNDS, "control_press")),
    *((TEXT, "text_soft", ground) for ground in (*GROUNDS, "control_press")),
    *((TEXT, "text_faint", ground) for ground in (*PAPER, "control", "row_hover")),
    *((TEXT, "on_fill", fill) for fill in ("fill", "fill_hover", "fill_press")),
    *((TEXT, "bad", ground) for ground in ("window", "live_back")),
    (TEXT, "warn", "warn_back"),
    *((CONTROL, "accent", ground) for ground in (*GROUNDS, "accent_hover")),
    *((CONTROL, icon, ground) for icon in ("good", "warn", "bad") for ground in PAPER),
    *((CONTROL, "bad", ground) for ground in ("control", "control_press", "live_back")),
    *((CONTROL, control, ground) for control in ("groove", "fill") for ground in PAPER[1:]),
    *((CONTROL, "handle_line", ground) for ground in PAPER[1:]),
    (CONTROL, "on_fill", "groove"),  # the knob of a switch that is off
    (CONTROL, "text", "fill"),  # the focus on a filled button
    (CONTROL, "text", "groove"),  # the focus on a switch that is off
]


def rgb(code: str) -> np.ndarray:
    return np.array([int(code[i : i + 2], 16) for i in (1, 3, 5)], np.uint8)


def over(code: str, below: np.ndarray) -> np.ndarray:
    """A colour with an opacity, as it looks on another."""
    share = int(code[7:] or "ff", 16) / 255
    return np.round(rgb(code) * share + below * (1 - share)).astype(np.uint8)


@pytest.mark.parametrize("colours", [DARK, LIGHT], ids=["dark", "light"])
def test_text_and_controls_can_be_told_from_what_they_lie_on(colours):
    found = {
        f"{role} on {ground}": round(float(contrast(rgb(colours[role]), rgb(colours[ground]))), 2)
        for least, role, ground in PAIRS
        if contrast(rgb(colours[role]), rgb(colours[ground])) < least
    }
    assert found == {}


@pytest.mark.parametrize("picture", [0, 128, 255])
@pytest.mark.parametrize("role", ["hud_text", "hud_soft"])
def test_the_figures_can_be_read_on_any_picture(picture, role):
    ground = over(DARK["hud_back"], np.full(3, picture, np.uint8))
    assert contrast(rgb(DARK[role]), ground) >= TEXT


@pytest.mark.parametrize("picture", range(0, 256, 15))
@pytest.mark.parametrize("line", ["contour", "contour_soft"])
def test_the_line_around_somebody_is_seen_on_any_picture(picture, line):
    """The bright line or the dark one beside it stands out."""
    below = np.full(3, picture, np.uint8)
    edge = over(DARK["contour_edge"], below)
    assert max(contrast(rgb(DARK[line]), below), contrast(edge, below)) >= CONTROL


def test_what_lies_on_the_picture_is_the_same_in_both_looks():
    same = {role for role in DARK if DARK[role] == LIGHT[role]} - {"on_fill"}
    assert {"hud_back", "hud_text", "contour", "contour_edge", "picture_back"} <= same
    assert "text" not in same
    assert DARK.keys() == LIGHT.keys()


def test_no_colour_is_written_anywhere_else():
    folder = Path(app.__file__).parent
    written = re.compile(r"#[0-9a-fA-F]{6}\b|rgba?\(|:\s*(white|black)\b")
    found = {
        path.name
        for path in (*folder.rglob("*.py"), *folder.rglob("*.qss"))
        if path.name != "colours.py" and written.search(path.read_text(encoding="utf-8"))
    }
    assert found == set()


def test_every_role_of_the_style_sheet_has_a_colour(qapp):
    assert "@" not in style_sheet().partition("*/")[2]
