"""The work on the GPU between two waits: upload, group, paint. Raises `KernelError`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.config import GroupOptions
from engine.group import logit
from engine.kernels import cuda_group, cuda_ops
from engine.kernels.composite_reference import Cover, Look
from engine.kernels.cuda_backend import Backend, DeviceArray
from engine.kernels.cuda_source import PEOPLE
from engine.types import Prediction, UInt8Array


@dataclass(slots=True, eq=False)
class Picture:
    """A frame and its labels on the GPU; None once newer ones took their place."""

    image: DeviceArray | None
    labels: DeviceArray | None

    def let_go(self) -> None:
        """Give its memory to the next one."""
        self.image = self.labels = None


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Labels (H, W) uint8 here and on the device, and one record of `PEOPLE`."""

    labels_here: UInt8Array
    labels_there: DeviceArray
    people: Any


class GpuSteps:
    """The steps that `GpuPredictor` is made of, on one backend."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._work: cuda_group.GroupWork | None = None

    def upload(self, array: UInt8Array) -> tuple[UInt8Array, DeviceArray]:
        """The array in page-locked memory, to be held until it has arrived, and up there."""
        staged = self._backend.pinned(array.shape, np.uint8)
        np.copyto(staged, array)
        there = self._backend.empty(array.shape, np.uint8)
        self._backend.copy_in(there, staged)
        return staged, there

    def group(self, prediction: Prediction, options: GroupOptions) -> Found:
        """The people of a prediction whose maps lie on the device."""
        backend, geometry = self._backend, prediction.geometry
        if self._work is None or self._work.grid_hw != geometry.grid_hw:
            self._work = cuda_group.GroupWork.allocate(backend, geometry.grid_hw)
        labels = backend.empty(geometry.frame_hw, np.uint8)
        people = backend.empty((PEOPLE.itemsize,), np.uint8)
        cuda_group.group(
            backend,
            self._work,
            prediction.person_logits,
            prediction.box_deltas,
            _parameters(prediction, options),
            labels,
            people,
        )
        labels_here = backend.pinned(geometry.frame_hw, np.uint8)
        people_here = backend.pinned((PEOPLE.itemsize,), np.uint8)
        backend.copy_out(people_here, people)
        backend.copy_out(labels_here, labels)
        backend.wait()
        return Found(labels_here, labels, people_here.view(PEOPLE)[0])

    def paint(
        self,
        picture: Picture,
        image_bgr: UInt8Array,
        labels: UInt8Array,  # noqa: ARG002 - they lie on the GPU already
        look: Look,
        outline_radius: int,
        cover: Cover | None,
        out: UInt8Array,
    ) -> None:
        """A `Painter` of `picture` that brings the result back once."""
        backend = self._backend
        planes = (cover.image_bgr, cover.alpha) if cover is not None else ()
        packed, *covers = [self.upload(a) for a in (cuda_ops.pack_look(look), *planes)]
        drawn = backend.empty(image_bgr.shape, np.uint8)
        cuda_ops.composite(
            backend,
            picture.image,
            picture.labels,
            packed[1],
            outline_radius,
            (covers[0][1], covers[1][1]) if covers else None,
            drawn,
        )
        backend.copy_out(out, drawn)
        backend.wait()


def _parameters(prediction: Prediction, options: GroupOptions) -> cuda_group.GroupParameters:
    (frame_h, frame_w), (height, width) = prediction.geometry.frame_hw, prediction.geometry.grid_hw
    pixels_per_cell = (frame_h - 1) * (frame_w - 1) / ((height - 1) * (width - 1))
    return cuda_group.GroupParameters(
        anchor_wh=prediction.anchor_wh,
        min_logit=logit(options.peak_probability),
        radius=options.peak_radius,
        mask_logit=logit(options.mask_probability),
        vote_iou=options.vote_iou if options.voting else None,
        nms_iou=options.nms_iou,
        max_people=options.max_people,
        min_iou=options.assign_iou,
        # k cells stand for anything larger than k - 1 of them.
        min_pixels=round((options.min_cells - 1) * pixels_per_cell) + 1,
        agreement=options.agreement_score,
        min_score=options.min_score,
    )
