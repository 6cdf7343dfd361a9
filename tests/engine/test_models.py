"""Model files: the manifest, names and paths, and each way a file can be wrong."""

from __future__ import annotations

import errno
import hashlib
from pathlib import Path

import pytest

from engine import gpu
from engine.config import Provider, RuntimeOptions
from engine.errors import (
    ManifestError,
    ModelHashMismatch,
    ModelMetadata,
    ModelNotFound,
    ModelNotOnnx,
    RuntimeUnavailable,
)
from engine.models import Manifest, find_model, list_models
from engine.predictor import ProviderReport
from engine.providers import ProviderPlan
from tests.tiny_onnx import METADATA, write_tiny_onnx

ENTRY = """
default = "tiny"
[models.tiny]
file = "tiny.onnx"
sha256 = "{sha256}"
precision = "float32"
backbone = "none"
output_stride = 4
anchor_width = 16
anchor_height = 24
input_long_side = 65
classes = ["person"]
licence = "CC0"
training_data = "none"
"""


@pytest.fixture
def weights(tmp_path, monkeypatch) -> Path:
    """A weights folder with one tiny model, in place of the program's own."""
    model = write_tiny_onnx(tmp_path / "tiny.onnx")
    sha256 = hashlib.sha256(model.read_bytes()).hexdigest()
    (tmp_path / "manifest.toml").write_text(ENTRY.format(sha256=sha256))
    monkeypatch.setattr("engine.models.weights_dir", lambda: tmp_path)
    return tmp_path


def test_every_model_of_the_program_is_there_unchanged_and_described():
    manifest = Manifest.load()
    models = list_models()
    assert {model.info.name for model in models} == set(manifest.models)
    assert models[0].info.name == manifest.default
    for model in models:
        model.verify_hash()
        assert model.training_data
        assert model.size_bytes > 0


def test_8_bits_are_the_default_on_the_cpu_alone():
    manifest = Manifest.load()
    precision = {on: manifest.models[manifest.default_for(on)].precision for on in Provider}
    assert precision[Provider.CPU] == "int8"
    assert precision[Provider.CUDA] == precision[Provider.TENSORRT] == "float32"


def test_no_name_is_the_default_model(weights):
    assert find_model("").info.name == "tiny"
    assert find_model("tiny").path == weights / "tiny.onnx"


def test_a_provider_may_have_a_default_of_its_own(weights):
    write_tiny_onnx(weights / "float.onnx", metadata=METADATA | {"name": "float"})
    entry = ENTRY[ENTRY.index("[models.tiny]") :].replace("tiny", "float").format(sha256="")
    manifest = weights / "manifest.toml"
    text = manifest.read_text().replace("[models", '[default_on]\ncuda = "float"\n[models', 1)
    manifest.write_text(text + entry)
    assert find_model("", Provider.CUDA).info.name == "float"
    assert find_model("", Provider.CPU).info.name == find_model().info.name == "tiny"
    assert find_model("tiny", Provider.CUDA).info.name == "tiny"
    loaded = Manifest.load()
    assert (loaded.role_of("tiny"), loaded.role_of("float")) == ("default", "default on cuda")


def test_the_path_of_a_listed_model_is_that_model(weights):
    assert find_model(weights / "tiny.onnx").sha256
    assert find_model(weights / ".." / weights.name / "tiny.onnx").sha256


def test_another_file_speaks_for_itself(weights, tmp_path):
    own = write_tiny_onnx(
        tmp_path / "own.onnx", metadata=METADATA | {"name": "own", "classes": "person, dog"}
    )
    model = find_model(own)
    assert model.info.name == "own"
    assert model.info.anchor_wh == (16.0, 24.0)
    assert model.info.classes == ("person", "dog")
    assert model.sha256 == ""


def test_an_unknown_name_lists_the_known_ones(weights):
    with pytest.raises(ModelNotFound, match=r"no model 'tinny'.*tiny"):
        find_model("tinny")


def test_a_file_that_the_system_refuses_is_told_with_its_reason(weights, monkeypatch):
    with pytest.raises(ModelNotFound, match=r"cannot be read: file name too long"):
        find_model(f"{'a' * 300}.onnx")

    def refuse(path, *_, **__):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    manifest = Manifest.load()
    monkeypatch.setattr(Manifest, "load", lambda: manifest)
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ModelNotFound, match=r"tiny\.onnx cannot be read: permission denied"):
        find_model("tiny")


