"""Saying who somebody is whose identity is wrong."""

from __future__ import annotations

from collections.abc import Iterable

from PyQt6.QtCore import QObject

from app.acting.picture import Picture
from app.held.options import OptionsModel
from app.running.player import Player
from engine.config import Said

MOST = 12
"""So many people are offered, those in the picture and with choices of their own first."""


class Identities(QObject):
    """Knows who was seen, and so who somebody may be."""

    def __init__(self, player: Player, options: OptionsModel, picture: Picture) -> None:
        super().__init__(picture)
        self._player, self._options, self._picture = player, options, picture
        self._seen: dict[int, None] = {}  # the latest last
        self._began_at_s = options.began_at_s
        picture.seen.connect(self._see)
        options.unsaid.connect(self._on_unsaid)

    @property
    def in_picture(self) -> list[int]:
        """The ids of the people in the picture that is shown."""
        result = self._picture.result
        return result.instances.track_ids.tolist() if result is not None else []

    def others(self, track_id: int) -> list[int]:
        """Who that person may be instead, in order of the ids."""
        chosen = self._options.effective.render.styles
        ranked = dict.fromkeys([*self.in_picture, *chosen, *reversed(self._seen)])
        return sorted([i for i in ranked if i > 0 and i != track_id][:MOST])

    def correct(self, wrong: int, right: int | None) -> None:
        """Whoever is called `wrong` is `right`, or for None somebody new."""
        is_back = right is not None and right not in self.in_picture
        self._options.correct(wrong, right, is_back)
        self._picture.select(-1 if right is None else right)

    def _see(self, track_ids: Iterable[int]) -> None:
        """These people are on the screen."""
        if self._began_at_s != self._options.began_at_s:  # ids mean others since
            self._seen.clear()
            self._began_at_s = self._options.began_at_s
        for track_id in track_ids:
            self._seen.pop(track_id, None)
            self._seen[track_id] = None

    def _on_unsaid(self, said: Said) -> None:
        """Whoever is selected stays so, and nobody knows somebody who was never there."""
        right = self._player.meant(said)
        if right is None:
            return
        if said.right is None:
            self._seen.pop(right, None)
            self._options.never_painted(right)
        if self._picture.selected_id in (right, -1 if said.right is None else right):
            self._picture.select(said.wrong)
