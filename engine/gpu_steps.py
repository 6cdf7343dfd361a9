"""The work on the GPU between two waits: predict, group, paint. Raises `KernelError`.

Each step takes its part of `CAPTURES` itself, so callers need not know of it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.bound_network import BoundNetwork
from engine.config import GroupOptions
from engine.errors import KernelError
from engine.frame_memory import FrameMemory, Lease, Place
from engine.gpu_maps import GpuMaps, MapKeeper
from engine.group import logit, tidy
from engine.kernels import cuda_edges, cuda_group, cuda_ops
from engine.kernels.capture_lock import CAPTURES
from engine.kernels.composite_reference import Cover, Look
from engine.kernels.cuda_backend import Backend, DeviceArray
from engine.kernels.cuda_source import PEOPLE
from engine.motion import Motion
from engine.render import Painter
from engine.types import Float32Array, InputGeometry, UInt8Array

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Labels (H, W) uint8, also on the device, and one record of `PEOPLE`."""

    labels: UInt8Array
    people: Any


class GpuSteps:
    """The steps that `GpuPredictor` is made of, on one backend.

    Grouping is recorded for each place in memory once its parameters have stayed the same
    for two frames, and replayed from then on. unrecorded: why that cannot be, "" where it
    can; its kernels are then launched one by one. maps: keeps what networks say.
    """

    def __init__(self, backend: Backend) -> None:
        self.unrecorded = ""
        self.maps = MapKeeper(backend)
        self._backend = backend
        self._memory: FrameMemory | None = None
        self._last: cuda_group.GroupParameters | None = None

    def place(self, geometry: InputGeometry) -> Lease:
        """Memory for one frame."""
        with CAPTURES.working():
            if self._memory is None or self._memory.geometry != geometry:
                # What is kept for another size would serve nobody, and a network needs memory.
                self._memory = None
                self._backend.trim()
                self._memory = FrameMemory(self._backend, geometry)
            return self._memory.take()

    def stage(self, image_bgr: UInt8Array) -> UInt8Array:
        """A copy of a picture (H, W, 3) in page-locked memory, for `predict`."""
        with CAPTURES.working():
            return self._staged(image_bgr)

    def predict(
        self,
        staged_bgr: UInt8Array,
        place: Place,
        network: BoundNetwork,
        look: Callable[[UInt8Array], Motion | None] = lambda _: None,
    ) -> tuple[GpuMaps, dict[str, float]]:
        """A staged picture into `place`; the network's maps for it, and milliseconds per stage.

        look: for motion in the view of the picture, while the network is busy.
        Raises `RuntimeUnavailable` too.
        """
        backend = self._backend
        with CAPTURES.working():
            started_s = time.perf_counter()
            backend.copy_in(place.image, staged_bgr)
            cuda_ops.preprocess(backend, place.image, network.image)
            view_rgb = self.maps.view(network.image)
            backend.wait()
            prepared_s = time.perf_counter()
            motion = network.run(lambda: look(view_rgb))
            said = network.person_logits[0, 0], network.box_deltas[0]
            maps = self.maps.take(*said, view_rgb, motion)
            finished_s = time.perf_counter()
        return maps, {
            "preprocess": (prepared_s - started_s) * 1e3,
            "network": (finished_s - prepared_s) * 1e3,
        }

    def load(self, place: Place, maps: GpuMaps) -> None:
        """Have `group` work on these maps, at the addresses that it was recorded with."""
        with CAPTURES.working():
            self._backend.copy(place.maps, maps.maps)

    def group(
        self,
        place: Place,
        geometry: InputGeometry,
        anchor_wh: tuple[float, float],
        options: GroupOptions,
    ) -> Found:
        """The people of the maps in `place`, whose labels stay there, too."""
        parameters = _parameters(geometry, anchor_wh, options)
        self._record(place, parameters)
        with CAPTURES.working():
            if place.recording is not None and place.recorded_for == parameters:
                place.recording.replay()
            else:
                self._launch_group(place, parameters)
            labels: UInt8Array = self._backend.pinned(geometry.frame_hw, np.uint8)
            self._backend.copy_out(labels, place.labels)
            self._backend.wait()
            people = place.people_here.view(PEOPLE)[0].copy()
        if tidy(labels, options):  # the GPU is free for others meanwhile
            with CAPTURES.working():
                self._backend.copy_in(place.labels, labels)
                self._backend.wait()
        return Found(labels, people)

    def picture(self, frame_hw: tuple[int, int]) -> UInt8Array:
        """Page-locked memory for a picture (H, W, 3)."""
        with CAPTURES.working():
            picture: UInt8Array = self._backend.pinned((*frame_hw, 3), np.uint8)
            return picture

    def paint(
        self,
        place: Place,
        image_bgr: UInt8Array,
        labels: UInt8Array,  # noqa: ARG002 - they lie on the GPU already
        look: Look,
        outline_radius: int,
        cover: Cover | None,
        out: UInt8Array,
    ) -> None:
        """A `Painter` of what lies in `place` that brings the result back once."""
        backend = self._backend
        planes = (cover.image_bgr, cover.alpha) if cover is not None else ()
        with CAPTURES.working():
            packed, *covers = [self._upload(a) for a in (cuda_ops.pack_look(look), *planes)]
            drawn = backend.empty(image_bgr.shape, np.uint8)
            cuda_ops.composite(
                backend,
                place.image,
                place.labels,
                packed[1],
                outline_radius,
                (covers[0][1], covers[1][1]) if covers else None,
                drawn,
            )
            backend.copy_out(out, drawn)
            backend.wait()

    def maps_here(self, maps: GpuMaps) -> tuple[Float32Array, Float32Array]:
        """Copies of the person logits and the box deltas."""
        with CAPTURES.working():
            parts = (maps.maps[0], maps.maps[1:])
            here = [self._backend.pinned(there.shape, np.float32) for there in parts]
            for target, there in zip(here, parts, strict=True):
                self._backend.copy_out(target, there)
            self._backend.wait()
        return here[0], here[1]

    def _record(self, place: Place, parameters: cuda_group.GroupParameters) -> None:
        settled, self._last = parameters == self._last, parameters
        if self.unrecorded or not settled or place.recorded_for == parameters:
            return
        # Not while somebody opens a network, for seconds: this frame's kernels are launched
        # one by one, and the next may record.
        if not CAPTURES.opening.acquire(blocking=False):
            return
        try:
            with CAPTURES.recording():
                place.recording = self._backend.record(
                    lambda: self._launch_group(place, parameters)
                )
            place.recorded_for = parameters
        except KernelError as error:
            self.unrecorded = error.message
            log.warning("grouping on the GPU runs without a CUDA graph: %s", error)
        finally:
            CAPTURES.opening.release()

    def _launch_group(self, place: Place, parameters: cuda_group.GroupParameters) -> None:
        maps = place.person_logits, place.box_deltas
        found = place.labels, place.people
        if parameters.fine_edges:
            cuda_edges.group(
                self._backend, place.work, place.edges, place.image, *maps, parameters, *found
            )
        else:
            cuda_group.group(self._backend, place.work, *maps, parameters, *found)
        self._backend.copy_out(place.people_here, place.people)

    def _staged(self, array: UInt8Array) -> UInt8Array:
        """A copy in page-locked memory, to be held until it has arrived on the device."""
        staged: UInt8Array = self._backend.pinned(array.shape, np.uint8)
        np.copyto(staged, array)
        return staged

    def _upload(self, array: UInt8Array) -> tuple[UInt8Array, DeviceArray]:
        staged = self._staged(array)
        there = self._backend.empty(array.shape, np.uint8)
        self._backend.copy_in(there, staged)
        return staged, there


