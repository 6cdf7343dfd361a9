"""What must be known of who is hidden or blurred, told when it matters."""

from __future__ import annotations

from app.held.kept import Kept
from app.held.options import Guard, OptionsModel
from app.running.player import Player
from app.shown.banner import Banner, Choice, Level
from engine.styles import NewPeople, PersonEffect


class ConcealNotices:
    """Tells who may be seen unawares, or is concealed without having been chosen."""

    def __init__(self, options: OptionsModel, player: Player, kept: Kept, banner: Banner) -> None:
        self._options, self._player, self._kept, self._banner = options, player, kept, banner
        options.concealed.connect(self._tell_of_newcomers)
        options.renumbered.connect(self._tell_renumbered)
        options.untracked.connect(self._tell_untracked)

    def tell_guard(self, guard: Guard) -> None:
        """What was lost is back, and the people in it count as new."""
        done = _done(guard.effect)
        self._banner.post(
            Level.INFO,
            f"Whoever is not recognised is {done}, because somebody was.",
            "The picture did not go on where it stopped. "
            f"New people stay {done} until you choose otherwise: Look › New people.",
            [Choice("Show them", lambda: self._options.lift(guard))],
        )

    def _tell_of_newcomers(self, track_id: int) -> None:
        """Somebody was hidden or blurred who may come back under a new number; told once ever."""
        state = self._player.state()
        source = state.source if state is not None else None
        nobody_comes = source is not None and source.frame_count == 1
        if nobody_comes or self._kept.view.knows_newcomers:
            return
        self._kept.change_view(knows_newcomers=True)
        hides = self._options.style_of(track_id).effect is PersonEffect.HIDE
        done, verb, choice = (
            ("hidden", "Hide", NewPeople.HIDE) if hides else ("blurred", "Blur", NewPeople.BLUR)
        )
        self._banner.post(
            Level.INFO,
            f"{self._options.name_of(track_id)} is {done}, but may come back as somebody new.",
            f"Whoever leaves the picture can get another number on returning and is then {done} "
            "only if new people are: Look › New people.",
            [Choice(f"{verb} new people", lambda: self._options.set_new_people(choice))],
        )

    def _tell_renumbered(self, track_id: int, effect: PersonEffect) -> None:
        """Somebody hidden or blurred is somebody new, so new people are hidden or blurred, too."""
        done, options = _done(effect), self._options
        self._banner.post(
            Level.INFO,
            f"New people are {done} from now on, because {options.name_of(track_id)} is.",
            f"So is this one, until you choose otherwise for them. Whoever was meant to be {done} "
            "may come back as somebody new, too: Look › New people.",
            [Choice("Show new people", lambda: options.set_new_people(NewPeople.AS_EVERYBODY))],
        )

    def _tell_untracked(self, effect: PersonEffect) -> None:
        """Identities are not held any more, so what was done with somebody is with everybody."""
        done, options = _done(effect), self._options
        self._banner.post(
            Level.INFO,
            f"Without identities everybody is {done}, because somebody was.",
            f"Nobody can be told from anybody else now, and with identities again everybody is "
            f"new. New people stay {done} until you choose otherwise: Look › New people.",
            [Choice("Show everybody", lambda: options.set_new_people(NewPeople.AS_EVERYBODY))],
        )


def _done(effect: PersonEffect) -> str:
    return "hidden" if effect is PersonEffect.HIDE else "blurred"
