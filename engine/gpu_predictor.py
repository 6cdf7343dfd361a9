"""The GPU's half of the pipeline: a predictor that also groups and draws what it predicted."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from types import MappingProxyType
from typing import TypeVar

import numpy as np

from engine.bound_network import NetworkUpgrade
from engine.captions.chips import Chip
from engine.config import GroupOptions, RuntimeOptions, SteadyOptions
from engine.errors import EngineError
from engine.frame_memory import Lease, NewestPictures, Picture
from engine.gpu_fallback import CpuFallback, gpu_failure
from engine.gpu_maps import GpuMaps
from engine.gpu_network import GpuNetwork
from engine.gpu_steps import GpuSteps, translated
from engine.group import group as group_on_cpu
from engine.kernels.capture_lock import CAPTURES
from engine.kernels.cuda_backend import Backend
from engine.models import ModelFile
from engine.motion import MotionAhead
from engine.predictor import ModelInfo, Predictor, ProviderReport
from engine.preprocess import input_size, rounded_side
from engine.providers import ProviderPlan
from engine.render import render as render_on_cpu
from engine.runtime import USUAL_FRAME_HW
from engine.steady import SteadyState, moves_since
from engine.steady import steady as steady_on_cpu
from engine.styles import RenderOptions
from engine.types import (
    Float32Array,
    Frame,
    InputGeometry,
    Instances,
    Prediction,
    Prepared,
    UInt8Array,
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class GpuPrepared(Prepared):
    """A frame whose picture lies in page-locked memory, ready to be sent to the GPU.

    long_side: for the CPU, should it have to take over.
    """

    staged_bgr: UInt8Array
    long_side: int | None


@dataclass(frozen=True, slots=True, eq=False)
class GpuPrediction(Prediction):
    """A prediction whose maps are arrays on the GPU, beside the frame they belong to.

    there: the maps, and what steadies them.
    """

    owner: GpuPredictor = field(kw_only=True)
    lease: Lease = field(kw_only=True)
    there: GpuMaps = field(kw_only=True)

    def with_maps(self, there: GpuMaps) -> GpuPrediction:
        """The same prediction with other maps."""
        return replace(self, person_logits=there.maps[0], box_deltas=there.maps[1:], there=there)


@dataclass(frozen=True, slots=True, eq=False)
class GpuInstances(Instances):
    """People found on the GPU; their labels are here and, for a few frames, there too.

    there_to_here: (256,) uint8, the table by which the labels there become `drawn_labels`.
    """

    owner: GpuPredictor = field(kw_only=True)
    picture: Picture = field(kw_only=True)
    drawn_labels: UInt8Array = field(kw_only=True)
    there_to_here: UInt8Array = field(kw_only=True)

    def regrouped(
        self, labels: UInt8Array, new_labels: UInt8Array, keep: Sequence[int]
    ) -> Instances:
        """As `Instances.regrouped`; where nobody is joined the GPU can still draw them."""
        people = Instances.regrouped(self, labels, new_labels, keep)
        if np.count_nonzero(new_labels) > len(keep):
            return people
        table = new_labels[self.there_to_here]
        return replace(people, drawn_labels=labels, there_to_here=table)  # type: ignore[call-arg]


class GpuPredictor(Predictor):
    """A predictor on a `Backend` that also groups and draws what it predicted.

    `group` and `render` may run in one thread while another is in `infer`. Opening raises
    `EngineError` where the network does not come up on the device.
    """

    def __init__(
        self, model: ModelFile, options: RuntimeOptions, plan: ProviderPlan, backend: Backend
    ) -> None:
        self._model = model
        self._backend = backend
        self._long_side = rounded_side(options.input_long_side or model.info.input_long_side)
        first_hw = input_size(USUAL_FRAME_HW, self._long_side)
        self._network = GpuNetwork(model, options.precision, plan, backend, first_hw)
        self._steps = GpuSteps(backend)
        self._motion = MotionAhead()
        self._pictures = NewestPictures()
        self._failure: EngineError | None = None
        self._on_cpu = CpuFallback(model, options)

    @property
    def model(self) -> ModelInfo:
        """What the model file says of itself."""
        return self._model.info

    @property
    def provider(self) -> ProviderReport:
        """Where the network runs now; tells when and why the CPU took over."""
        if self._failure is None:
            return self._network.report
        return replace(
            self._network.report,
            actual="CPU",
            reason=f"The GPU gave up and the CPU took over: {self._failure.message}",
            fix=self._failure.hint,
            fixed_size="",
            preparing="",
        )

    @property
    def long_side(self) -> int:
        """See `Predictor.long_side`."""
        return self._long_side

    @property
    def unrecorded(self) -> str:
        """Why grouping runs without a CUDA graph, "" where it has one or will have."""
        return self._steps.unrecorded

    def upgrade_with(self, upgrade: NetworkUpgrade) -> None:
        """Exchange the network, between two frames, for what `upgrade` makes ready."""
        self._network.upgrade_with(upgrade)

    def prepare(self, frame: Frame, long_side: int | None = None) -> Prepared:
        """See `Predictor.prepare`; long_side counts once the CPU has taken over."""
        started_s = time.perf_counter()
        staged_bgr = self._tried(lambda: self._steps.stage(frame.image_bgr))
        if staged_bgr is None:
            return self._on_cpu.prepare(frame, long_side)
        staged_ms = (time.perf_counter() - started_s) * 1e3
        return GpuPrepared(frame, staged_ms, staged_bgr, long_side)

    def infer(self, prepared: Prepared) -> Prediction:
        """The network's maps for one frame, on the GPU. Raises `EngineError` of the CPU."""
        if isinstance(prepared, GpuPrepared):
            prediction = self._tried(partial(self._infer, prepared))
            if prediction is not None:
                return prediction
            prepared = self._on_cpu.prepare(prepared.frame, prepared.long_side)
        self._network.free()
        return self._on_cpu.infer(prepared)

    def maps_here(self, prediction: GpuPrediction) -> tuple[Float32Array, Float32Array]:
        """Copies of the two maps of a prediction of this predictor. Raises `KernelError`."""
        return self._steps.maps_here(prediction.there)

    def steady(
        self, prediction: GpuPrediction, state: SteadyState | None, options: SteadyOptions
    ) -> tuple[Prediction, SteadyState | None]:
        """See `engine.steady.steady`; of a prediction of this predictor."""
        steadied = self._tried(lambda: self._steady(prediction, state, options))
        return steadied or steady_on_cpu(self._on_cpu.predict(prediction.frame), state, options)

    def group(self, prediction: GpuPrediction, options: GroupOptions) -> Instances:
        """The people of a prediction of this predictor."""
        people = self._tried(lambda: self._group(prediction, options))
        if people is not None:
            return people
        return group_on_cpu(self._on_cpu.predict(prediction.frame), options)

    def render(
        self,
        frame: Frame,
        people: GpuInstances,
        options: RenderOptions,
        out: UInt8Array | None = None,
        chips: Sequence[Chip] | None = None,
    ) -> UInt8Array:
        """The picture to show; on the CPU for people whose frame has left the GPU."""
        painted = self._tried(lambda: self._render(frame, people, options, chips))
        if painted is None:
            return render_on_cpu(frame, people, options, out, chips=chips)
        if out is None:
            return painted
        np.copyto(out, painted)
        return out

    def close(self) -> None:
        """Free the network; what was predicted before can still be grouped and drawn."""
        self._network.close()
        with CAPTURES.working():
            self._backend.close()
        self._on_cpu.close()

    def _tried(self, work: Callable[[], T]) -> T | None:
        """What `work` gives on the GPU; None where it gives nothing, or the GPU gave up."""
        if self._failure is None:
            try:
                return work()
            except Exception as error:  # noqa: BLE001 - the GPU's boundary, and the CPU takes over
                self._failure = gpu_failure(error)
        return None

    def _infer(self, prepared: GpuPrepared) -> GpuPrediction:
        frame = prepared.frame
        geometry = InputGeometry(frame.size_hw, input_size(frame.size_hw, self._long_side))
        lease = self._steps.place(geometry)
        network = self._network.of_size(geometry.input_hw)
        there, stage_ms = self._steps.predict(
            prepared.staged_bgr, lease.place, network, self._motion.look
        )
        stage_ms["preprocess"] += prepared.preprocess_ms
        return GpuPrediction(
            frame=frame,
            geometry=geometry,
            person_logits=there.maps[0],
            box_deltas=there.maps[1:],
            anchor_wh=self._model.info.anchor_wh,
            stage_ms=MappingProxyType(stage_ms),
            owner=self,
            lease=lease,
            there=there,
        )

    def _steady(
        self, prediction: GpuPrediction, state: SteadyState | None, options: SteadyOptions
    ) -> tuple[GpuPrediction, SteadyState | None]:
        there, before = prediction.there, state.prediction if state is not None else None
        if not options.enabled or not there.finite:
            return prediction, None
        if isinstance(before, GpuPrediction) and before.owner is self:
            between = partial(self._motion.between, guessed=there.motion)
            moves = moves_since(prediction, there.view_rgb, state, options, between)
            if moves is not None:
                prediction = prediction.with_maps(self._steps.maps.mean(there, before.there, moves))
        return prediction, SteadyState(prediction, there.view_rgb)

    def _group(self, prediction: GpuPrediction, options: GroupOptions) -> GpuInstances:
        lease, geometry = prediction.lease, prediction.geometry
        self._pictures.let_go(lease)
        self._steps.load(lease.place, prediction.there)
        found = self._steps.group(lease.place, geometry, prediction.anchor_wh, options)
        count = int(found.people["count"])
        return GpuInstances(
            labels=found.labels,
            boxes_xyxy=geometry.boxes_to_frame(found.people["boxes_xyxy"][:count]),
            scores=found.people["scores"][:count].copy(),
            track_ids=np.full(count, -1, np.int64),
            owner=self,
            picture=self._pictures.add(lease),
            drawn_labels=found.labels,
            there_to_here=np.arange(256, dtype=np.uint8),
        )

    def _render(
        self,
        frame: Frame,
        people: GpuInstances,
        options: RenderOptions,
        chips: Sequence[Chip] | None,
    ) -> UInt8Array | None:
        lease = people.picture.lease
        if lease is None or people.labels is not people.drawn_labels:
            return None
        painter = translated(partial(self._steps.paint, lease.place), people.there_to_here)
        target = self._steps.picture(frame.size_hw)
        return render_on_cpu(frame, people, options, target, painter, chips)