def translated(painter: Painter, there_to_here: UInt8Array) -> Painter:
    """The same painter for labels that it knows under other numbers.

    there_to_here: (256,) uint8, the table by which its labels become those to be drawn.
    """

    def paint(
        image_bgr: UInt8Array,
        labels: UInt8Array,
        look: Look,
        outline_radius: int,
        cover: Cover | None,
        out: UInt8Array,
    ) -> None:
        painter(image_bgr, labels, look.through(there_to_here), outline_radius, cover, out)

    return paint


def _parameters(
    geometry: InputGeometry, anchor_wh: tuple[float, float], options: GroupOptions
) -> cuda_group.GroupParameters:
    (frame_h, frame_w), (height, width) = geometry.frame_hw, geometry.grid_hw
    pixels_per_cell = (frame_h - 1) * (frame_w - 1) / ((height - 1) * (width - 1))
    # k cells stand for anything larger than k - 1 of them.
    min_pixels = round((options.min_cells - 1) * pixels_per_cell) + 1
    return cuda_group.GroupParameters(
        anchor_wh=anchor_wh,
        min_logit=logit(options.peak_probability),
        radius=options.peak_radius,
        mask_logit=logit(options.mask_probability),
        vote_iou=options.vote_iou if options.voting else None,
        nms_iou=options.nms_iou,
        max_people=options.max_people,
        min_iou=options.assign_iou,
        min_pixels=options.min_cells if options.fine_edges else min_pixels,
        agreement=options.agreement_score,
        min_score=options.min_score,
        fine_edges=options.fine_edges,
    )
