"""Which execution provider runs the network, and why it is not the one asked for."""

from __future__ import annotations

import ctypes
import importlib.metadata
import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine.config import Provider
from engine.kernels.cuda_device import GET_DRIVER
from engine.onnx_file import Session, import_onnxruntime
from engine.predictor import ProviderReport

_EP_NAMES = {
    Provider.CPU: "CPUExecutionProvider",
    Provider.CUDA: "CUDAExecutionProvider",
    Provider.TENSORRT: "TensorrtExecutionProvider",
    Provider.OPENVINO: "OpenVINOExecutionProvider",
}
_UNASKED = (Provider.CUDA, Provider.OPENVINO, Provider.CPU)
"""What AUTO means, quickest first (docs/benchmarks.md)."""

_SHOWN = {
    "CPUExecutionProvider": "CPU",
    "CUDAExecutionProvider": "CUDA",
    "TensorrtExecutionProvider": "TensorRT",
    "OpenVINOExecutionProvider": "OpenVINO",
}
_RUNTIME_WHEELS = ("onnxruntime", "onnxruntime-gpu", "onnxruntime-openvino")
_ONE_WHEEL = "Uninstall all of them, then install the one you want as the README shows."
_GPU_WHEEL = "Install the GPU build with the GPU command of the README."
OPENVINO_WHEEL = "Install the OpenVINO build with `uv sync --no-group cpu --extra openvino`."
"""What to do where OpenVINO is asked for and does not serve."""

CHECK_DRIVER = (
    "Check that `nvidia-smi` lists the GPU and that its driver supports this CUDA version."
)
_DRIVER = "libcuda.so"
_GET_LIBRARIES = "Install the CUDA libraries with the GPU command of the README."
_GET_VC_RUNTIME = " It needs Microsoft's Visual C++ Redistributable (x64), too."
_SHARED_OBJECT = "libonnxruntime_providers_{}.so"

