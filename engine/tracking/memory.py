"""What the tracker remembers from one frame to the next."""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.types import BoolArray, Float32Array

SETTLED_HITS = 4
"""A track seen in so many frames is a person, not a passing false alarm."""

NO_ID = -1
"""Of a track that is not counted yet."""


@dataclass(frozen=True, slots=True, eq=False)
class Looks:
    """The colours of somebody, and of what was around people in that frame.

    Both float32, a row of the roots of each colour's share (`engine.tracking.looks`).
    """

    colours: Float32Array
    room: Float32Array


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """One identity as last seen.

    track_id: from 1 up, or NO_ID. box_xyxy: (4,) float32, frame pixels, smoothed. velocity_xy:
    (2,) float32, pixels per second. width_px: of the box when the whole person was in sight,
    forgotten slowly. mask: bool crop of the reduced label image; mask_yx: the cell of its upper
    left corner; area: its cells. since_s, seen_at_s: times of the first and the last frame
    with it. hits: number of frames with it. split_frames, split_since_s: for how long a piece
    has been breaking out of it; 0 frames when none is. looks: None where not known. behind: the id
    of whoever stood in front when it went out of sight, NO_ID for nobody.
    """

    track_id: int
    box_xyxy: Float32Array
    velocity_xy: Float32Array
    width_px: float
    mask: BoolArray
    mask_yx: tuple[int, int]
    area: int
    since_s: float
    seen_at_s: float
    hits: int
    split_frames: int = 0
    split_since_s: float = 0.0
    looks: Looks | None = None
    behind: int = NO_ID


@dataclass(frozen=True, slots=True, eq=False)
class TrackState:
    """The tracker's memory after one frame; pass it to the next call.

    frame_hw: size of that frame. time_s: its time. next_id: the first id not given yet.
    goes_on: False where the next frame does not follow that one.
    """

    tracks: tuple[Track, ...]
    frame_hw: tuple[int, int]
    time_s: float
    next_id: int
    goes_on: bool = True

    @property
    def in_sight(self) -> list[Track]:
        """Those counted who are in that frame."""
        return [t for t in self.tracks if t.track_id != NO_ID and t.seen_at_s == self.time_s]

    @property
    def out_of_sight(self) -> list[Track]:
        """Those who are not in that frame."""
        return [t for t in self.tracks if t.seen_at_s != self.time_s]

    @classmethod
    def beginning(cls, next_id: int = 1) -> TrackState:
        """Before a first frame."""
        return cls((), (0, 0), 0.0, next_id, goes_on=False)

    def with_lost(self, lost: tuple[Track, ...], before: TrackState) -> TrackState:
        """With others out of sight who were so `before`, the state of the frame before."""
        goes_on = self.goes_on and self.frame_hw == before.frame_hw
        if not goes_on or self.time_s < before.time_s:
            return self
        return replace(self, tracks=(*self.tracks, *lost))

    def ended(self) -> TrackState:
        """All tracks are over, and the next frame does not go on from the last one."""
        # Ids go on counting: given out again they would mean somebody else.
        return replace(self, tracks=(), goes_on=False)
