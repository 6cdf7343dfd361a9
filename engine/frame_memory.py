"""Device memory of the frames that are under way, at addresses that are used again.

What is done to a frame can be recorded once and replayed for later frames only where it
finds them at the same places. So a place, with all that one frame needs and the recording
that works on it, goes from frame to frame; there are as many as frames were held at once.
"""

from __future__ import annotations

import weakref
from collections import deque
from dataclasses import dataclass

import numpy as np

from engine.kernels.cuda_backend import Backend, DeviceArray, HostArray, Recording
from engine.kernels.cuda_edges import EdgeWork
from engine.kernels.cuda_group import GroupParameters, GroupWork
from engine.kernels.cuda_source import PEOPLE
from engine.types import InputGeometry

PICTURES_KEPT = 3
"""So many of the newest frames stay on the GPU with their labels, ready to be drawn."""


@dataclass(slots=True, eq=False)
class Place:
    """Arrays of one frame on the device.

    image: (H, W, 3) uint8 BGR. maps: (5, h, w) float32, what is grouped; person_logits:
    (h, w) and box_deltas: (4, h, w), its parts. labels: (H, W) uint8. people: one record
    of `PEOPLE` as bytes, people_here the same in page-locked memory. work, edges: shared by
    all places. recording: of grouping under `recorded_for`, None before there is one.
    """

    image: DeviceArray
    maps: DeviceArray
    person_logits: DeviceArray
    box_deltas: DeviceArray
    labels: DeviceArray
    people: DeviceArray
    people_here: HostArray
    work: GroupWork
    edges: EdgeWork
    recording: Recording | None = None
    recorded_for: GroupParameters | None = None


class Lease:
    """The use of a place; it is free again when the lease is forgotten."""

    __slots__ = ("__weakref__", "place")

    def __init__(self, place: Place) -> None:
        self.place = place


@dataclass(slots=True, eq=False)
class Picture:
    """A frame and its labels on the GPU; None once newer ones took their place."""

    lease: Lease | None


class NewestPictures:
    """Those that stay on the GPU: results may be kept for long, by a recorder's queue say."""

    def __init__(self) -> None:
        self._pictures: deque[Picture] = deque()

    def add(self, lease: Lease) -> Picture:
        """One more; the oldest of more than `PICTURES_KEPT` is let go."""
        self._pictures.append(Picture(lease))
        if len(self._pictures) > PICTURES_KEPT:
            self._pictures.popleft().lease = None
        return self._pictures[-1]

    def let_go(self, lease: Lease) -> None:
        """Whatever lies there is about to be overwritten."""
        for picture in self._pictures:
            if picture.lease is lease:
                picture.lease = None


class FrameMemory:
    """The places for frames of one geometry. Raises `KernelError`."""

    def __init__(self, backend: Backend, geometry: InputGeometry) -> None:
        self.geometry = geometry
        self._backend = backend
        self._work = GroupWork.allocate(backend, geometry.grid_hw)
        self._edges = EdgeWork.allocate(backend, geometry.grid_hw)
        self._free: deque[Place] = deque()

    def take(self) -> Lease:
        """A place that nobody uses; its content is undefined."""
        try:
            place = self._free.pop()
        except IndexError:
            place = self._allocate()
        lease = Lease(place)
        # Work that was asked for is done in its order, so a place may be filled anew at once.
        weakref.finalize(lease, self._free.append, place).atexit = False
        return lease

    def _allocate(self) -> Place:
        empty = self._backend.empty
        frame_hw, grid_hw = self.geometry.frame_hw, self.geometry.grid_hw
        maps = empty((5, *grid_hw), np.float32)
        return Place(
            image=empty((*frame_hw, 3), np.uint8),
            maps=maps,
            person_logits=maps[0],
            box_deltas=maps[1:],
            labels=empty(frame_hw, np.uint8),
            people=empty((PEOPLE.itemsize,), np.uint8),
            people_here=self._backend.pinned((PEOPLE.itemsize,), np.uint8),
            work=self._work,
            edges=self._edges,
        )
