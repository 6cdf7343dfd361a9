"""Choosing for the person that stands out."""

from __future__ import annotations

from functools import partial

from app.acting.naming import Naming
from app.acting.picture import Picture
from app.held.options import OptionsModel
from app.held.shortcuts import Handlers
from app.shown.controls.look import EFFECTS
from engine.styles import PersonEffect


class PeopleCommands:
    """They do nothing while nobody stands out."""

    def __init__(self, picture: Picture, options: OptionsModel, naming: Naming) -> None:
        self._picture, self._options, self._naming = picture, options, naming

    def handlers(self) -> Handlers:
        """Command name → what it does."""
        effects = {
            f"effect_{effect.value}": partial(self._set_effect, effect) for effect, *_ in EFFECTS
        }
        return {
            "next_person": self._next_person,
            **effects,
            "only": self._only,
            "rename": lambda: self._naming.rename(self._picture.selected_id),
            "undo_person": self._options.undo_person,
        }

    def _next_person(self) -> None:
        result = self._picture.result
        ids = sorted(int(i) for i in result.instances.track_ids if i >= 0) if result else []
        if ids:
            now = self._picture.selected_id
            self._picture.select(next((i for i in ids if i > now), ids[0]))

    def _set_effect(self, effect: PersonEffect) -> None:
        selected = self._picture.selected_id
        if selected >= 0:
            self._options.set_style(selected, effect=effect)

    def _only(self) -> None:
        selected = self._picture.selected_id
        if self._options.only_id is not None:
            self._options.set_only(None)
        elif selected >= 0:
            self._options.set_only(selected)
