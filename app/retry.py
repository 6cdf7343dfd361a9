"""The same source once more after it failed: where it stopped, with what was chosen for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.types import Frame, Result

if TYPE_CHECKING:
    from app.main_window import MainWindow
    from engine.session import Memory

_SAME_TIME_S = 1e-3
_SAME_LEVELS = 4.0
"""Mean difference, of 255, up to which two pictures are one, perhaps decoded differently."""


@dataclass(frozen=True, slots=True, eq=False)
class Stopped:
    """Where a session ended that another one goes on from. frame: the last one shown."""

    frame: Frame
    memory: Memory

    def knows(self, result: Result) -> bool:
        """Whether it goes on here, with nobody new: another network may find other people."""
        first_id = self.memory.sightings.next_id
        return self.is_at(result.frame) and bool((result.instances.track_ids < first_id).all())

    def is_at(self, frame: Frame) -> bool:
        """Whether that is the same picture at the same place, so that the film is the same."""
        # By the time: of a film that breaks off ranks may lack pictures, shown before, that follow.
        if abs(frame.time_s - self.frame.time_s) > _SAME_TIME_S:
            return False
        if frame.size_hw != self.frame.size_hw:
            return False
        before, now = (f.image_bgr[::4, ::4].astype(np.int16) for f in (self.frame, frame))
        return float(np.abs(before - now).mean()) <= _SAME_LEVELS


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
