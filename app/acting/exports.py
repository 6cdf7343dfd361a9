"""Exports as they are asked for on their card, and what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from app.acting.backdrops import Backdrops
from app.acting.outcomes import Outcomes
from app.acting.playing import Playing
from app.basics.left_out import left_out_texts
from app.held.export_plan import ExportPlan
from app.held.options import OptionsModel
from app.running.exporting import Exporting
from app.running.player import Player
from engine.errors import EngineError

if TYPE_CHECKING:
    from engine.export import ExportSummary


class Exports:
    """Begins them with the settings of the moment in which they are asked for."""

    def __init__(
        self,
        exporting: Exporting,
        player: Player,
        playing: Playing,
        options: OptionsModel,
        backdrops: Backdrops,
        outcomes: Outcomes,
    ) -> None:
        self._exporting, self._player, self._playing = exporting, player, playing
        self._options, self._backdrops, self._outcomes = options, backdrops, outcomes
        exporting.saved.connect(self._tell_saved)
        exporting.failed.connect(self._tell_failed)

    def start(self, plan: ExportPlan) -> None:
        """Export what is open as planned; the picture stands meanwhile."""
        player, request = self._player, self._player.request
        if request is None:
            return
        self._playing.pause()  # the export gets the machine for itself
        runtime, sightings = player.runtime, player.sightings()
        settings = self._options.effective

        def begin() -> None:
            picture = self._options.effective.render.backdrop_picture
            render = replace(settings.render, backdrop_picture=picture)
            begun_with = replace(settings, render=render)
            self._exporting.start(plan, request, runtime, begun_with, sightings)

        self._exporting.expect()
        self._backdrops.when_read(begin)
        if not self._exporting.active:
            self._outcomes.tell_idle("The export begins once the picture behind people is read.")

    def _tell_saved(
        self, outputs: Sequence[Path], summary: ExportSummary, missing_sound: str
    ) -> None:
        if summary.left_out:
            self._outcomes.tell_incomplete(*left_out_texts(summary.left_out))
        elif summary.damage:
            hint = "The film that was exported goes on with the next one that can."
            self._outcomes.tell_incomplete(summary.damage, f"{hint} {missing_sound}".strip())
        elif missing_sound and outputs:
            self._outcomes.tell_incomplete(missing_sound)
        if outputs:
            # Exports take long: who comes back later is told, too.
            what = "Export finished" if summary.complete else "Export cancelled; kept"
            self._outcomes.tell_saved(what, outputs, stays=summary.complete)
        else:
            self._outcomes.tell_idle("Export cancelled.")

    def _tell_failed(self, error: EngineError, outputs: Sequence[Path]) -> None:
        kept = next(iter(outputs), None)
        self._outcomes.tell_failed("The export stopped.", error, "exported", kept)
