"""Keeping what is seen."""

from __future__ import annotations

from PyQt6.QtWidgets import QApplication

from app.acting.export_offer import ExportOffer
from app.acting.recordings import Recordings
from app.acting.stills import Stills
from app.held.shortcuts import Handlers
from app.shown.controls.message_label import MessageLabel


class SavingCommands:
    """Of the picture, and of the film that it is from."""

    def __init__(self, recordings: Recordings, stills: Stills, offer: ExportOffer) -> None:
        self._recordings, self._stills, self._offer = recordings, stills, offer

    def handlers(self) -> Handlers:
        """Command name → what it does."""
        return {
            "record": self._recordings.toggle,
            "screenshot": self._stills.save,
            "copy_picture": self._copy,
            "export": self._offer.make,
        }

    def _copy(self) -> None:
        """The picture, unless text of a message is selected."""
        focus = QApplication.focusWidget()
        if isinstance(focus, MessageLabel) and focus.hasSelectedText():
            focus.copy()
        else:
            self._stills.copy()
