"""Typing a name for a person, in the list."""

from __future__ import annotations

from app.acting.chrome import Chrome
from app.shown.side_panel import SidePanel


class Naming:
    """Brings the list out wherever it was asked for."""

    def __init__(self, panel: SidePanel, chrome: Chrome) -> None:
        self._panel, self._chrome = panel, chrome

    def rename(self, track_id: int) -> None:
        """Let the user type a name for a person, if listed."""
        row = self._panel.people.row_of(track_id)
        if row is not None:
            self._chrome.bring_panel()
            self._panel.rename(row)
