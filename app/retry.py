"""The same source once more after it failed: where it stopped, with what was chosen for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.stopped import Stopped
from engine.types import Result

if TYPE_CHECKING:
    from app.main_window import MainWindow


class Retry:
    """Keeps people as they were over a retry, and sees to it that nobody is uncovered by it.

    Until its first picture has shown that the film goes on where it stopped, whoever comes is
    hidden or blurred like whoever is so most; and from then on if it does not go on there.
    """

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._stopped: Stopped | None = None
        self._guards = False
        self._selected_id = -1

    def begin(self) -> None:
        """Try what is open or failed to open once more."""
        window = self._window
        self._selected_id = max(self._selected_id, window.stage.view.selected_id)
        window.stage.banner.dismiss()
        window.clear_picture()
        window.player.retry()

    def on_beginning(self, same_people: bool) -> None:
        """A session is about to take the settings whose ids begin anew."""
        self._stopped, self._guards, self._selected_id = None, same_people, -1

    def on_going_on(self, stopped: Stopped) -> None:
        """One that goes on is about to take the settings."""
        self._stopped, self._guards = stopped, True
        self._window.options.guard_newcomers(stopped.memory.sightings.next_id)

    def on_began(self, result: Result) -> None:
        """The first picture tells whether the film goes on where it stopped."""
        if not self._guards:
            return
        known = self._stopped is not None and self._stopped.knows(result)
        guard = self._window.options.end_guard(known)
        if known:
            self._window.select(self._selected_id)
        if guard is not None:
            self._window.notices.tell_guard(guard)
        self._stopped, self._selected_id = None, -1
