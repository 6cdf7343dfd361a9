"""The GPU's half of the pipeline: a predictor that also groups and draws what it predicted."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass, field, replace
from functools import partial
from types import MappingProxyType

import numpy as np

from engine.bound_network import BoundNetwork
from engine.config import GroupOptions, Provider, RenderOptions, RuntimeOptions
from engine.errors import EngineError
from engine.group import group as group_on_cpu
from engine.group import logit
from engine.kernels import cuda_ops
from engine.kernels.composite_reference import Cover, Look
from engine.kernels.cuda_backend import Backend, DeviceArray
from engine.kernels.cuda_source import PEOPLE
from engine.models import ModelFile
from engine.predictor import ModelInfo, ProviderReport
from engine.preprocess import input_size
from engine.providers import ProviderPlan
from engine.render import render as render_on_cpu
from engine.runtime import OnnxPredictor
from engine.types import Frame, InputGeometry, Instances, Prediction, UInt8Array

USUAL_FRAME_HW = (720, 1280)
"""The network is opened for frames of this shape until the first one tells otherwise."""

PICTURES_KEPT = 3
"""So many of the newest frames stay on the GPU with their labels, ready to be drawn."""


@dataclass(slots=True, eq=False)
class _Picture:
    """A frame and its labels on the GPU; None once newer ones took their place."""

    image: DeviceArray | None
    labels: DeviceArray | None

    def let_go(self) -> None:
        self.image = self.labels = None


@dataclass(frozen=True, slots=True, eq=False)
class GpuPrediction(Prediction):
    """A prediction whose maps are arrays on the GPU, beside the frame they belong to."""

    owner: GpuPredictor = field(kw_only=True)
    image: DeviceArray = field(kw_only=True)


@dataclass(frozen=True, slots=True, eq=False)
class GpuInstances(Instances):
    """People found on the GPU; their labels are here and, for a few frames, there too."""

    owner: GpuPredictor = field(kw_only=True)
    picture: _Picture = field(kw_only=True)
    drawn_labels: UInt8Array = field(kw_only=True)


class GpuPredictor:
    """Implements `Predictor` on a `Backend`, and groups and draws what it predicted.

    `predict` may run in one thread and `group` with `render` in another. Opening raises
    `EngineError` where the network does not come up on the device.
    """

    def __init__(
        self, model: ModelFile, options: RuntimeOptions, plan: ProviderPlan, backend: Backend
    ) -> None:
        self._model = model
        self._options = options
        self._backend = backend
        self._plan = plan
        self._long_side = options.input_long_side or model.info.input_long_side
        # Recording a CUDA graph forbids others to allocate meanwhile.
        self._recording = threading.Lock()
        self._network: BoundNetwork | None = self._open(input_size(USUAL_FRAME_HW, self._long_side))
        self._report = self._network.provider
        self._work: cuda_ops.GroupWork | None = None
        self._pictures: deque[_Picture] = deque()
        self._failure: EngineError | None = None
        self._fallback: OnnxPredictor | None = None
        self._fallback_lock = threading.Lock()

    @property
    def model(self) -> ModelInfo:
        """What the model file says of itself."""
        return self._model.info

    @property
    def provider(self) -> ProviderReport:
        """Where the network runs now; tells when and why the CPU took over."""
        if self._failure is None:
            return self._report
        return replace(
            self._report,
            actual="CPU",
            reason=f"The GPU gave up and the CPU took over: {self._failure.message}",
            fix=self._failure.hint,
        )

    def predict(self, frame: Frame) -> Prediction:
        """The network's maps for one frame, on the GPU. Raises `EngineError` of the CPU."""
        if self._failure is None:
            try:
                return self._predict(frame)
            except EngineError as error:
                self._failure = error
        self._network = None
        return self._predict_on_cpu(frame)

    def group(self, prediction: GpuPrediction, options: GroupOptions) -> Instances:
        """The people of a prediction of this predictor."""
        if self._failure is None:
            try:
                with self._recording:
                    return self._group(prediction, options)
            except EngineError as error:
                self._failure = error
        return group_on_cpu(self._predict_on_cpu(prediction.frame), options)

    def render(
        self,
        frame: Frame,
        people: GpuInstances,
        options: RenderOptions,
        out: UInt8Array | None = None,
    ) -> UInt8Array:
        """The picture to show; on the CPU for people whose frame has left the GPU."""
        picture = people.picture
        on_gpu = picture.image is not None and people.labels is people.drawn_labels
        if self._failure is None and on_gpu:
            try:
                with self._recording:
                    target = self._backend.pinned(frame.image_bgr.shape, np.uint8)
                    painter = partial(self._paint, picture)
                    render_on_cpu(frame, people, options, target, painter)
                if out is None:
                    return target
                np.copyto(out, target)
                return out
            except EngineError as error:
                self._failure = error
        return render_on_cpu(frame, people, options, out)

    def close(self) -> None:
        """Free the network; what was predicted before can still be grouped and drawn."""
        self._network = None
        self._backend.close()
        with self._fallback_lock:
            if self._fallback is not None:
                self._fallback.close()

    def _open(self, input_hw: tuple[int, int]) -> BoundNetwork:
        with self._recording:
            return BoundNetwork(self._model, self._plan, self._backend, input_hw)

    def _network_for(self, input_hw: tuple[int, int]) -> BoundNetwork:
        if self._network is None or self._network.input_hw != input_hw:
            self._network = None  # its memory first
            self._network = self._open(input_hw)
        return self._network

    def _predict(self, frame: Frame) -> GpuPrediction:
        backend = self._backend
        geometry = InputGeometry(frame.size_hw, input_size(frame.size_hw, self._long_side))
        network = self._network_for(geometry.input_hw)
        started_s = time.perf_counter()
        staged = backend.pinned(frame.image_bgr.shape, np.uint8)
        np.copyto(staged, frame.image_bgr)
        image = backend.empty(staged.shape, np.uint8)
        backend.copy_in(image, staged)
        cuda_ops.preprocess(backend, image, network.image)
        backend.wait()
        prepared_s = time.perf_counter()
        network.run()
        logits = backend.empty(network.person_logits.shape, np.float32)
        deltas = backend.empty(network.box_deltas.shape, np.float32)
        backend.copy(logits, network.person_logits)
        backend.copy(deltas, network.box_deltas)
        backend.wait()
        finished_s = time.perf_counter()
        return GpuPrediction(
            frame=frame,
            geometry=geometry,
            person_logits=logits[0, 0],
            box_deltas=deltas[0],
            anchor_wh=self._model.info.anchor_wh,
            stage_ms=MappingProxyType(
                {
                    "preprocess": (prepared_s - started_s) * 1e3,
                    "network": (finished_s - prepared_s) * 1e3,
                }
            ),
            owner=self,
            image=image,
        )

    def _group(self, prediction: GpuPrediction, options: GroupOptions) -> GpuInstances:
        backend, geometry = self._backend, prediction.geometry
        if self._work is None or self._work.grid_hw != geometry.grid_hw:
            self._work = cuda_ops.GroupWork.allocate(backend, geometry.grid_hw)
        labels = backend.empty(geometry.frame_hw, np.uint8)
        people = backend.empty((PEOPLE.itemsize,), np.uint8)
        cuda_ops.group(
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
        found = people_here.view(PEOPLE)[0]
        count = int(found["count"])
        return GpuInstances(
            labels=labels_here,
            boxes_xyxy=geometry.boxes_to_frame(found["boxes_xyxy"][:count]),
            scores=found["scores"][:count].copy(),
            track_ids=np.full(count, -1, np.int64),
            owner=self,
            picture=self._remember(_Picture(prediction.image, labels)),
            drawn_labels=labels_here,
        )

    def _remember(self, picture: _Picture) -> _Picture:
        """Results may be kept for long, by a recorder's queue say; their pictures are not."""
        self._pictures.append(picture)
        if len(self._pictures) > PICTURES_KEPT:
            self._pictures.popleft().let_go()
        return picture

    def _paint(
        self,
        picture: _Picture,
        image_bgr: UInt8Array,
        labels: UInt8Array,  # noqa: ARG002 - they lie on the GPU already
        look: Look,
        outline_radius: int,
        cover: Cover | None,
        out: UInt8Array,
    ) -> None:
        """A `Painter` that draws on the GPU and brings the picture back once."""
        backend = self._backend
        planes = (cover.image_bgr, cover.alpha) if cover is not None else ()
        packed, *covers = [self._upload(a) for a in (cuda_ops.pack_look(look), *planes)]
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

    def _upload(self, array: UInt8Array) -> tuple[UInt8Array, DeviceArray]:
        """The array in page-locked memory, to be held until it has arrived, and up there."""
        staged = self._backend.pinned(array.shape, np.uint8)
        np.copyto(staged, array)
        there = self._backend.empty(array.shape, np.uint8)
        self._backend.copy_in(there, staged)
        return staged, there

    def _predict_on_cpu(self, frame: Frame) -> Prediction:
        with self._fallback_lock:
            if self._fallback is None:
                options = replace(self._options, provider=Provider.CPU)
                self._fallback = OnnxPredictor(self._model, options)
            return self._fallback.predict(frame)


def _parameters(prediction: Prediction, options: GroupOptions) -> cuda_ops.GroupParameters:
    (frame_h, frame_w), (height, width) = prediction.geometry.frame_hw, prediction.geometry.grid_hw
    pixels_per_cell = (frame_h - 1) * (frame_w - 1) / ((height - 1) * (width - 1))
    return cuda_ops.GroupParameters(
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
