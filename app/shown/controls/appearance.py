"""Light or dark."""

from __future__ import annotations

from PyQt6.QtCore import pyqtSignal

from app.held.preferences import Appearance
from app.shown.controls.section import Section
from app.shown.controls.widgets import Segments

APPEARANCES = (
    (Appearance.SYSTEM, "System", "As the system is, also when it changes"),
    (Appearance.LIGHT, "Light", "Always light"),
    (Appearance.DARK, "Dark", "Always dark"),
)
"""Choice, name, explanation."""


def appearance_title(appearance: Appearance) -> str:
    """Its name for people."""
    return next(title for choice, title, _ in APPEARANCES if choice is appearance)


class AppearanceSection(Section):
    """wanted: an `Appearance`."""

    wanted = pyqtSignal(object)

    def __init__(self, appearance: Appearance) -> None:
        super().__init__("appearance", "Appearance")
        self.choices = Segments("Appearance", tuple((name, tip) for _, name, tip in APPEARANCES))
        self.choices.chosen.connect(lambda i: self.wanted.emit(APPEARANCES[i][0]))
        self.column.addWidget(self.choices)
        self.show_appearance(appearance)

    def show_appearance(self, appearance: Appearance) -> None:
        """Show what is chosen."""
        self.choices.set_index([choice for choice, *_ in APPEARANCES].index(appearance))
