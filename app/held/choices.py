"""What was chosen for single people, as values: the one before takes back the last choice."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from engine.config import Said
from engine.styles import PersonEffect, PersonStyle, RenderOptions

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

    def style_of(self, track_id: int, render: RenderOptions) -> PersonStyle:
        """How that person is shown when everybody is; `render` has no styles of its own."""
        return replace(render.unchosen_style(track_id), **self.of(track_id))

    def over(self, render: RenderOptions) -> RenderOptions:
        """`render` with the styles of single people."""
        default = render.default_style
        styles = {track_id: self.style_of(track_id, render) for track_id in self.own}
        if self.only_id is not None:
            default = PersonStyle(PersonEffect.HIDE)
            hidden = {i: replace(s, effect=PersonEffect.HIDE) for i, s in styles.items()}
            styles = {**hidden, self.only_id: self.style_of(self.only_id, render)}
        return replace(render, default_style=default, styles=MappingProxyType(styles))

    def strictest(self, render: RenderOptions) -> PersonEffect:
        """What is done with whoever comes next, or with anybody who is concealed more."""
        usual = render.unchosen_style(-1).effect
        effects = {usual}
        effects.update(self.style_of(track_id, render).effect for track_id in self.own)
        effects.update(
            render.unchosen_style(first_id).effect for first_id, _ in render.newcomers.chosen
        )
        concealing = (PersonEffect.HIDE, PersonEffect.BLUR)
        return next((effect for effect in concealing if effect in effects), usual)

    def with_changes(
        self, track_id: int, changes: Mapping[str, Any], render: RenderOptions
    ) -> Choices:
        """With other fields of one person's style.

        What is as without a choice is followed again, but for being hidden or blurred: that
        stays chosen when everybody is shown.
        """
        unchosen = render.unchosen_style(track_id)
        own = {
            name: value
            for name, value in {**self.of(track_id), **changes}.items()
            if value != getattr(unchosen, name)
            or (isinstance(value, PersonEffect) and value.conceals)
        }
        if own == self.of(track_id):
            return self
        return self._with_own(track_id, own)

    def moved(self, wrong: int, right: int, effect: PersonEffect) -> Choices:
        """With `right` shown alone, or concealed, as `wrong` is; effect: what `right` has."""
        only_id = right if self.only_id == wrong else self.only_id
        moved, chosen = replace(self, only_id=only_id), self.of(wrong).get("effect")
        if chosen is None or not _conceals_more(chosen, effect):
            return moved
        return moved._with_own(right, {**self.of(right), "effect": chosen})

    def _with_own(self, track_id: int, own: Mapping[str, Any]) -> Choices:
        return replace(self, own=MappingProxyType({**self.own, track_id: own}))


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
