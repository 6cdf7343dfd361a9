"""Whoever sees little can read all of it, in both looks."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import app
from app.basics.colours import DARK, LIGHT, STRONG_DARK, STRONG_LIGHT
from app.basics.theme import style_sheet
from tests.app.contrast import contrast

TEXT, CONTROL, STRONG_TEXT = 4.5, 3.0, 7.0
"""The least contrast of WCAG 2.2, 1.4.3, 1.4.11 and 1.4.6."""

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


def too_weak(colours, pairs):
    ratios = {
        (least, role, ground): float(contrast(rgb(colours[role]), rgb(colours[ground])))
        for least, role, ground in pairs
    }
    return {pair: ratio for pair, ratio in ratios.items() if ratio < pair[0]}


LOOKS = {"dark": DARK, "light": LIGHT, "strong dark": STRONG_DARK, "strong light": STRONG_LIGHT}


@pytest.mark.parametrize("look", LOOKS)
def test_text_and_controls_can_be_told_from_what_they_lie_on(look):
    assert too_weak(LOOKS[look], PAIRS) == {}


@pytest.mark.parametrize("look", ["strong dark", "strong light"])
def test_texts_and_lines_stand_out_more_where_that_is_wished(look):
    texts, lines = ("text", "text_soft", "text_faint"), ("line", "line_strong", "control_line")
    pairs = [(STRONG_TEXT, role, ground) for role in texts for ground in GROUNDS]
    pairs += [(CONTROL, role, ground) for role in lines for ground in (*PAPER, "control")]
    pairs += [(CONTROL, role, ground) for role in ("warn_line", "bad_line") for ground in PAPER]
    assert too_weak(LOOKS[look], pairs) == {}
    assert LOOKS[look]["text_off"] != LOOKS[look]["text"]


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
