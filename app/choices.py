"""What was chosen for single people: values, of which the one before takes back the last choice."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from engine.config import Said
from engine.styles import PersonEffect

UNDO_STEPS = 100


@dataclass(frozen=True, slots=True)
class Choices:
    """own: track id → fields of its `PersonStyle`. only_id: the one person shown, None: everybody.

    said: of identities that are wrong.
    """

    own: Mapping[int, Mapping[str, Any]] = field(default_factory=lambda: MappingProxyType({}))
    only_id: int | None = None
    said: tuple[Said, ...] = ()

    def of(self, track_id: int) -> Mapping[str, Any]:
        """What was chosen for that person alone."""
        return self.own.get(track_id, {})

    def with_own(self, track_id: int, own: Mapping[str, Any]) -> Choices:
        """With that and nothing else for one person."""
        return replace(self, own=MappingProxyType({**self.own, track_id: own}))

    def moved(self, wrong: int, right: int, effect: PersonEffect) -> Choices:
        """With `right` shown alone, or concealed, as `wrong` is; effect: what `right` has."""
        only_id = right if self.only_id == wrong else self.only_id
        moved, chosen = replace(self, only_id=only_id), self.of(wrong).get("effect")
        if chosen is None or not _conceals_more(chosen, effect):
            return moved
        return moved.with_own(right, {**self.of(right), "effect": chosen})


class ChoiceLog:
    """The choices as they are, and as they were before each change."""

    def __init__(self) -> None:
        self.now = Choices()
        self._before: deque[Choices] = deque(maxlen=UNDO_STEPS)

    def choose(self, choices: Choices) -> bool:
        """Have these from now on; False where they are the same."""
        if choices == self.now:
            return False
        self._before.append(self.now)
        self.now = choices
        return True

    def undo(self) -> bool:
        """Have those from before the last change; False where there are none."""
        if not self._before:
            return False
        self.now = self._before.pop()
        return True

    def forget(self) -> bool:
        """Choices mean other people from now on; whether there were any."""
        had_choices, self.now = self.now != Choices(), Choices()
        self._before.clear()
        return had_choices


def _conceals_more(effect: PersonEffect, than: PersonEffect) -> bool:
    if effect is PersonEffect.HIDE:
        return than is not PersonEffect.HIDE
    return effect.conceals and not than.conceals
