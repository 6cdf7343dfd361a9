"""A frame's way over the GPU: upload, preprocess, network, group and composite on one stream.

`open_predictor` is where every network is opened; `steady`, `group` and `render` stand in
for those of the modules of that name. What they are given decides: a prediction whose maps
lie on the GPU is steadied and grouped there, people found there are drawn there, everything
else goes the way of the CPU. When the GPU fails, the same frame is done again on the CPU, and so
are all after it; `provider` then says why.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace

from engine.captions.chips import Chip
from engine.config import GroupOptions, Precision, Provider, RuntimeOptions, SteadyOptions
from engine.errors import EngineError, KernelError
from engine.gpu_fallback import gpu_failure
from engine.gpu_predictor import GpuInstances, GpuPrediction, GpuPredictor
from engine.gpu_self_check import check_gpu_network, check_kernels
from engine.group import group as group_on_cpu
from engine.kernels.capture_lock import CAPTURES
from engine.kernels.cuda import CudaBackend
from engine.models import ModelFile, find_model
from engine.openvino import open_on_openvino
from engine.predictor import Predictor, WithReport
from engine.providers import Problem, ProviderPlan, plan_providers
from engine.render import render as render_on_cpu
from engine.runtime import USUAL_FRAME_HW, OnnxPredictor
from engine.second_look import SecondLook
from engine.steady import SteadyState
from engine.steady import steady as steady_on_cpu
from engine.styles import RenderOptions
from engine.tensorrt.upgrade import TensorrtUpgrade
from engine.types import Frame, Instances, Prediction, Prepared, UInt8Array

log = logging.getLogger(__name__)


def open_predictor(options: RuntimeOptions = RuntimeOptions()) -> Predictor:  # noqa: B008 - immutable
    """The model that `options` name, on the GPU where one comes up. Raises `EngineError`.

    Where they name none, it is the default for where the network runs.
    Where they ask for a second look, a GPU runs the network alone.
    Where the GPU's part, or OpenVINO, fails or gives other results than the CPU's, that of
    the CPU serves and its `provider` says why.
    """
    plan = plan_providers(options.provider)
    network = _open(find_model(options.model, plan.first), options, plan)
    return SecondLook(network) if options.look_twice else network


def steady(
    prediction: Prediction, state: SteadyState | None, options: SteadyOptions
) -> tuple[Prediction, SteadyState | None]:
    """See `engine.steady.steady`; on the GPU where the prediction lies there."""
    if isinstance(prediction, GpuPrediction):
        return prediction.owner.steady(prediction, state, options)
    return steady_on_cpu(prediction, state, options)


def group(prediction: Prediction, options: GroupOptions) -> Instances:
    """See `engine.group.group`; on the GPU where the prediction lies there."""
    if isinstance(prediction, GpuPrediction):
        return prediction.owner.group(prediction, options)
    return group_on_cpu(prediction, options)


def render(
    frame: Frame,
    instances: Instances,
    options: RenderOptions,
    out: UInt8Array | None = None,
    chips: Sequence[Chip] | None = None,
) -> UInt8Array:
    """See `engine.render.render`; on the GPU where the people were found there."""
    if isinstance(instances, GpuInstances):
        return instances.owner.render(frame, instances, options, out, chips)
    return render_on_cpu(frame, instances, options, out, chips=chips)


def _open(model: ModelFile, options: RuntimeOptions, plan: ProviderPlan) -> Predictor:
    if plan.first is Provider.OPENVINO:
        return open_on_openvino(model, options)
    if plan.first is Provider.CPU:
        return OnnxPredictor(model, options)
    with CAPTURES.opening:
        try:
            if options.look_twice:
                raise KernelError(
                    "a second look needs two input sizes, and the GPU's own way keeps one.",
                    "Switch the second look off for the GPU's full speed.",
                )
            return _open_on_gpu(model, options, plan.meanwhile)
        except EngineError as error:
            log.warning("the GPU's part of the way is left out: %s", error)
            return _told(_open_network(model, options, error), options, error)


def _open_on_gpu(model: ModelFile, options: RuntimeOptions, plan: ProviderPlan) -> GpuPredictor:
    """In the precision asked for, or in the model's own, telling why. Raises `EngineError`."""
    try:
        return _open_checked(model, options, plan)
    except EngineError as error:
        if options.precision is Precision.MODEL:
            raise
        log.warning("%s is left out: %s", options.precision.value, error)
        told = Problem(f"{options.precision.value} is left out: {error.message}", error.hint)
        options = replace(options, precision=Precision.MODEL)
        return _open_checked(model, options, replace(plan, problem=told))


def _open_checked(model: ModelFile, options: RuntimeOptions, plan: ProviderPlan) -> GpuPredictor:
    """On the GPU, with results that are the CPU's; raises `EngineError` and closes it if not."""
    try:
        with ExitStack() as opened:
            backend = CudaBackend()
            opened.callback(backend.close)
            predictor = GpuPredictor(model, options, plan, backend)
            opened.callback(predictor.close)
            check_kernels(backend)
            reference = OnnxPredictor(model, replace(options, provider=Provider.CPU))
            opened.callback(reference.close)
            check_gpu_network(predictor, reference, USUAL_FRAME_HW)
            opened.pop_all()
            reference.close()
            if options.provider is Provider.TENSORRT:
                predictor.upgrade_with(TensorrtUpgrade(model, plan, backend))
            return predictor
    except EngineError:
        raise
    except Exception as error:
        raise gpu_failure(error) from error


def _open_network(model: ModelFile, options: RuntimeOptions, before: EngineError) -> Predictor:
    """The network alone; where it ends up on the CPU unasked, the CPU's default.

    before: why the rest is left out. Raises `EngineError` where the CPU fails, too.
    """
    if options.provider is Provider.TENSORRT:
        options = replace(options, provider=Provider.CUDA)
    for_cpu = find_model(options.model)
    try:
        predictor = OnnxPredictor(model, options)
    except EngineError as error:
        # No memory left, or a GPU that this CUDA knows nothing of.
        on_cpu = OnnxPredictor(for_cpu, replace(options, provider=Provider.CPU))
        reasons = dict.fromkeys((before.message, error.message))  # mostly one and the same
        reason, fix = " ".join(reasons), before.hint or error.hint
        return WithReport(on_cpu, replace(on_cpu.provider, reason=reason, fix=fix))
    if predictor.provider.actual != "CPU" or for_cpu == model:
        return predictor
    predictor.close()
    return OnnxPredictor(for_cpu, options)


def _told(predictor: Predictor, options: RuntimeOptions, error: EngineError) -> Predictor:
    """The predictor, telling also why the GPU's part of the way is missing."""
    report = replace(predictor.provider, requested=options.provider.value)
    if not report.fell_back:
        where = f"Only the network runs on {report.actual}, the rest on the CPU: "
        report = replace(report, reason=where + error.message, fix=error.hint)
    return _NetworkOnCuda(predictor, report)


class _NetworkOnCuda(WithReport):
    """A network that records no graph, beside others that may."""

    def infer(self, prepared: Prepared) -> Prediction:
        """See `Predictor.infer`."""
        with CAPTURES.working():
            return super().infer(prepared)

    def close(self) -> None:
        """See `Predictor.close`."""
        with CAPTURES.working():
            super().close()
