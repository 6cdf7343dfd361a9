"""The network on ONNX Runtime: frame in, person logits and box deltas out."""

from __future__ import annotations

import time
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from engine.config import RuntimeOptions
from engine.errors import RuntimeUnavailable
from engine.models import ModelFile, check_metadata
from engine.onnx_file import (
    check_maps,
    check_open,
    check_signature,
    open_session,
    runtime_errors,
    session_metadata,
    told_by,
)
from engine.predictor import ModelInfo, Predictor, ProviderReport
from engine.preprocess import input_size, preprocess, rounded_side
from engine.providers import plan_providers, report_provider
from engine.types import Float32Array, Frame, InputGeometry, Prediction, Prepared, UInt8Array

OUTPUTS = ("person_logits", "box_deltas")

USUAL_FRAME_HW = (720, 1280)
"""Networks are made ready for frames of this shape before the first one comes."""


@dataclass(frozen=True, slots=True, eq=False)
class PreparedInput(Prepared):
    """A frame as the network's input, (1, H, W, 3) uint8 RGB."""

    image: UInt8Array
    geometry: InputGeometry


class OnnxPredictor(Predictor):
    """A model file (docs/architecture.md) on the provider that came up.

    Opening reads the file, checks its metadata, inputs and outputs, and falls back to
    the CPU where the provider asked for does not start; `provider` tells. Raises
    `ModelError` and `RuntimeUnavailable`.
    """

    def __init__(self, model: ModelFile, options: RuntimeOptions = RuntimeOptions()) -> None:  # noqa: B008 - immutable
        plan = plan_providers(options.provider, options.threads)
        self._session = open_session(model.path, providers=plan.tried, threads=options.threads)
        check_signature(self._session, model.path)
        check_open(self._session, model.path)
        check_metadata(model, session_metadata(self._session))
        self._model = model.info
        self._provider = report_provider(plan, self._session, model.precision)
        self._long_side = rounded_side(options.input_long_side or model.info.input_long_side)
        self._errors = runtime_errors()
        # The first run of all is slow, and a model that cannot run shall say so now. On the
        # CPU the first run of another size takes no longer than the runs that follow it.
        usual = InputGeometry(USUAL_FRAME_HW, input_size(USUAL_FRAME_HW, self._long_side))
        maps = self._infer(np.zeros((1, *usual.input_hw, 3), np.uint8))
        check_maps(dict(zip(OUTPUTS, maps, strict=True)), usual.grid_hw, model.path)

    @property
    def model(self) -> ModelInfo:
        """What the model file says of itself."""
        return self._model

    @property
    def provider(self) -> ProviderReport:
        """Where the network was asked to run and where it does."""
        return self._provider

    @property
    def long_side(self) -> int:
        """See `Predictor.long_side`."""
        return self._long_side

    def prepare(self, frame: Frame, long_side: int | None = None) -> PreparedInput:
        """See `Predictor.prepare`."""
        started_s = time.perf_counter()
        image, geometry = preprocess(frame, long_side or self._long_side)
        return PreparedInput(frame, (time.perf_counter() - started_s) * 1e3, image, geometry)

    def infer(self, prepared: Prepared) -> Prediction:
        """The network's maps for one frame. Raises `RuntimeUnavailable`.

        They are as the network gave them: NaN and infinities are for grouping, which
        defines what they mean.
        """
        if not isinstance(prepared, PreparedInput):
            raise TypeError(f"{type(prepared).__name__} was prepared by another predictor")
        started_s = time.perf_counter()
        logits, deltas = self._infer(prepared.image)
        network_ms = (time.perf_counter() - started_s) * 1e3
        return Prediction(
            frame=prepared.frame,
            geometry=prepared.geometry,
            person_logits=logits[0, 0],
            box_deltas=deltas[0],
            anchor_wh=self._model.anchor_wh,
            stage_ms=MappingProxyType(
                {"preprocess": prepared.preprocess_ms, "network": network_ms}
            ),
            input_rgb=prepared.image[0],
        )

    def close(self) -> None:
        """Free the session and its memory; `infer` must not be called after that."""
        self._session = None

    def _infer(self, image: UInt8Array) -> list[Float32Array]:
        if self._session is None:
            raise RuntimeUnavailable("The network has been closed.")
        try:
            return self._session.run(OUTPUTS, {"image": image})  # type: ignore[no-any-return]
        except self._errors as error:
            on = self._provider.actual
            way_out = "Choose another model" if on == "CPU" else "Choose the CPU as provider"
            raise RuntimeUnavailable(
                f"The network could not run on {on}: {told_by(error)}",
                f"{way_out}, or a smaller input size.",
            ) from error
