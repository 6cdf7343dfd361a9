"""From a checkpoint to a model file that keeps the contract of docs/architecture.md.

The averaged weights are taken where there are any, batch norms are folded, and the file
is compared with PyTorch on another picture of another size before it is kept.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from engine.errors import ConfigError, ModelContract
from engine.network import ANCHOR_WH, BbeNetwork
from engine.onnx_file import open_session
from engine.training.checkpoint import Checkpoint, load_checkpoint
from engine.training.folding import convolutions_in_order, fold_batch_norm
from engine.training.folding import example_input as example_picture
from engine.training.mean_weights import take_mean

OPSET = 17
RTOL, ATOL = 1e-3, 1e-5
HALF_TOLERANCE = 0.05
"""Largest difference, in logits or deltas, that storing weights as float16 may make."""


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """name, licence: metadata. input_long_side: pixels, as trained for. output_stride: of
    the exported graph, None for that of the training. half: store weights as float16
    (a Cast turns them back on loading; half the size, the same contract). use_ema: the
    averaged weights where there are any. mean_with: exported models whose weights are
    averaged with the checkpoint's, see `engine.training.mean_weights`.
    """

    name: str = "bbe-mnv2"
    licence: str = "trained on COCO photos; see the model card"
    input_long_side: int | None = None
    output_stride: int | None = None
    half: bool = False
    use_ema: bool = True
    mean_with: tuple[Path, ...] = ()


def export_checkpoint(checkpoint: Path, target: Path, options: ExportOptions) -> Path:
    """Write `target`, replacing it at once; returns it.

    checkpoint: its folder or its run's. Raises `ModelNotFound`, `ModelCorrupt`, and
    `ModelContract` where the file does not compute what PyTorch does.
    """
    loaded = load_checkpoint(checkpoint)
    network = network_of(loaded, options.output_stride, options.use_ema)
    take_mean(network, options.mean_with)
    long_side = options.input_long_side or int(loaded.about["options"]["input_long_side"])
    export_network(network, target, options, long_side)
    return target


def network_of(
    checkpoint: Checkpoint, output_stride: int | None = None, use_ema: bool = True
) -> BbeNetwork:
    """The folded network of a checkpoint, in eval mode."""
    trained = checkpoint.network_options
    stride = trained.output_stride if output_stride is None else output_stride
    network = BbeNetwork(replace(trained, output_stride=stride))
    if checkpoint.folded:
        fold_batch_norm(network)
    network.load_state_dict(checkpoint.ema if use_ema and checkpoint.ema else checkpoint.model)
    if not checkpoint.folded:
        fold_batch_norm(network)
    return network.eval()


def export_network(
    network: BbeNetwork, target: Path, options: ExportOptions, input_long_side: int
) -> None:
    """Write a folded network as ONNX, checked; the file appears only when it is right."""
    if input_long_side % 16 != 1:
        raise ConfigError(f"Input size {input_long_side} is not 16·k + 1.", "Use e.g. 417.")
    model = to_onnx(network)
    _rename_weights(model, network)
    stride = options.output_stride or network.options.output_stride
    metadata = {
        "name": options.name,
        "backbone": network.options.backbone,
        "output_stride": str(stride),
        "anchor_width": f"{ANCHOR_WH[0]:.3f}",
        "anchor_height": f"{ANCHOR_WH[1]:.3f}",
        "input_long_side": str(input_long_side),
        "classes": "person",
        "licence": options.licence,
    }
    helper.set_model_props(model, metadata)
    if options.half:
        store_as_half(model)
    onnx.checker.check_model(model, full_check=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.part")
    partial.write_bytes(model.SerializeToString())
    try:
        check_against_torch(network, partial, HALF_TOLERANCE if options.half else ATOL)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def to_onnx(network: BbeNetwork) -> onnx.ModelProto:
    """The network as an ONNX graph with dynamic N, H, W, operator set 17."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.onnx")
        _trace(network, path)
        return onnx.load(path)


def _trace(network: BbeNetwork, path: Path) -> None:
    torch.onnx.export(
        network,
        (example_picture((65, 81)).repeat(2, 1, 1, 1),),
        str(path),
        input_names=["image"],
        output_names=["person_logits", "box_deltas"],
        dynamic_axes={
            "image": {0: "n", 1: "h", 2: "w"},
            "person_logits": {0: "n", 2: "oh", 3: "ow"},
            "box_deltas": {0: "n", 2: "oh", 3: "ow"},
        },
        opset_version=OPSET,
        dynamo=False,
    )


def _rename_weights(model: onnx.ModelProto, network: BbeNetwork) -> None:
    """Call every convolution's weights by their PyTorch names, whatever the exporter chose."""
    names = {module: name for name, module in network.named_modules()}
    convolutions = convolutions_in_order(network, example_picture())
    nodes = [node for node in model.graph.node if node.op_type == "Conv"]
    renamed: dict[str, str] = {}
    for node, conv in zip(nodes, convolutions, strict=True):
        for place, part in ((1, "weight"), (2, "bias")):
            renamed[node.input[place]] = f"{names[conv]}.{part}"
            node.input[place] = renamed[node.input[place]]
    for initializer in model.graph.initializer:
        initializer.name = renamed.get(initializer.name, initializer.name)


def store_as_half(model: onnx.ModelProto) -> None:
    """Store large float32 weights as float16 with a Cast back, in place."""
    kept, casts = [], []
    for initializer in model.graph.initializer:
        values = numpy_helper.to_array(initializer)
        if values.dtype != np.float32 or values.ndim < 2:
            kept.append(initializer)
            continue
        stored = f"{initializer.name}.half"
        kept.append(numpy_helper.from_array(values.astype(np.float16), stored))
        casts.append(helper.make_node("Cast", [stored], [initializer.name], to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.initializer[:], model.graph.node[:]
    model.graph.initializer.extend(kept)
    model.graph.node.extend(nodes)


def check_against_torch(network: BbeNetwork, path: Path, atol: float = ATOL) -> None:
    """Compare file and network on noise of another size. Raises `ModelContract`.

    The tolerance is rtol 1e-3 with `atol` scaled by the largest value, since sums over
    a thousand channels round to the size of the sum.
    """
    noise = np.random.default_rng(0).integers(0, 256, (1, 97, 129, 3), dtype=np.uint8)
    session = open_session(path)
    found = session.run(None, {"image": noise})
    with torch.no_grad():
        wanted = [output.numpy() for output in network(torch.from_numpy(noise))]
    for name, ours, theirs in zip(("person_logits", "box_deltas"), found, wanted, strict=True):
        scale = max(1.0, float(np.abs(theirs).max()))
        if not np.allclose(ours, theirs, rtol=RTOL, atol=atol * scale):
            worst = float(np.abs(ours - theirs).max())
            raise ModelContract(
                f"{path.name}: {name} differs from PyTorch by {worst:.2g}.",
                "Export with another version of torch or onnxruntime.",
            )
