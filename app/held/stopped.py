"""Where a session ended that another one goes on from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.types import Frame, Result

if TYPE_CHECKING:
    from engine.session import Memory

_SAME_TIME_S = 1e-3
_SAME_LEVELS = 4.0
"""Mean difference, of 255, up to which two pictures are one, perhaps decoded differently."""


@dataclass(frozen=True, slots=True, eq=False)
class Stopped:
    """What goes on from there. frame: the last one shown."""

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
