"""Builds one engine and ends; a program of its own, for it takes minutes and may crash.

    python -m engine.tensorrt.child

Standard input: one line of JSON, a `BuildRequest`; when it is closed, the program ends at
once, for whoever asked is gone. Standard output: one JSON object per line, {"phase": …} and
at last {"done": true} or {"error": …, "hint": …}.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import EngineError, ModelNotOnnx, RuntimeUnavailable
from engine.onnx_file import import_onnxruntime, open_session, sides_for
from engine.providers import ProviderOptions
from engine.tensorrt.key import engine_options, tensorrt_version


def main() -> int:
    """Exit status 0 where the engine was built."""
    request = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_asker, daemon=True).start()
    try:
        _build(request)
    except EngineError as error:
        _say(error=error.message, hint=error.hint)
        return 1
    _say(done=True)
    return 0


def _build(request: dict[str, Any]) -> None:
    _say(phase="loading")
    tensorrt_version()
    ort = import_onnxruntime()
    if hasattr(ort, "preload_dlls"):
        ort.preload_dlls()
    path, folder = Path(request["model"]), Path(request["folder"])
    height, width = request["input_hw"]
    wanted = engine_options(folder, request["precision"], request["device_id"])
    providers: list[ProviderOptions] = [wanted]
    providers += [("CUDAExecutionProvider", {}), ("CPUExecutionProvider", {})]
    _say(phase="building")
    sides = sides_for(path, (height, width))
    try:
        session = open_session(path, providers=providers, fixed_sides=sides)
    except ModelNotOnnx as error:  # it has just been opened, so it is not the file
        raise RuntimeUnavailable(f"TensorRT cannot take this model: {error.__cause__}.") from error
    if session.get_providers()[0] != wanted[0]:
        raise RuntimeUnavailable("TensorRT did not start beside CUDA.")
    _say(phase="trying")
    session.run(None, {"image": np.zeros((1, height, width, 3), np.uint8)})
    if not any(folder.glob("*.engine")):
        raise RuntimeUnavailable("TensorRT takes no part of this model.", "Choose CUDA.")


def _end_with_asker() -> None:
    sys.stdin.read()
    os._exit(3)


def _say(**message: Any) -> None:
    print(json.dumps(message), flush=True)


if __name__ == "__main__":
    sys.exit(main())
