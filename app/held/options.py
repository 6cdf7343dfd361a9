"""The settings as the window holds them: one immutable value, changed in one place."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from PyQt6.QtCore import QObject, pyqtSignal

from app.basics.typesetting import set_line
from app.held.choices import ChoiceLog, Choices
from app.held.launch import WindowLaunch
from engine.config import Said, Settings
from engine.styles import Newcomers, NewPeople, PersonEffect, PersonStyle, one_line


@dataclass(frozen=True, slots=True)
class Guard:
    """New people, from an id on, who are hidden or blurred because others were.

    effect: which of both. before: what was chosen for new people.
    """

    first_id: int
    effect: PersonEffect
    before: NewPeople


class OptionsModel(QObject):
    """Holds the current `Settings`; every control writes here, the player reads from here.

    What is chosen for a person belongs to the ids of one source and is forgotten with it;
    all that is not chosen follows everybody, or what was chosen for new people before that
    person came. That choice outlives its source: of the next one everybody is new. launch: what
    the command line asks for counts for this run alone, until the user changes it.
    concealed: the id of somebody hidden or blurred while new people are not. renumbered: the id
    of somebody hidden or blurred who is somebody new, and the effect that new people have now
    because of it. untracked: the effect that everybody has because identities are not held any
    more. unsaid: a `Said` that was taken back. began_at_s: `time.perf_counter()` since which the
    ids mean who they do.
    """

    changed = pyqtSignal()
    concealed = pyqtSignal(int)
    renumbered = pyqtSignal(int, object)
    untracked = pyqtSignal(object)
    unsaid = pyqtSignal(object)

    def __init__(
        self,
        settings: Settings | None = None,
        parent: QObject | None = None,
        launch: WindowLaunch | None = None,
    ) -> None:
        super().__init__(parent)
        self._to_store = settings or Settings()
        self._settings = (launch or WindowLaunch()).over(self._to_store)
        self.began_at_s = time.perf_counter()
        self._highest_id = 0
        self._log = ChoiceLog()
        self._guard: Guard | None = None

    @property
    def stored(self) -> Settings:
        """What is worth keeping for the next start: without the people's own styles."""
        return self._to_store

    @property
    def effective(self) -> Settings:
        """What the pipeline runs with, all that was chosen for single people included."""
        render = replace(self._log.now.over(self._settings.render), typesetter=set_line)
        return replace(self._settings, render=render, said=self._log.now.said)

    @property
    def only_id(self) -> int | None:
        """The one person shown, or None when everybody is."""
        return self._log.now.only_id

    @property
    def new_people(self) -> NewPeople:
        """What is chosen for whoever comes next."""
        return self._settings.render.newcomers.choice

    @property
    def conceals_some(self) -> bool:
        """True where some people are hidden or blurred, and whoever comes next is not."""
        render = self.effective.render
        chosen = any(style.effect.conceals for style in render.styles.values())
        return (chosen or bool(render.newcomers.chosen)) and not self._conceals_next

    @property
    def _strictest(self) -> PersonEffect:
        return self._log.now.strictest(self._settings.render)

    @property
    def _conceals_next(self) -> bool:
        return self.effective.render.unchosen_style(-1).effect.conceals

    def style_of(self, track_id: int) -> PersonStyle:
        """How that person is shown when everybody is."""
        return self._log.now.style_of(track_id, self._settings.render)

    def name_of(self, track_id: int) -> str:
        """What that person is called: the name that was given, or the number."""
        if track_id < 0:
            return "Person"
        return self.style_of(track_id).name or f"Person {track_id}"

    def update_group(self, **changes: Any) -> None:
        """Change fields of `GroupOptions`."""
        self._change("group", **changes)

    def set_tracking(self, on: bool) -> None:
        """Hold identities or not.

        Without them nobody can be told from anybody else, and whoever is there when they are held
        again is new. So that nobody who was hidden or blurred is seen then, new people are.
        """
        strictest = self._strictest
        concealed = not on and self._conceal_newcomers(strictest)
        self._change("track", enabled=on)
        if concealed:
            self.untracked.emit(strictest)

    def update_render(self, **changes: Any) -> None:
        """Change fields of `RenderOptions`."""
        self._change("render", **changes)

    def update_steady(self, **changes: Any) -> None:
        """Change fields of `SteadyOptions`."""
        self._change("steady", **changes)

    def update_adaptive(self, **changes: Any) -> None:
        """Change fields of `AdaptiveOptions`."""
        self._change("adaptive", **changes)

    def set_new_people(self, choice: NewPeople) -> None:
        """What is done with those who come from now on, until something else is chosen.

        New is also whoever was found but has not been on the screen yet.
        """
        self._guard = None
        newcomers = self._settings.render.newcomers.then(self._highest_id + 1, choice)
        self.update_render(newcomers=newcomers)

    def guard_newcomers(self, first_id: int = 1) -> None:
        """Hide or blur whoever gets that id or a later one, if anybody is hidden or blurred.

        Until `end_guard`, for it is not known yet whether ids still mean the same people.
        """
        before = self._guard.before if self._guard is not None else self.new_people
        effect = PersonEffect.HIDE if self.only_id is not None else self._strictest
        stored, guard = self._to_store, Guard(first_id, effect, before)
        self.show_painted([first_id - 1])
        if self._conceal_newcomers(effect) or self._guard is not None:
            self._guard, self._to_store = guard, stored

    def end_guard(self, known: bool) -> Guard | None:
        """New people are as before if the ids are `known` to mean the same people.

        Else they stay hidden or blurred, and it is given, to `lift` it.
        """
        guard, stored, self._guard = self._guard, self._to_store, None
        if guard is None:
            return None
        self.set_new_people(guard.before if known else self.new_people)
        if known:
            self._to_store = stored
        return None if known else guard

    def lift(self, guard: Guard) -> None:
        """Show whoever was concealed by it alone."""
        newcomers = self._settings.render.newcomers.then(guard.first_id, guard.before)
        self.update_render(newcomers=newcomers)

    def show_painted(self, track_ids: Iterable[int]) -> None:
        """These people are on the screen, and so no longer new."""
        self._highest_id = max(self._highest_id, *track_ids, 0)

    def never_painted(self, track_id: int) -> None:
        """That was the number of somebody new, who is not after all; it may be given again."""
        if track_id == self._highest_id:
            self._highest_id -= 1

    def reset_detection(self) -> None:
        """The thresholds as they came."""
        defaults = Settings()
        self._to_store = replace(self._to_store, group=defaults.group, track=defaults.track)
        self._set(replace(self._settings, group=defaults.group, track=defaults.track))

    def set_style(self, track_id: int, **changes: Any) -> None:
        """Change one person's effect, colour or name; see `Choices.with_changes`."""
        choices = self._log.now.with_changes(track_id, changes, self._settings.render)
        if choices == self._log.now:
            return
        self._choose(choices)
        effect = changes.get("effect")
        if isinstance(effect, PersonEffect) and effect.conceals and not self._conceals_next:
            self.concealed.emit(track_id)

    def rename(self, track_id: int, text: str) -> None:
        """Give one person a name; nothing but spaces takes it away."""
        self.set_style(track_id, name=one_line(text))

    def set_only(self, track_id: int | None) -> None:
        """Show one person alone, or everybody again."""
        self._choose(replace(self._log.now, only_id=track_id))

    def correct(self, wrong: int, right: int | None, is_back: bool) -> None:
        """Say that whoever is called `wrong` is `right`, or for None somebody new.

        is_back: one person under two numbers, hidden, blurred or shown alone under both.
        Where somebody new was hidden or blurred under `wrong`, new people are from now on: so is
        this one, and whoever was meant to be, who has no number any more.
        """
        now, strictest = self._log.now, self._strictest
        uncovers = right is None and self.style_of(wrong).effect.conceals
        if uncovers and self._conceal_newcomers(strictest):
            self.renumbered.emit(wrong, strictest)
        if right is not None and is_back:
            now = now.moved(wrong, right, self.style_of(right).effect)
        self._choose(replace(now, said=(*now.said, Said(wrong, right))))

    def undo_person(self) -> None:
        """Take back the last `set_style`, `rename`, `set_only` or `correct`."""
        said = self._log.now.said
        if self._log.undo():
            self.changed.emit()
            if said != self._log.now.said:
                self.unsaid.emit(said[-1])

    def forget_people(self, same_people: bool = False) -> None:
        """Another session: ids begin anew, and everybody is new.

        same_people: they may be those of before, so they are guarded.
        """
        if same_people:
            self.guard_newcomers()
        else:
            self.end_guard(known=True)
        self.began_at_s, self._highest_id = time.perf_counter(), 0
        had_choices, render = self._log.forget(), self._settings.render
        newcomers = Newcomers().then(1, render.newcomers.choice)
        if had_choices or newcomers != render.newcomers:
            self._settings = replace(self._settings, render=replace(render, newcomers=newcomers))
            self.changed.emit()

    def _conceal_newcomers(self, effect: PersonEffect) -> bool:
        """Hide or blur new people; False where `effect` is what is done with them anyway."""
        if effect is self._settings.render.unchosen_style(-1).effect:
            return False
        self.set_new_people(NewPeople.HIDE if effect is PersonEffect.HIDE else NewPeople.BLUR)
        return True

    def _choose(self, choices: Choices) -> None:
        if self._log.choose(choices):
            self.changed.emit()

    def _change(self, stage: str, **changes: Any) -> None:
        self._to_store = _with(self._to_store, stage, **changes)
        self._set(_with(self._settings, stage, **changes))

    def _set(self, settings: Settings) -> None:
        if settings != self._settings:
            self._settings = settings
            self.changed.emit()


def _with(settings: Settings, stage: str, **changes: Any) -> Settings:
    """`settings` with other fields in the options of one stage."""
    options: Any = {stage: replace(getattr(settings, stage), **changes)}
    return replace(settings, **options)
