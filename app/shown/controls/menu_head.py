"""The first line of a menu: whose it is."""

from __future__ import annotations

from PyQt6.QtWidgets import QMenu, QWidgetAction

from app.shown.controls.widgets import label, menu_text, shortened

_MARGINS_PX = (12, 6, 12, 4)


def put_head(menu: QMenu, name: str) -> None:
    """Say at the top of a menu whose it is; keys pass it over."""
    head = QWidgetAction(menu)
    text = label(shortened(name), "section")
    text.setContentsMargins(*_MARGINS_PX)
    head.setDefaultWidget(text)
    head.setSeparator(True)
    head.setText(menu_text(name))  # Qt hides a separator without text that nothing is above
    menu.insertAction(next(iter(menu.actions()), None), head)
