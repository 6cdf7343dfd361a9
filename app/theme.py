"""The look: one dark palette, one accent, one style sheet; hi-dpi safe, no image files."""

from __future__ import annotations

from importlib.resources import files

from PyQt6.QtGui import QColor, QFontDatabase, QPalette
from PyQt6.QtWidgets import QApplication, QStyleFactory

GRID_PX = 8
"""All gaps and margins are multiples of half of it."""

PALETTE = {
    "stage": "#07090c",
    "window": "#11141a",
    "raised": "#191d25",
    "control": "#232934",
    "control_hover": "#2c3442",
    "control_press": "#353e4e",
    "line": "#1f242d",
    "line_strong": "#2e3644",
    "text": "#e8ecf2",
    "text_soft": "#a3adbc",
    "text_faint": "#6c7787",
    "accent": "#5b8dff",
    "accent_hover": "#739eff",
    "accent_press": "#4a7cf0",
    "accent_soft": "#20304f",
    "on_accent": "#ffffff",
    "good": "#43cf91",
    "warn": "#f3b34c",
    "warn_line": "#6a5328",
    "warn_back": "#35290f",
    "bad": "#ff5d6c",
    "bad_line": "#74313b",
    "live_back": "#3a1c23",
    "hud_text": "#f2f5f9",
    "hud_soft": "#9eabbd",
}

_PREFERRED_FONTS = (
    "Inter", "SF Pro Text", "Segoe UI", "Ubuntu", "Cantarell", "Noto Sans", "Open Sans",
    "Roboto", "Helvetica Neue", "DejaVu Sans",
)  # fmt: skip


def colour(name: str, alpha: int = 255) -> QColor:
    """A palette colour by its name, `alpha` 0 to 255."""
    result = QColor(PALETTE[name])
    result.setAlpha(alpha)
    return result


def apply_theme(app: QApplication) -> None:
    """Give the whole application its palette and style sheet."""
    app.setStyle(QStyleFactory.create("Fusion"))
    app.setPalette(_qt_palette())
    app.setStyleSheet(style_sheet())


def style_sheet() -> str:
    """The style sheet with every @name replaced by its colour."""
    text = files("app").joinpath("theme.qss").read_text(encoding="utf-8")
    text = text.replace("@font", _font_stack())
    for name in sorted(PALETTE, key=len, reverse=True):  # longest first: @text_soft before @text
        text = text.replace(f"@{name}", PALETTE[name])
    return text


def _font_stack() -> str:
    installed = set(QFontDatabase.families())
    names = [name for name in _PREFERRED_FONTS if name in installed]
    return ", ".join(f'"{name}"' for name in [*names, "sans-serif"])


def _qt_palette() -> QPalette:
    palette = QPalette()
    roles = {
        QPalette.ColorRole.Window: "window",
        QPalette.ColorRole.WindowText: "text",
        QPalette.ColorRole.Base: "raised",
        QPalette.ColorRole.AlternateBase: "control",
        QPalette.ColorRole.Text: "text",
        QPalette.ColorRole.PlaceholderText: "text_faint",
        QPalette.ColorRole.Button: "control",
        QPalette.ColorRole.ButtonText: "text",
        QPalette.ColorRole.ToolTipBase: "raised",
        QPalette.ColorRole.ToolTipText: "text",
        QPalette.ColorRole.Highlight: "accent",
        QPalette.ColorRole.HighlightedText: "on_accent",
    }
    for role, name in roles.items():
        palette.setColor(role, colour(name))
    for role in (QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, colour("text_faint"))
    return palette
