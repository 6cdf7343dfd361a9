"""The same source once more, after it failed where it stopped, with what was chosen for people."""

from __future__ import annotations

from app.acting.conceal_notices import ConcealNotices
from app.acting.picture import Picture
from app.acting.sources import Sources
from app.held.options import OptionsModel
from app.held.stopped import Stopped
from app.running.player import Player
from app.shown.banner import Banner
from engine.board import Phase
from engine.types import Result


class Retry:
    """Keeps people as they were over a retry, and sees to it that nobody is uncovered by it.

    Until its first picture has shown that the film goes on where it stopped, whoever comes is
    hidden or blurred like whoever is so most; and from then on if it does not go on there.
    """

    def __init__(
        self,
        player: Player,
        picture: Picture,
        sources: Sources,
        options: OptionsModel,
        notices: ConcealNotices,
        banner: Banner,
    ) -> None:
        self._player, self._picture, self._sources = player, picture, sources
        self._options, self._notices, self._banner = options, notices, banner
        self._stopped: Stopped | None = None
        self._guards = False
        self._selected_id = -1
        player.beginning.connect(self._on_beginning)
        player.going_on.connect(self._on_going_on)
        player.began.connect(self._on_began)

    def begin(self) -> None:
        """Try what is open or failed to open once more."""
        self._selected_id = max(self._selected_id, self._picture.selected_id)
        self._banner.dismiss()
        self._picture.clear()
        self._player.retry()

    def reopen(self) -> None:
        """The same source once more: where it stopped if it failed, else from its start."""
        state, request = self._player.state(), self._player.request
        if state is not None and state.phase is Phase.FAILED:
            self.begin()
        elif request is not None:
            self._sources.open_anew(request)

    def _on_beginning(self, same_people: bool) -> None:
        """A session is about to take the settings whose ids begin anew."""
        self._options.forget_people(same_people)
        self._stopped, self._guards, self._selected_id = None, same_people, -1

    def _on_going_on(self, stopped: Stopped) -> None:
        """One that goes on is about to take the settings."""
        self._stopped, self._guards = stopped, True
        self._options.guard_newcomers(stopped.memory.sightings.next_id)

    def _on_began(self, result: Result) -> None:
        """The first picture tells whether the film goes on where it stopped."""
        if not self._guards:
            return
        known = self._stopped is not None and self._stopped.knows(result)
        guard = self._options.end_guard(known)
        if known:
            self._picture.select(self._selected_id)
        if guard is not None:
            self._notices.tell_guard(guard)
        self._stopped, self._selected_id = None, -1