ProviderOptions = tuple[str, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a provider cannot run, one sentence, and what to do about it, one sentence."""

    reason: str
    fix: str


_TENSORRT_BESIDE_CUDA = Problem(
    "TensorRT serves only where all of the GPU's way is open.", "Choose CUDA instead."
)


def installed_runtimes() -> dict[str, str]:
    """Installed ONNX Runtime distributions and their versions; more than one is a fault."""
    found = {}
    for name in _RUNTIME_WHEELS:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def built_in_providers() -> tuple[str, ...]:
    """Names ("CPU", "CUDA", …) the installed wheel was built with; not all may work."""
    names = import_onnxruntime().get_available_providers()
    return tuple(_SHOWN[name] for name in names if name in _SHOWN)


@dataclass(frozen=True, slots=True)
class ProviderPlan:
    """What to open a session with.

    requested: by the user. wanted: name of the execution provider that means. tried: the
    wanted one first, the CPU last. problem: why not all that was wanted is tried.
    """

    requested: Provider
    wanted: str
    tried: tuple[ProviderOptions, ...]
    problem: Problem | None = None

    @property
    def first(self) -> Provider:
        """The one tried first: the CPU where the wanted one is not even tried."""
        return next(provider for provider, name in _EP_NAMES.items() if name == self.tried[0][0])

    @property
    def meanwhile(self) -> ProviderPlan:
        """The same where what is tried first is all that is wanted, until something better is."""
        return replace(self, wanted=self.tried[0][0], problem=None)


def plan_providers(requested: Provider, threads: int = 0) -> ProviderPlan:
    """The providers to try. AUTO means the first of CUDA, OpenVINO and the CPU in the wheel.

    TENSORRT means CUDA as well: `engine.tensorrt` has its engine built and opens it, beside
    the network on CUDA that serves meanwhile. CUDA libraries from the nvidia wheels are
    loaded where needed. threads: of OpenVINO, which does not take the session's; 0 lets it
    choose.
    """
    ort = import_onnxruntime()
    available = ort.get_available_providers()
    wanted = requested
    if requested is Provider.AUTO:
        wanted = next(p for p in _UNASKED if _EP_NAMES[p] in (*available, _EP_NAMES[Provider.CPU]))
    name = _EP_NAMES[wanted]
    cpu: ProviderOptions = (_EP_NAMES[Provider.CPU], {})
    if wanted is Provider.CPU:
        return ProviderPlan(requested, name, (cpu,))
    if name not in available:
        return ProviderPlan(requested, name, (cpu,), _not_built_in(wanted))
    if wanted in (Provider.CUDA, Provider.TENSORRT):
        _load_cuda_libraries(ort)
    if wanted is Provider.TENSORRT:
        on_cuda = (_EP_NAMES[Provider.CUDA], _options(Provider.CUDA, threads))
        return ProviderPlan(requested, name, (on_cuda, cpu), _TENSORRT_BESIDE_CUDA)
    return ProviderPlan(requested, name, ((name, _options(wanted, threads)), cpu))


def report_provider(plan: ProviderPlan, session: Session, precision: str) -> ProviderReport:
    """What really runs, read back from the session, beside what was asked for."""
    actual = session.get_providers()[0]
    problem = None
    if actual != plan.wanted:
        problem = plan.problem or _did_not_come_up(plan.wanted)
    shown = _SHOWN.get(actual, actual)
    # The others prepare themselves for a shape, for seconds or minutes, and hold it;
    # OpenVINO's first run of a shape takes 15 ms more.
    any_size = actual in (_EP_NAMES[Provider.CPU], _EP_NAMES[Provider.OPENVINO])
    return ProviderReport(
        requested=plan.requested.value,
        actual=shown,
        precision=precision,
        reason=problem.reason if problem else "",
        fix=problem.fix if problem else "",
        fixed_size="" if any_size else f"{shown} keeps one input size.",
    )


def _load_cuda_libraries(ort: Any) -> None:
    """Those in the nvidia wheels.

    cuDNN loads parts of itself by name. Windows looks for them along PATH, and `preload_dlls`
    (1.31) leaves some out (onnxruntime#28787).
    """
    if sys.platform == "win32":
        wheels = Path(ort.__file__).parents[1] / "nvidia"
        folders = sorted({str(library.parent) for library in wheels.glob("*/bin/**/*.dll")})
        known = os.environ.get("PATH", "").split(os.pathsep)
        os.environ["PATH"] = os.pathsep.join([f for f in folders if f not in known] + known)
    if hasattr(ort, "preload_dlls"):
        ort.preload_dlls()


def _options(provider: Provider, threads: int) -> dict[str, str]:
    if provider is Provider.CUDA:
        # HEURISTIC: EXHAUSTIVE stalls at every new shape, DEFAULT can run 4× slower.
        return {"cudnn_conv_algo_search": "HEURISTIC"}
    return {"device_type": "CPU", **({"num_of_threads": str(threads)} if threads else {})}


def _not_built_in(provider: Provider) -> Problem:
    wheels = installed_runtimes()
    listed = " and ".join(f"{name} {version}" for name, version in wheels.items())
    if len(wheels) > 1:
        return Problem(f"{listed} are installed together and overwrite each other.", _ONE_WHEEL)
    shown = _SHOWN[_EP_NAMES[provider]]
    fix = OPENVINO_WHEEL if provider is Provider.OPENVINO else _GPU_WHEEL
    return Problem(f"The installed {listed or 'ONNX Runtime'} was built without {shown}.", fix)


def _did_not_come_up(ep_name: str) -> Problem:
    shown = _SHOWN[ep_name]
    missing = _missing_library(ep_name)
    openvino = ep_name == _EP_NAMES[Provider.OPENVINO]
    if _DRIVER in missing:
        return Problem(f"{shown} did not start: NVIDIA's driver is not installed.", GET_DRIVER)
    if missing:
        fix = _GET_LIBRARIES + (_GET_VC_RUNTIME if sys.platform == "win32" else "")
        return Problem(
            f"{shown} did not start because a library is missing: {missing}.",
            OPENVINO_WHEEL if openvino else fix,
        )
    if openvino:
        return Problem("OpenVINO did not start.", OPENVINO_WHEEL)
    return Problem(f"{shown} did not start: no usable device or driver was found.", CHECK_DRIVER)


def _missing_library(ep_name: str) -> str:
    """What the dynamic linker says when the provider's library is loaded, "" if nothing."""
    folder = Path(import_onnxruntime().__file__).parent / "capi"
    stem = ep_name.removesuffix("ExecutionProvider").lower()
    name = "onnxruntime_providers_{}.dll" if sys.platform == "win32" else _SHARED_OBJECT
    for library in (folder / name.format(kind) for kind in ("shared", stem)):
        if not library.is_file():
            continue
        try:
            ctypes.CDLL(str(library))
        except OSError as error:
            return str(error)
    return ""
