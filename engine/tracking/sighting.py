"""One frame of a film as it is remembered: who was where, in few bytes."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from engine.tracking.memory import Track
from engine.types import BoolArray, Float32Array, UInt8Array

_COUNT_BYTES = 4
_ROW = np.dtype([("track_id", "<i8"), ("box_xyxy", "<f4", 4), ("yxhw", "<i2", 4)])


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """Where somebody was; the mask of a `Track` without its empty margins, packed to bits."""

    track_id: int
    box_xyxy: Float32Array
    mask_bits: UInt8Array
    mask_hw: tuple[int, int]
    mask_yx: tuple[int, int]

    @classmethod
    def of(cls, track: Track) -> Person:
        """As last seen."""
        rows, columns = (np.flatnonzero(track.mask.any(axis=axis)) for axis in (1, 0))
        if not len(rows):
            return cls(track.track_id, track.box_xyxy, np.empty(0, np.uint8), (0, 0), (0, 0))
        (top, bottom), (left, right) = ((int(i[0]), int(i[-1]) + 1) for i in (rows, columns))
        bits = np.packbits(track.mask[top:bottom, left:right])
        mask_yx = (track.mask_yx[0] + top, track.mask_yx[1] + left)
        return cls(track.track_id, track.box_xyxy, bits, (bottom - top, right - left), mask_yx)

    def mask(self) -> BoolArray:
        """(H, W) bool cells, `mask_yx` that of the upper left corner."""
        count = self.mask_hw[0] * self.mask_hw[1]
        return np.unpackbits(self.mask_bits, count=count).astype(np.bool_).reshape(self.mask_hw)


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """The people of one frame. visit: how many jumps there were before.

    content: the people in one compressed piece. Thousands of frames are remembered, and as
    objects of their own the people would take more for their heads than for what they hold.
    """

    visit: int
    time_s: float
    frame_hw: tuple[int, int]
    content: bytes

    @classmethod
    def of(
        cls, visit: int, time_s: float, frame_hw: tuple[int, int], people: Iterable[Person]
    ) -> Sighting:
        """What `people` gives back."""
        people = tuple(people)
        rows = [(p.track_id, p.box_xyxy, (*p.mask_yx, *p.mask_hw)) for p in people]
        pieces = [
            len(people).to_bytes(_COUNT_BYTES, "little"),
            np.array(rows, _ROW).tobytes(),
            *(p.mask_bits.tobytes() for p in people),
        ]
        return cls(visit, time_s, frame_hw, zlib.compress(b"".join(pieces), 1))

    def people(self) -> list[Person]:
        """Everybody seen, in the order given."""
        content = zlib.decompress(self.content)
        count = int.from_bytes(content[:_COUNT_BYTES], "little")
        rows = np.frombuffer(content, _ROW, count, _COUNT_BYTES)
        start = _COUNT_BYTES + rows.nbytes
        people = []
        for row in rows:
            top, left, height, width = row["yxhw"].tolist()
            size = (height * width + 7) // 8
            bits = np.frombuffer(content, np.uint8, size, start)
            track_id, box = int(row["track_id"]), row["box_xyxy"]
            people.append(Person(track_id, box, bits, (height, width), (top, left)))
            start += size
        return people
