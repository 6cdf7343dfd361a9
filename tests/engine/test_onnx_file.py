"""What is said where ONNX Runtime itself cannot be loaded."""

from __future__ import annotations

import importlib

import pytest

from engine.errors import RuntimeUnavailable
from engine.onnx_file import import_onnxruntime


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("No module named 'onnxruntime'", "uv sync"),
        (
            "DLL load failed while importing onnxruntime_pybind11_state: A dynamic link library "
            "(DLL) initialization routine failed.",
            "Visual C++ Redistributable",
        ),
    ],
)
def test_the_advice_fits_the_reason(
    said: str, advice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(name: str) -> None:
        raise ImportError(said)

    monkeypatch.setattr(importlib, "import_module", fail)
    with pytest.raises(RuntimeUnavailable) as caught:
        import_onnxruntime()
    assert said in caught.value.message
    assert advice in caught.value.hint
    assert ".." not in caught.value.message
