"""The look: one palette and one style sheet from the colours shown now; hi-dpi safe, no images."""

from __future__ import annotations

import re
from importlib.resources import files

from PyQt6.QtGui import QColor, QFontDatabase, QPalette
from PyQt6.QtWidgets import QApplication

from app.basics.colours import DARK, Colours

GRID_PX = 8
"""All gaps and margins are multiples of half of it."""

_PREFERRED_FONTS = (
    "Inter", "SF Pro Text", "Segoe UI", "Ubuntu", "Cantarell", "Noto Sans", "Open Sans",
    "Roboto", "Helvetica Neue", "DejaVu Sans",
)  # fmt: skip

_PALETTE_ROLES = {
    QPalette.ColorRole.Window: "window",
    QPalette.ColorRole.WindowText: "text",
    QPalette.ColorRole.Base: "raised",
    QPalette.ColorRole.AlternateBase: "control",
    QPalette.ColorRole.Text: "text",
    QPalette.ColorRole.PlaceholderText: "text_faint",
    QPalette.ColorRole.Button: "control",
    QPalette.ColorRole.ButtonText: "text",
    QPalette.ColorRole.BrightText: "text",
    QPalette.ColorRole.ToolTipBase: "raised",
    QPalette.ColorRole.ToolTipText: "text",
    QPalette.ColorRole.Highlight: "fill",
    QPalette.ColorRole.HighlightedText: "on_fill",
    QPalette.ColorRole.Accent: "fill",
    QPalette.ColorRole.Link: "accent",
    QPalette.ColorRole.LinkVisited: "accent",
    QPalette.ColorRole.Light: "control_hover",
    QPalette.ColorRole.Midlight: "control_hover",
    QPalette.ColorRole.Mid: "line_strong",
    QPalette.ColorRole.Dark: "line_strong",
    QPalette.ColorRole.Shadow: "line",
}
_TEXT_ROLES = (
    QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText, QPalette.ColorRole.WindowText,
)  # fmt: skip


class _Shown:
    """The colours that everything is painted in now."""

    colours: Colours = DARK


def colours_shown() -> Colours:
    """`DARK` or `LIGHT`, or the strong one of these."""
    return _Shown.colours


def colour(role: str) -> QColor:
    """What a role looks like now; ask while painting, not before. Raises KeyError."""
    code = _Shown.colours[role]
    result = QColor(code[:7])
    if len(code) > 7:
        result.setAlpha(int(code[7:], 16))
    return result


def apply_theme(app: QApplication, colours: Colours) -> None:
    """Show the whole application in `colours`, at once."""
    _Shown.colours = colours
    app.setPalette(_qt_palette())
    app.setStyleSheet(style_sheet())


def style_sheet() -> str:
    """The style sheet with every @role replaced by its colour. Raises KeyError for no role."""
    text = files("app.basics").joinpath("theme.qss").read_text(encoding="utf-8")
    text = text.replace("@font", _font_stack())
    return re.sub(r"@(\w+)", lambda found: _code_for_sheet(found[1]), text)


def _code_for_sheet(role: str) -> str:
    return colour(role).name(QColor.NameFormat.HexArgb)


def _font_stack() -> str:
    """Only those that are there: for another one macOS looks through all fonts, for up to a second
    (qutebrowser#5184)."""
    installed = set(QFontDatabase.families())
    names = [name for name in _PREFERRED_FONTS if name in installed]
    return ", ".join(f'"{name}"' for name in names or ["sans-serif"])


def _qt_palette() -> QPalette:
    palette = QPalette()
    for role, name in _PALETTE_ROLES.items():
        palette.setColor(role, colour(name))
    for role in _TEXT_ROLES:
        palette.setColor(QPalette.ColorGroup.Disabled, role, colour("text_off"))
    return palette