def test_a_listed_file_that_is_gone_is_missed(weights):
    (weights / "tiny.onnx").unlink()
    assert list_models() == []
    with pytest.raises(ModelNotFound, match="missing"):
        find_model("tiny")


def test_a_changed_file_is_refused(weights):
    with (weights / "tiny.onnx").open("ab") as file:
        file.write(b"\0")
    with pytest.raises(ModelHashMismatch, match="SHA-256"):
        find_model("tiny")


@pytest.mark.parametrize("content", [b"", b"hello world" * 9])
def test_a_file_that_is_not_onnx_is_refused(weights, tmp_path, content):
    path = tmp_path / "not.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelNotOnnx, match="not an ONNX model") as caught:
        find_model(path)
    assert caught.value.message == "not.onnx is not an ONNX model that can be opened."
    assert str(path) in caught.value.hint
    assert "ONNXRuntimeError" not in caught.value.hint


def test_missing_metadata_is_named(weights, tmp_path):
    metadata = {key: value for key, value in METADATA.items() if key != "anchor_width"}
    path = write_tiny_onnx(tmp_path / "own.onnx", metadata=metadata)
    with pytest.raises(ModelMetadata, match="anchor_width"):
        find_model(path)


@pytest.mark.parametrize(
    ("key", "value"),
    [("anchor_width", "0"), ("anchor_height", "nan"), ("input_long_side", "99999")],
)
def test_metadata_that_cannot_be_true_is_refused(weights, tmp_path, key, value):
    path = write_tiny_onnx(tmp_path / "own.onnx", metadata=METADATA | {key: value})
    with pytest.raises(ModelMetadata, match=rf"own\.onnx .*{key} is {value}, not 1 to 2049"):
        find_model(path)


def test_unreadable_metadata_is_refused(weights, tmp_path):
    path = write_tiny_onnx(tmp_path / "own.onnx", metadata=METADATA | {"output_stride": "four"})
    with pytest.raises(ModelMetadata, match="four"):
        find_model(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("default = ", "cannot be read"),
        ('default = "tiny"', "lacks the key 'models'"),
        ('default = "other"\n[models]', "not among its models"),
        ('default = "tiny"\n[models]\ntiny = 3', "cannot be read"),
        (ENTRY.replace("[models", '[default_on]\nabacus = "tiny"\n[models'), "abacus"),
        (ENTRY.replace("[models", '[default_on]\ncuda = "other"\n[models'), "not among its mod"),
    ],
)
def test_a_broken_manifest_is_an_error_of_its_own(weights, text, message):
    (weights / "manifest.toml").write_text(text)
    with pytest.raises(ManifestError, match=message):
        find_model("tiny")


def test_a_missing_manifest_is_an_error_of_its_own(tmp_path):
    with pytest.raises(ManifestError):
        Manifest.load(tmp_path / "manifest.toml")


@pytest.mark.parametrize(("runs_on", "expected"), [("CPU", "tiny"), ("CUDA", "float")])
def test_unasked_a_gpu_gets_its_own_default_and_the_cpu_that_takes_over_gets_its(
    runs_on, expected, tmp_path, monkeypatch
):
    """Without CuPy: the network alone runs on CUDA, or CUDA does not come up at all."""

    def no_backend() -> None:
        raise RuntimeUnavailable("CuPy cannot be loaded.", "Install it.")

    cuda_first = ProviderPlan(
        Provider.AUTO,
        "CUDAExecutionProvider",
        (("CUDAExecutionProvider", {}), ("CPUExecutionProvider", {})),
    )
    models = {
        name: find_model(
            write_tiny_onnx(tmp_path / f"{name}.onnx", metadata=METADATA | {"name": name})
        )
        for name in ("tiny", "float")
    }

    def find(name, provider=Provider.CPU):
        return models[name or ("float" if provider is Provider.CUDA else "tiny")]

    report = ProviderReport("auto", runs_on, reason="" if runs_on == "CUDA" else "No driver.")
    monkeypatch.setattr(gpu, "plan_providers", lambda *_: cuda_first)
    monkeypatch.setattr(gpu, "find_model", find)
    monkeypatch.setattr(gpu, "CudaBackend", no_backend)
    monkeypatch.setattr("engine.runtime.report_provider", lambda *_: report)
    predictor = gpu.open_predictor()
    assert predictor.model.name == expected
    assert predictor.provider.fell_back
    assert gpu.open_predictor(RuntimeOptions(model="float")).model.name == "float"
