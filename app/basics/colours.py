"""Every colour of the window: named roles, each with its colour in the dark and the light look.

Written as #rrggbb or #rrggbbaa. Text keeps 4.5 : 1 and icons and controls 3 : 1 to what they
lie on (WCAG 2.2, 1.4.3 and 1.4.11), in the strong looks text 7 : 1 (1.4.6) and lines 3 : 1; a test
computes the ratios from these tables.
"""

from __future__ import annotations

from collections.abc import Mapping

Colours = Mapping[str, str]
"""Role → colour."""

_ROLES = {
    # What things lie on: role, in the dark look, in the light look
    "stage": ("#07090c", "#e9edf2"),
    "window": ("#11141a", "#f4f6f9"),
    "raised": ("#191d25", "#ffffff"),
    "control": ("#232934", "#e6eaf0"),
    "control_hover": ("#2c3442", "#dbe0e8"),
    "control_press": ("#353e4e", "#ccd3de"),
    "row_hover": ("#1c212a", "#e9edf3"),
    "accent_soft": ("#20304f", "#dbe6ff"),
    "accent_hover": ("#28406b", "#c8d9ff"),
    "live_back": ("#3a1c23", "#fde3e6"),
    "warn_back": ("#35290f", "#fdf0d2"),
    "shade": ("#07090cc8", "#1e2530a0"),
    # Lines that only divide
    "line": ("#1f242d", "#dde2e9"),
    "line_strong": ("#2e3644", "#c5ccd7"),
    "warn_line": ("#6a5328", "#e3bd72"),
    "bad_line": ("#74313b", "#eba3aa"),
    "control_line": ("#00000000", "#00000000"),
    # Text and icons
    "text": ("#e8ecf2", "#161a21"),
    "text_soft": ("#a9b3c2", "#465060"),
    "text_faint": ("#8791a1", "#596373"),
    "text_off": ("#566070", "#a3acb9"),
    "accent": ("#6b98ff", "#2b62dc"),
    "good": ("#43cf91", "#16794b"),
    "warn": ("#f3b34c", "#8f5b00"),
    "bad": ("#ff6b78", "#c62536"),
    # Controls
    "fill": ("#3566dd", "#2b62dc"),
    "fill_hover": ("#3f70e2", "#2456c6"),
    "fill_press": ("#2d5ac6", "#1e4aad"),
    "on_fill": ("#ffffff", "#ffffff"),
    "groove": ("#636e80", "#7c8797"),
    "groove_hover": ("#8a95a6", "#5f6b7b"),
    "handle": ("#e8ecf2", "#ffffff"),
    "handle_hover": ("#ffffff", "#e3ebfd"),
    "handle_line": ("#e8ecf2", "#7c8797"),
}

_BOTH = {
    # On the picture, whatever it shows
    "picture_back": "#07090c",
    "hud_back": "#0a0c10d8",
    "hud_text": "#f2f5f9",
    "hud_soft": "#b4bfcd",
    "contour": "#f2f5f9",
    "contour_soft": "#bcc6d3",
    "contour_edge": "#07090cd0",
    # The mark of the program
    "mark_back": "#1b2433",
    "mark_first": "#5b8dff",
    "mark_second": "#ffb454",
}

_STRONGER = {
    "line": "text_faint",
    "line_strong": "text_soft",
    "control_line": "text_soft",
    "warn_line": "warn",
    "bad_line": "bad",
    "text_soft": "text",
    "text_faint": "text",
    "text_off": "text_faint",
}
"""Role → the role whose colour it has in the strong looks."""

DARK: Colours = {role: dark for role, (dark, _) in _ROLES.items()} | _BOTH
LIGHT: Colours = {role: light for role, (_, light) in _ROLES.items()} | _BOTH
STRONG_DARK: Colours = {role: DARK[_STRONGER.get(role, role)] for role in DARK}
STRONG_LIGHT: Colours = {role: LIGHT[_STRONGER.get(role, role)] for role in LIGHT}
"""For a system that is set to more contrast."""
