"""Exported files keep the contract and compute what PyTorch computes."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="training needs PyTorch: uv sync --extra train")

from pathlib import Path

import onnx
import onnxruntime
import torch

from engine.errors import ConfigError, ModelContract, ModelNotFound
from engine.network import BbeNetwork, NetworkOptions
from engine.training.export import (
    ExportOptions,
    check_against_torch,
    export_checkpoint,
    export_network,
)
from engine.training.folding import fold_batch_norm
from engine.training.start import load_onnx_weights
from tests.training.test_network import folded_network, noise, outputs

# torch.onnx's tracing exporter warns that it will not be developed further; the other one
# needs onnxscript and names weights differently with every release.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[BbeNetwork, Path]:
    network = folded_network()
    path = tmp_path_factory.mktemp("export") / "model.onnx"
    export_network(network, path, ExportOptions(name="test"), 417)
    return network, path


@pytest.mark.parametrize(("height", "width"), [(65, 97), (161, 113), (17, 33)])
def test_file_and_network_agree_at_other_sizes(
    exported: tuple[BbeNetwork, Path], height: int, width: int
) -> None:
    network, path = exported
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    image = noise(height, width, 2)
    found = session.run(None, {"image": image.numpy()})
    for ours, theirs in zip(found, outputs(network, image), strict=True):
        torch.testing.assert_close(torch.from_numpy(ours), theirs, rtol=1e-3, atol=1e-5)


def test_the_file_keeps_the_contract(exported: tuple[BbeNetwork, Path]) -> None:
    model = onnx.load(exported[1])
    assert {p.key: p.value for p in model.metadata_props} == {
        "name": "test",
        "backbone": "mobilenetv2_100",
        "output_stride": "16",
        "anchor_width": "78.384",
        "anchor_height": "117.576",
        "input_long_side": "417",
        "classes": "person",
        "licence": "trained on COCO photos; see the model card",
    }
    assert [i.name for i in model.graph.input] == ["image"]
    assert model.graph.input[0].type.tensor_type.elem_type == onnx.TensorProto.UINT8
    assert [o.name for o in model.graph.output] == ["person_logits", "box_deltas"]
    assert model.opset_import[0].version >= 17


def test_weights_carry_the_names_of_the_network(exported: tuple[BbeNetwork, Path]) -> None:
    network, path = exported
    names = {i.name for i in onnx.load(path).graph.initializer}
    assert {n for n, _ in network.named_parameters()} <= names


@pytest.mark.parametrize("half", [False, True])
def test_training_can_go_on_from_an_exported_file(tmp_path: Path, half: bool) -> None:
    network = folded_network()
    path = tmp_path / "model.onnx"
    export_network(network, path, ExportOptions(half=half), 417)
    again = BbeNetwork(NetworkOptions(width=24, skip_width=8)).eval()
    fold_batch_norm(again)
    load_onnx_weights(again, path)
    tolerance = 2e-2 if half else 1e-5
    for ours, theirs in zip(outputs(again, noise()), outputs(network, noise()), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=tolerance, atol=tolerance)


def test_half_storage_halves_the_file_and_keeps_float_outputs(
    exported: tuple[BbeNetwork, Path], tmp_path: Path
) -> None:
    network, full = exported
    path = tmp_path / "half.onnx"
    export_network(network, path, ExportOptions(half=True), 417)
    assert path.stat().st_size < 0.6 * full.stat().st_size
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    logits, _ = session.run(None, {"image": noise().numpy()})
    assert logits.dtype == "float32"


def test_a_file_that_computes_something_else_is_refused(
    exported: tuple[BbeNetwork, Path],
) -> None:
    other = folded_network()
    with torch.no_grad():
        other.person_head.weight.add_(0.1)
    with pytest.raises(ModelContract, match="person_logits"):
        check_against_torch(other, exported[1])


def test_a_refused_export_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"old")
    with pytest.raises(ConfigError, match="16"):
        export_network(folded_network(), path, ExportOptions(), 400)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_run_without_checkpoint_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match="no checkpoint"):
        export_checkpoint(tmp_path, tmp_path / "model.onnx", ExportOptions())
