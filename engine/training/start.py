"""The network a run starts from: another run's ONNX, backbone weights, or timm's hub."""

from __future__ import annotations

from pathlib import Path

import onnx
import timm
import torch
from onnx import numpy_helper
from safetensors.torch import load_file
from torch import Tensor, nn

from engine.errors import ConfigError, ModelNotFound
from engine.network import BbeNetwork, load_backbone_weights
from engine.training.folding import convolutions_in_order, example_input, fold_batch_norm
from engine.training.recipe import BatchNormMode, TrainOptions


def load_onnx_weights(network: BbeNetwork, path: Path) -> None:
    """Copy an exported model's convolutions into a folded network of the same layout.

    They are matched in execution order, so names do not matter. Raises `ModelNotFound`,
    or `ConfigError` where number or shapes differ.
    """
    if not path.is_file():
        raise ModelNotFound(f"{path} does not exist.", "Give an exported .onnx file.")
    found = onnx_convolutions(onnx.load(path))
    convolutions = convolutions_in_order(network, example_input())
    wanted = [tuple(conv.weight.shape) for conv in convolutions]
    if wanted != [tuple(weight.shape) for weight, _ in found]:
        raise ConfigError(
            f"{path.name} has {len(found)} convolutions of another layout than this network.",
            "Check backbone, aspp, width and skip_width.",
        )
    with torch.no_grad():
        for conv, (weight, bias) in zip(convolutions, found, strict=True):
            conv.weight.copy_(weight)
            if conv.bias is None:
                raise ConfigError("The network has batch norms.", "Fold them first.")
            conv.bias.copy_(bias)


def onnx_convolutions(model: onnx.ModelProto) -> list[tuple[Tensor, Tensor]]:
    """Weight and bias of each `Conv` in graph order, float32, also where stored as float16.

    Raises `ConfigError` for 8-bit files.
    """
    stored = {i.name: numpy_helper.to_array(i) for i in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == "Cast" and node.input[0] in stored:
            stored[node.output[0]] = stored[node.input[0]]
    nodes = [node for node in model.graph.node if node.op_type == "Conv"]
    if any(name not in stored for node in nodes for name in node.input[1:3]):
        raise ConfigError("The file holds 8-bit weights.", "Give the float form of the model.")
    return [
        (
            torch.tensor(stored[node.input[1]], dtype=torch.float32),
            torch.tensor(stored[node.input[2]], dtype=torch.float32),
        )
        for node in nodes
    ]


def build_start(options: TrainOptions) -> BbeNetwork:
    """The network with its first weights and the batch norm mode of `options`.

    With `init` and `backbone_back` each weight of the backbone is a mean of what it is in
    `init` and what it is in `backbone_weights`: a part of what it learnt by heart from few
    photos is forgotten, which heads trained further make good (docs/findings/training.md; the
    idea is WiSE-FT's, Wortsman et al. 2022, arXiv 2109.01903).

    "unfold" still needs `engine.training.batchnorm.unfold_batch_norm` on real pictures.
    """
    torch.manual_seed(options.seed)
    network = BbeNetwork(options.network)
    _initialise_heads(network)
    if options.init is None:
        _load_backbone(network, options)
    if options.init is not None or options.batchnorm is BatchNormMode.FOLDED:
        fold_batch_norm(network)
    if options.init is not None:
        load_onnx_weights(network, options.init)
    if options.backbone_back:
        _take_backbone_back(network, options)
    return network


def pretrained_backbone(options: TrainOptions) -> dict[str, nn.Parameter]:
    """The backbone's weights of `backbone_weights` by their names, batch norm folded."""
    before = BbeNetwork(options.network)
    _load_backbone(before, options)
    fold_batch_norm(before)
    return dict(before.backbone.named_parameters())


def _take_backbone_back(network: BbeNetwork, options: TrainOptions) -> None:
    earlier = pretrained_backbone(options)
    with torch.no_grad():
        for name, weight in network.backbone.named_parameters():
            weight.lerp_(earlier[name], options.backbone_back)


def _initialise_heads(network: BbeNetwork) -> None:
    """He initialisation; heads small, the person logit starting at one person in five pixels."""
    for module in [network.aspp, network.skip, network.decoder]:
        for conv in module.modules():
            if isinstance(conv, nn.Conv2d):
                nn.init.kaiming_normal_(conv.weight, mode="fan_in", nonlinearity="relu")
    for head in (network.person_head, network.box_head):
        nn.init.normal_(head.weight, std=0.01)
        if head.bias is not None:
            nn.init.zeros_(head.bias)
    if network.person_head.bias is not None:
        nn.init.constant_(network.person_head.bias, -1.4)


def _load_backbone(network: BbeNetwork, options: TrainOptions) -> None:
    if options.backbone_weights is not None:
        if not options.backbone_weights.is_file():
            raise ModelNotFound(f"{options.backbone_weights} does not exist.")
        load_backbone_weights(network, load_file(options.backbone_weights))
    elif options.pretrained:
        load_backbone_weights(network, _from_hub(options.network.backbone))


def _from_hub(backbone: str) -> dict[str, Tensor]:
    """ImageNet weights through timm. Raises `ModelNotFound` where they cannot be fetched."""
    try:
        hub = timm.create_model(backbone, pretrained=True)
    except (OSError, RuntimeError) as error:
        raise ModelNotFound(
            f"The weights of {backbone} cannot be fetched: {error}",
            "Give a file with --backbone-weights, or a model to go on from with --init.",
        ) from error
    return dict(hub.state_dict())


def freeze_stages(network: BbeNetwork, stages: int) -> None:
    """Keep the weights of the backbone's stem and first stages; 0 keeps none.

    MobileNetV2: conv_stem and blocks.0 … blocks.(stages - 1). ResNet: conv1 and layer1 …
    layer(stages - 1). Gradients stop there, which saves the dearest part of the backward
    pass.
    """
    if not stages:
        return
    blocks = getattr(network.backbone, "blocks", None)
    if blocks is None:  # ResNet
        parts = ["conv1", "bn1", *(f"layer{i}" for i in range(1, stages))]
    else:
        parts = ["conv_stem", "bn1", *(f"blocks.{i}" for i in range(stages))]
    for part in parts:
        for parameter in network.backbone.get_submodule(part).parameters():
            parameter.requires_grad_(False)
