"""The card of the export, offered for what can be exported."""

from __future__ import annotations

from app.acting.outcomes import Outcomes
from app.acting.output_folder import OutputFolder
from app.basics.saving import PICTURES, VIDEOS
from app.held.options import OptionsModel
from app.running.exporting import Exporting
from app.running.player import Player
from app.shown.export_card import ExportCard
from app.shown.transport import NOT_EXPORTED


class ExportOffer:
    """Opens the card, and tells it what changes while it is open."""

    def __init__(
        self,
        card: ExportCard,
        exporting: Exporting,
        player: Player,
        options: OptionsModel,
        folder: OutputFolder,
        outcomes: Outcomes,
    ) -> None:
        self._card, self._exporting, self._player = card, exporting, player
        self._options, self._folder, self._outcomes = options, folder, outcomes
        card.folder_wanted.connect(folder.choose)
        folder.chosen.connect(self._show_folder)
        options.changed.connect(self._tell_of_newcomers)

    def make(self) -> None:
        """Show the card: of the export under way, or of one that may begin."""
        state = self._player.state()
        source = state.source if state is not None else None
        if self._exporting.active:
            self._card.show()
        elif source is not None and source.live:
            self._outcomes.tell_idle(NOT_EXPORTED)
        elif source is not None:
            folder = self._folder.of(PICTURES if source.pictures else VIDEOS)
            self._card.open(source, folder, self._position_s, self._options.conceals_some)

    def withdraw(self) -> None:
        """What was offered is not shown any more; an export of it goes on."""
        if not self._exporting.active:
            self._card.hide()

    def _position_s(self) -> float:
        """Where the film stands, from its beginning."""
        state = self._player.state()
        return state.from_start_s if state is not None else 0.0

    def _show_folder(self) -> None:
        self._card.set_folder(self._folder.of(VIDEOS))

    def _tell_of_newcomers(self) -> None:
        self._card.tell_of_newcomers(self._options.conceals_some)
