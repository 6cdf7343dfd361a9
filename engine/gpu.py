"""A frame's way over the GPU: upload, preprocess, network, group and composite on one stream.

`open_predictor`, `group` and `render` stand in for those of `engine.runtime`,
`engine.group` and `engine.render`. What they are given decides: a prediction whose maps
lie on the GPU is grouped there, people found there are drawn there, everything else goes
the way of the CPU. When the GPU fails, the same frame is done again on the CPU, and so
are all after it; `provider` then says why.
"""

from __future__ import annotations

from dataclasses import replace

from engine.config import GroupOptions, RenderOptions, RuntimeOptions
from engine.errors import EngineError
from engine.gpu_predictor import GpuInstances, GpuPrediction, GpuPredictor
from engine.group import group as group_on_cpu
from engine.kernels.cuda import CudaBackend
from engine.models import find_model
from engine.predictor import ModelInfo, Predictor, ProviderReport
from engine.providers import plan_providers
from engine.render import render as render_on_cpu
from engine.runtime import OnnxPredictor
from engine.types import Frame, Instances, Prediction, UInt8Array


def open_predictor(options: RuntimeOptions = RuntimeOptions()) -> Predictor:  # noqa: B008 - immutable
    """The model that `options` name, on the GPU where one comes up. Raises `EngineError`.

    Where the GPU's part fails, the CPU's serves and its `provider` says why.
    """
    model = find_model(options.model)
    plan = plan_providers(options.provider, model.sha256)
    if "CUDAExecutionProvider" not in [name for name, _ in plan.tried]:
        return OnnxPredictor(model, options)
    try:
        return GpuPredictor(model, options, plan, CudaBackend())
    except EngineError as error:
        return _Told(OnnxPredictor(model, options), error)


def group(prediction: Prediction, options: GroupOptions) -> Instances:
    """See `engine.group.group`; on the GPU where the prediction lies there."""
    if isinstance(prediction, GpuPrediction):
        return prediction.owner.group(prediction, options)
    return group_on_cpu(prediction, options)


def render(
    frame: Frame, instances: Instances, options: RenderOptions, out: UInt8Array | None = None
) -> UInt8Array:
    """See `engine.render.render`; on the GPU where the people were found there."""
    if isinstance(instances, GpuInstances):
        return instances.owner.render(frame, instances, options, out)
    return render_on_cpu(frame, instances, options, out)


class _Told:
    """A predictor that also tells why the GPU's part of the way is missing."""

    def __init__(self, predictor: OnnxPredictor, error: EngineError) -> None:
        self._predictor = predictor
        report = predictor.provider
        self._report = report
        if not report.fell_back:
            where = f"Only the network runs on {report.actual}, the rest on the CPU: "
            self._report = replace(report, reason=where + error.message, fix=error.hint)

    @property
    def model(self) -> ModelInfo:
        """See `Predictor.model`."""
        return self._predictor.model

    @property
    def provider(self) -> ProviderReport:
        """See `Predictor.provider`."""
        return self._report

    def predict(self, frame: Frame) -> Prediction:
        """See `Predictor.predict`."""
        return self._predictor.predict(frame)

    def close(self) -> None:
        """See `Predictor.close`."""
        self._predictor.close()
