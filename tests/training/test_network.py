"""The network: shapes, output strides on one set of weights, batch norm, warm start."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="training needs PyTorch: uv sync --extra train")

from pathlib import Path

import timm
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from engine.errors import ConfigError, ModelNotFound
from engine.network import BbeNetwork, NetworkOptions, load_backbone_weights
from engine.training.batchnorm import unfold_batch_norm
from engine.training.export import ExportOptions, export_network
from engine.training.fast_conv import PhasedConv2d, ShiftedConv2d, speed_up_dilated
from engine.training.folding import (
    conv_norm_pairs,
    convolutions_in_order,
    example_input,
    fold_batch_norm,
)
from engine.training.recipe import BatchNormMode, ScheduleOptions, TrainOptions
from engine.training.start import build_start, freeze_stages, load_onnx_weights

SMALL = NetworkOptions(width=24, skip_width=8)


def noise(height: int = 65, width: int = 97, count: int = 1) -> Tensor:
    generator = torch.Generator().manual_seed(height)
    return torch.randint(0, 256, (count, height, width, 3), dtype=torch.uint8, generator=generator)


def lively_network(options: NetworkOptions = SMALL, seed: int = 3) -> BbeNetwork:
    """Random weights and random batch norm statistics, in eval mode."""
    torch.manual_seed(seed)
    network = BbeNetwork(options)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            assert module.running_mean is not None
            assert module.running_var is not None
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
            nn.init.uniform_(module.weight, 0.8, 1.2)
            nn.init.normal_(module.bias, 0, 0.1)
    return network.eval()


def folded_network(options: NetworkOptions = SMALL, seed: int = 3) -> BbeNetwork:
    """The same without batch norm, as it is exported."""
    network = lively_network(options, seed)
    fold_batch_norm(network)
    return network


@torch.no_grad()
def outputs(network: nn.Module, image: Tensor) -> list[Tensor]:
    return list(network(image))


@pytest.mark.parametrize("backbone", ["mobilenetv2_100", "resnet50"])
@pytest.mark.parametrize("output_stride", [8, 16])
@pytest.mark.parametrize("aspp", [True, False])
def test_maps_have_a_cell_for_every_fourth_pixel(
    backbone: str, output_stride: int, aspp: bool
) -> None:
    options = NetworkOptions(backbone, output_stride, aspp, width=16, skip_width=8)
    logits, deltas = outputs(BbeNetwork(options).eval(), noise(49, 81, 2))
    assert logits.shape == (2, 1, 13, 21)
    assert deltas.shape == (2, 4, 13, 21)
    assert logits.dtype == deltas.dtype == torch.float32


def test_weights_of_one_output_stride_serve_the_other() -> None:
    trained = lively_network()
    finer = BbeNetwork(NetworkOptions(output_stride=8, width=24, skip_width=8)).eval()
    finer.load_state_dict(trained.state_dict())
    shapes = [tuple(m.shape) for m in outputs(finer, noise())]
    assert shapes == [tuple(m.shape) for m in outputs(trained, noise())]


def test_an_unknown_output_stride_is_a_clear_error() -> None:
    with pytest.raises(ConfigError, match="stride 32"):
        NetworkOptions(output_stride=32)


@pytest.mark.parametrize("backbone", ["mobilenetv2_100", "resnet50"])
def test_folding_batch_norm_keeps_the_function(backbone: str) -> None:
    network = lively_network(NetworkOptions(backbone, width=24, skip_width=8))
    wanted = outputs(network, noise())
    fold_batch_norm(network)
    assert not any(isinstance(m, nn.BatchNorm2d) for m in network.modules())
    for ours, theirs in zip(outputs(network, noise()), wanted, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-5)


def test_unfolding_keeps_the_function_and_gives_each_layer_its_statistics() -> None:
    network = lively_network()
    batch = noise(65, 65, 4)
    wanted = outputs(network, noise())
    unfold_batch_norm(network, [batch[:2], batch[2:]])
    for ours, theirs in zip(outputs(network, noise()), wanted, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-4)
    _, first_norm = conv_norm_pairs(network, example_input())[0]
    norm = network.get_submodule(first_norm)
    seen: list[Tensor] = []
    norm.register_forward_pre_hook(lambda _module, inputs: seen.append(inputs[0]))
    outputs(network, batch)
    assert isinstance(norm.running_mean, Tensor)
    torch.testing.assert_close(norm.running_mean, seen[0].mean((0, 2, 3)), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("dilation", [2, 5, 6, 7, 12, 18, 30])
def test_dilated_convolutions_and_their_gradients_stay_the_same(dilation: int) -> None:
    conv = nn.Conv2d(6, 6, 3, padding=dilation, dilation=dilation, groups=6)
    values = torch.randn(2, 6, 13, 22, requires_grad=True)
    of = (values, conv.weight, conv.bias)
    upstream = torch.randn(2, 6, 13, 22)
    plain = conv(values)
    wanted = (plain, *torch.autograd.grad(plain, of, upstream))
    speed_up_dilated(nn.Sequential(conv))
    assert isinstance(conv, PhasedConv2d if dilation <= 6 else ShiftedConv2d)
    quick = conv(values)
    for ours, theirs in zip(
        (quick, *torch.autograd.grad(quick, of, upstream)), wanted, strict=True
    ):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-4)


def test_training_and_eval_mode_of_a_folded_network_agree() -> None:
    network = lively_network()
    fold_batch_norm(network)
    wanted = outputs(network, noise())
    for ours, theirs in zip(outputs(network.train(), noise()), wanted, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)


def test_frozen_stages_get_no_gradient() -> None:
    network = lively_network()
    freeze_stages(network, 2)
    frozen = {n for n, p in network.named_parameters() if not p.requires_grad}
    assert "backbone.conv_stem.weight" in frozen
    assert any(name.startswith("backbone.blocks.1.") for name in frozen)
    assert not any(name.startswith(("backbone.blocks.2.", "aspp", "decoder")) for name in frozen)


def test_backbone_weights_of_another_network_are_a_clear_error() -> None:
    with pytest.raises(ConfigError, match="lacks"):
        load_backbone_weights(lively_network(), {"conv_stem.weight": torch.zeros(1)})


def test_weights_that_cannot_be_fetched_are_a_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def offline(name: str, **changes: object) -> object:
        if changes.get("pretrained"):
            raise OSError("no network")
        return create(name, **changes)

    create = timm.create_model
    monkeypatch.setattr(timm, "create_model", offline)
    options = TrainOptions(data=tmp_path, out=tmp_path, schedule=ScheduleOptions(images=1))
    with pytest.raises(ModelNotFound, match="no network"):
        build_start(options)


def test_a_missing_start_model_is_a_clear_error(tmp_path: Path) -> None:
    network = lively_network()
    with pytest.raises(ModelNotFound):
        load_onnx_weights(network, tmp_path / "none.onnx")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # torch's, about its exporter
def test_a_backbone_goes_as_far_back_as_asked_and_the_rest_stays(tmp_path: Path) -> None:
    learnt, earlier = folded_network(), BbeNetwork(SMALL).eval()
    export_network(learnt, tmp_path / "learnt.onnx", ExportOptions(), 97)
    save_file(earlier.backbone.state_dict(), tmp_path / "earlier.safetensors")
    options = TrainOptions(
        data=tmp_path,
        out=tmp_path,
        schedule=ScheduleOptions(images=1),
        network=learnt.options,
        init=tmp_path / "learnt.onnx",
        backbone_weights=tmp_path / "earlier.safetensors",
        backbone_back=0.25,
    )
    fold_batch_norm(earlier)
    of_both = dict(build_start(options).named_parameters())
    before = dict(earlier.named_parameters())
    for name, weight in learnt.named_parameters():
        expected = weight
        if name.startswith("backbone."):
            expected = 0.75 * weight + 0.25 * before[name]
        torch.testing.assert_close(of_both[name], expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("share", [-0.1, 1.0])
def test_a_dropout_that_leaves_nothing_is_a_clear_error(share: float) -> None:
    with pytest.raises(ConfigError, match="leaves nothing"):
        NetworkOptions(context_dropout=share)


def test_dropout_is_for_training_only() -> None:
    network = BbeNetwork(NetworkOptions(width=16, skip_width=8, context_dropout=0.5))
    image = noise(count=2)
    first, second = outputs(network.train(), image), outputs(network, image)
    assert not torch.equal(first[0], second[0])
    first, second = outputs(network.eval(), image), outputs(network, image)
    assert torch.equal(first[0], second[0])


@pytest.mark.shared
def test_the_network_started_from_the_shared_model_computes_the_same(shared_dir: Path) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    path = shared_dir / "model" / "bbe-mnv2-start.onnx"
    network = BbeNetwork().eval()
    fold_batch_norm(network)
    load_onnx_weights(network, path)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    image = noise(129, 193)
    for ours, theirs in zip(
        outputs(network, image), session.run(None, {"image": image.numpy()}), strict=True
    ):
        torch.testing.assert_close(ours, torch.from_numpy(theirs), rtol=1e-3, atol=1e-4)


@pytest.mark.shared
def test_a_start_model_of_another_layout_is_a_clear_error(shared_dir: Path) -> None:
    network = lively_network()
    fold_batch_norm(network)
    with pytest.raises(ConfigError, match="another layout"):
        load_onnx_weights(network, shared_dir / "model" / "bbe-mnv2-start.onnx")


@pytest.mark.shared
def test_shared_backbone_weights_load_and_fold(shared_dir: Path, tmp_path: Path) -> None:
    folder = shared_dir / "data" / "backbones"
    for file in sorted(folder.glob("*.safetensors")):
        options = TrainOptions(
            data=tmp_path,
            out=tmp_path,
            schedule=ScheduleOptions(images=1),
            backbone_weights=file,
            batchnorm=BatchNormMode.FOLDED,
        )
        network = build_start(options).eval()
        assert len(convolutions_in_order(network, example_input())) == 67
        logits, _ = outputs(network, noise())
        assert bool(torch.isfinite(logits).all())
