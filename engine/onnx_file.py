"""Opening ONNX files: ONNX Runtime is imported here, and its errors become ours."""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy.typing as npt

from engine.errors import ModelNotOnnx, ModelSignature, RuntimeUnavailable
from engine.types import HEAD_STRIDE

Array = npt.NDArray[Any]
Session = Any
"""An `onnxruntime.InferenceSession`; the package has no types."""

_INPUT = {"image": ("tensor(uint8)", 4)}
_OUTPUTS = {"person_logits": ("tensor(float)", 4), "box_deltas": ("tensor(float)", 4)}
_CHANNELS = {"person_logits": 1, "box_deltas": 4}
_GET_ONNXRUNTIME = (
    "Install exactly one of onnxruntime and onnxruntime-gpu: in a checkout with `uv sync`, "
    "elsewhere with `pip install onnxruntime`."
)
_GET_VC_RUNTIME = (
    "Install the newest Visual C++ Redistributable (x64) of Microsoft, or, where you may not, "
    "`uv pip install msvc-runtime`, and start again."
)
_NO_BBE_MODEL = "This is not a BBE model; see the model file contract in the documentation."


def import_onnxruntime() -> Any:
    """The module `onnxruntime`. Raises `RuntimeUnavailable` where it cannot be imported.

    Imported on demand: the engine's types and sources work without it.
    """
    try:
        module = importlib.import_module("onnxruntime")
        module.InferenceSession  # noqa: B018 - two wheels at once leave an empty package
    except (ImportError, AttributeError) as error:
        raise RuntimeUnavailable(
            f"ONNX Runtime cannot be loaded: {str(error).rstrip('.')}.",
            _GET_VC_RUNTIME if "DLL load failed" in str(error) else _GET_ONNXRUNTIME,
        ) from error
    return module


def runtime_errors() -> tuple[type[Exception], ...]:
    """All exceptions that ONNX Runtime raises; they share no base of their own."""
    import_onnxruntime()
    state = importlib.import_module("onnxruntime.capi.onnxruntime_pybind11_state")
    found = (value for value in vars(state).values() if isinstance(value, type))
    return (*(kind for kind in found if issubclass(kind, Exception)), RuntimeError, ValueError)


def open_session(
    path: Path,
    *,
    providers: Sequence[tuple[str, dict[str, str]]] = (("CPUExecutionProvider", {}),),
    threads: int = 0,
    optimise: bool = True,
    fixed_sides: Mapping[str, int] = MappingProxyType({}),
    content: bytes | None = None,
) -> Session:
    """An inference session on the first of `providers` that comes up.

    threads: of the CPU, 0 is one per core. fixed_sides: sizes of axes that the model names
    but leaves open. content: opened in the place of what the file holds. Raises
    `RuntimeUnavailable` where CUDA is first and fails, `ModelNotOnnx` for other failures.
    """
    ort = import_onnxruntime()
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 4
    # What it logs outside of sessions, such as a missing library, is in the provider's report.
    ort.set_default_logger_severity(4)
    # Workers that spin make the network alone 15 % faster and the whole pipeline 10 %
    # slower on two cores: decoding, drawing and encoding want those cores too.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    for name, side in fixed_sides.items():
        options.add_free_dimension_override_by_name(name, side)
    if not optimise:
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    try:
        return ort.InferenceSession(
            str(path) if content is None else content,
            options,
            providers=[name for name, _ in providers],
            provider_options=[values for _, values in providers],
            # It would print its error and open on the CPU, keeping to itself why.
            enable_fallback=0,
        )
    except runtime_errors() as error:
        if providers[0][0] == "CUDAExecutionProvider":
            raise RuntimeUnavailable(
                f"The network could not be opened on CUDA: {told_by(error)}",
                "Check with `nvidia-smi` the GPU, its driver and its free memory.",
            ) from error
        raise ModelNotOnnx(
            f"{path.name} is not an ONNX model that can be opened.",
            f"Choose another model, or export this one again. ONNX Runtime says of {path}: "
            f"{_without(path, told_by(error))}",
        ) from error


def sides_for(path: Path, input_hw: tuple[int, int]) -> dict[str, int]:
    """Names that a model gives to its open axes → their sizes for inputs of `input_hw`."""
    height, width = input_hw
    grid_hw = ((height - 1) // HEAD_STRIDE + 1, (width - 1) // HEAD_STRIDE + 1)
    session = open_session(path, optimise=False)
    axes = list(zip(session.get_inputs()[0].shape, (1, height, width, 3), strict=False))
    for output in session.get_outputs():
        if len(output.shape) == 4:
            batch, _, rows, columns = output.shape
            axes += zip((batch, rows, columns), (1, *grid_hw), strict=True)
    return {name: size for name, size in axes if isinstance(name, str)}


def unrecorded_run() -> Any:
    """Options of a run that ONNX Runtime neither records as a CUDA graph nor replays."""
    options = import_onnxruntime().RunOptions()
    options.add_run_config_entry("gpu_graph_id", "-1")
    return options


def session_metadata(session: Session) -> Mapping[str, str]:
    """The file's metadata_props."""
    metadata: Mapping[str, str] = session.get_modelmeta().custom_metadata_map
    return metadata


def check_signature(session: Session, path: Path) -> None:
    """Raise `ModelSignature` unless inputs and outputs are those of docs/architecture.md."""
    for what, expected, found in (
        ("inputs", _INPUT, session.get_inputs()),
        ("outputs", _OUTPUTS, session.get_outputs()),
    ):
        actual = {value.name: (value.type, len(value.shape)) for value in found}
        if actual != expected:
            raise ModelSignature(
                f"{path.name} has the {what} {_described(actual)}, not {_described(expected)}.",
                _NO_BBE_MODEL,
            )


def check_open(session: Session, path: Path) -> None:
    """Raise `ModelSignature` where a model, as its file has it, takes but one size of picture."""
    _, height, width, _ = session.get_inputs()[0].shape
    if isinstance(height, int) or isinstance(width, int):
        raise ModelSignature(
            f"{path.name} takes pictures of {width}×{height} pixels alone.",
            "Export it with height and width left open, as bbe's own export does.",
        )


def check_maps(maps: Mapping[str, Array], grid_hw: tuple[int, int], path: Path) -> None:
    """Raise `ModelSignature` unless what came out, (N, C, h, w) by name, is on that grid."""
    for name, channels in _CHANNELS.items():
        found, expected = maps[name].shape[1:], (channels, *grid_hw)
        if found != expected:
            raise ModelSignature(
                f"{path.name} gives {name} of {_sides(found)}, not {_sides(expected)}.",
                _NO_BBE_MODEL,
            )


def _sides(shape: Sequence[int]) -> str:
    return " × ".join(str(side) for side in shape)


def _described(values: Mapping[str, tuple[str, int]]) -> str:
    return ", ".join(f"{name} {kind} of {rank} axes" for name, (kind, rank) in values.items())


def told_by(error: Exception) -> str:
    """What an error of ONNX Runtime says, without the C++ places it has been through."""
    said = str(error).strip()
    of_cuda = re.search(r"\bCU\w+ failure \d+: [^;\n]+", said)
    if of_cuda:
        return of_cuda.group().strip()
    if "Failed to allocate memory for requested buffer" in said:
        return "no memory is left."
    return (said.splitlines() or [type(error).__name__])[0]


def _without(path: Path, said: str) -> str:
    """The same without its code and the path, which stands before it."""
    said = re.sub(r"^\[ONNXRuntimeError\] : \d+ : \w+ : ", "", said)
    return said.replace(f"Load model from {path} failed:", "")
