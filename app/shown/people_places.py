"""In which row of the list each person is: in order of the ids, or where they were."""

from __future__ import annotations

from collections.abc import Collection, Sequence

MOST_AWAY = 20
"""So many rows of people who left are kept; then who comes gets that of who left first."""


class Places:
    """ids: of the rows, from the top; -1 for somebody without identity."""

    def __init__(self) -> None:
        self.ids: list[int] = []
        self._away: list[int] = []  # who left first is first

    def arrange(
        self, present: Sequence[int], held: bool = False, in_use: Collection[int] = ()
    ) -> None:
        """Bring the rows up to date with who is in the picture.

        held: whoever has a row keeps it, also once they are gone, and who comes is added below.
        in_use: whose row is pointed at or has the keys; nobody else ever gets it.
        """
        if not held or -1 in present:
            self.ids, self._away = sorted(present), []
            return
        self.ids = [track_id for track_id in self.ids if track_id >= 0]
        gone = [track_id for track_id in self.ids if track_id not in present]
        self._away = [track_id for track_id in self._away if track_id in gone]
        self._away += [track_id for track_id in gone if track_id not in self._away]
        for newcomer in sorted(set(present) - set(self.ids)):
            self._add(newcomer, in_use)

    def _add(self, newcomer: int, in_use: Collection[int]) -> None:
        if len(self._away) < MOST_AWAY:
            self.ids.append(newcomer)
            return
        left_first = next(track_id for track_id in self._away if track_id not in in_use)
        self._away.remove(left_first)
        self.ids[self.ids.index(left_first)] = newcomer
