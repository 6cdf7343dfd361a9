"""OpenVINO in the place of ONNX Runtime's own CPU kernels, where it gives the same."""

from __future__ import annotations

import logging
from dataclasses import replace

from engine.config import Provider, RuntimeOptions
from engine.errors import EngineError, ModelNotOnnx, RuntimeUnavailable
from engine.models import ModelFile
from engine.network_check import Maps, check_network
from engine.predictor import Predictor, WithReport
from engine.runtime import USUAL_FRAME_HW, OnnxPredictor
from engine.types import Frame

log = logging.getLogger(__name__)

OTHER_MODEL = (
    "Choose a float32 model for OpenVINO, such as bbe-mnv2, or bring its build up to date with "
    "`uv sync --no-group cpu --extra openvino`."
)
"""What to do where OpenVINO is there but cannot take this model."""


def open_on_openvino(model: ModelFile, options: RuntimeOptions) -> Predictor:
    """`model` on OpenVINO; on the CPU where it fails there or gives other results.

    `provider` says which and why. Versions differ: 1.24.1 of the wheel gives wrong masks
    from 8-bit models, and so do others where the processor has AVX2 and no VNNI. Raises
    `EngineError` where the CPU fails, too.
    """
    on_cpu = OnnxPredictor(model, replace(options, provider=Provider.CPU))
    try:
        predictor = _open_checked(model, options, on_cpu)
    except EngineError as error:
        log.warning("OpenVINO is left out: %s", error)
        requested = options.provider.value
        report = replace(on_cpu.provider, requested=requested, reason=error.message, fix=error.hint)
        return WithReport(on_cpu, report)
    on_cpu.close()
    return predictor


def _open_checked(
    model: ModelFile, options: RuntimeOptions, on_cpu: OnnxPredictor
) -> OnnxPredictor:
    try:
        predictor = OnnxPredictor(model, options)
    except ModelNotOnnx as error:
        # The CPU has just opened it, so it is not the file.
        raise RuntimeUnavailable(
            f"OpenVINO cannot take this model: {error.__cause__}.", OTHER_MODEL
        ) from error

    def maps_of(frame: Frame) -> Maps:
        prediction = predictor.predict(frame)
        return prediction.person_logits, prediction.box_deltas

    try:
        check_network(maps_of, on_cpu, USUAL_FRAME_HW, "on OpenVINO", OTHER_MODEL)
    except EngineError:
        predictor.close()
        raise
    return predictor
