"""A network on TensorRT, made ready beside the one on CUDA that serves meanwhile."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from pathlib import Path

from engine.bound_network import BoundNetwork
from engine.config import Provider, RuntimeOptions
from engine.errors import EngineError, ModelNotOnnx, RuntimeUnavailable
from engine.future import close_when_open, in_daemon_thread
from engine.gpu_steps import GpuSteps
from engine.kernels.cuda_backend import Backend
from engine.models import ModelFile
from engine.network_check import Maps, check_network
from engine.predictor import ProviderReport
from engine.providers import ProviderPlan
from engine.runtime import OnnxPredictor
from engine.tensorrt.build import CHILD, BuildRequest, build_engine
from engine.tensorrt.key import EngineKey, engine_options
from engine.types import Frame, InputGeometry

log = logging.getLogger(__name__)

PRECISION = "float16"
"""What TensorRT is asked to compute in; layers where that is slower it leaves in float32."""

_PHASES = {
    "loading": "TensorRT is being loaded",
    "building": "TensorRT builds its engine for this input size, which takes minutes once",
    "trying": "TensorRT's engine is being tried",
}
_HINT = "Choose CUDA, which serves now."


@dataclass(slots=True, eq=False)
class _Job:
    """One engine on its way. done: the network, once it may serve."""

    input_hw: tuple[int, int]
    phase: str = "loading"
    started_s: float = field(default_factory=time.perf_counter)
    stop: threading.Event = field(default_factory=threading.Event)
    done: Future[BoundNetwork] = field(default_factory=Future)
    taken: bool = False


class TensorrtUpgrade:
    """Builds or loads the engine for the size asked for; a `bound_network.NetworkUpgrade`.

    An engine serves after its maps were held against the CPU's. After one failure nothing
    is tried again. plan: of the network that serves meanwhile. command: builds engines.
    """

    def __init__(
        self,
        model: ModelFile,
        plan: ProviderPlan,
        backend: Backend,
        command: Sequence[str] = CHILD,
    ) -> None:
        self._model = model
        self._plan = plan
        self._backend = backend
        self._command = command
        self._job: _Job | None = None
        self._failure: EngineError | None = None

    def take(self, input_hw: tuple[int, int]) -> BoundNetwork | None:
        """See `NetworkUpgrade.take`."""
        if self._failure is not None:
            return None
        if self._job is None or self._job.input_hw != input_hw:
            self.close()
            self._job = job = _Job(input_hw)
            job.done = in_daemon_thread(lambda: self._prepare(job), lambda: None)
        if self._job.taken or not self._job.done.done():
            return None
        try:
            network = self._job.done.result()
        except EngineError as error:
            log.warning("TensorRT is left out: %s", error)
            self._failure = error
            return None
        self._job.taken = True
        return network

    def tell(self, report: ProviderReport) -> ProviderReport:
        """See `NetworkUpgrade.tell`."""
        if self._failure is not None:
            return replace(report, reason=self._failure.message, fix=self._failure.hint or _HINT)
        job = self._job
        if job is None:
            return replace(report, preparing="TensorRT is made ready from the first frame on.")
        if job.taken:
            return report
        minutes, seconds = divmod(int(time.perf_counter() - job.started_s), 60)
        phase = _PHASES.get(job.phase, job.phase)
        return replace(report, preparing=f"{phase} ({minutes}:{seconds:02}).")

    def close(self) -> None:
        """See `NetworkUpgrade.close`."""
        job, self._job = self._job, None
        if job is not None and not job.taken:
            job.stop.set()
            close_when_open(job.done)

    def _prepare(self, job: _Job) -> BoundNetwork:
        try:
            network = self._open(self._engine(job), job.input_hw)
            try:
                self._check(network)
            except BaseException:
                network.close()
                raise
            return network
        except ModelNotOnnx as error:  # the CPU and CUDA opened it, so it is not the file
            raise RuntimeUnavailable(
                f"TensorRT cannot take this model: {error.__cause__}.", _HINT
            ) from error
        except EngineError:
            raise
        except Exception as error:
            # As with CUDA: no surprise of a library may cost the user the picture.
            log.exception("TensorRT failed unexpectedly")
            what = f"{type(error).__name__}: {error}"
            raise RuntimeUnavailable(f"TensorRT failed unexpectedly: {what}.", _HINT) from error

    def _engine(self, job: _Job) -> Path:
        """The folder of the engine, built where it is not there yet."""
        model, backend = self._model, self._backend
        key = EngineKey.of(model, job.input_hw, PRECISION, backend.name)
        if not key.folder.is_dir():
            request = BuildRequest(str(model.path), job.input_hw, PRECISION, backend.device_id)

            def tell(phase: str) -> None:
                job.phase = phase

            build_engine(request, key.folder, job.stop, tell, self._command)
            (key.folder / "key.json").write_text(key.text + "\n", encoding="utf-8")
        job.phase = "trying"
        return key.folder

    def _open(self, folder: Path, input_hw: tuple[int, int]) -> BoundNetwork:
        first = engine_options(folder, PRECISION, self._backend.device_id)
        plan = ProviderPlan(self._plan.requested, first[0], (first, *self._plan.tried))
        model = replace(self._model, precision=PRECISION)
        return BoundNetwork(model, plan, self._backend, input_hw)

    def _check(self, network: BoundNetwork) -> None:
        geometry = InputGeometry(network.input_hw, network.input_hw)
        steps = GpuSteps(self._backend)
        place = steps.place(geometry).place

        def maps_of(frame: Frame) -> Maps:
            maps, _ = steps.predict(steps.stage(frame.image_bgr), place, network)
            return steps.maps_here(maps)

        on_cpu = RuntimeOptions(provider=Provider.CPU, input_long_side=max(network.input_hw))
        reference = OnnxPredictor(self._model, on_cpu)
        try:
            check_network(maps_of, reference, network.input_hw, "on TensorRT", _HINT)
        finally:
            reference.close()
