"""The BBE network: DeepLabv3+ on a timm backbone with two 1×1 heads, in PyTorch.

Richeimer & Mitchell 2018 (arXiv 1807.07674) §4.2 and Chen et al. 2018 (arXiv
1802.02611). Only training and export import this file; the application runs the exported
ONNX. Differences from the paper, all switchable or stated: the decoder's and ASPP's 3×3
convolutions are depthwise-separable and 192 wide (the paper's 256 are `width=256`), every
resampling is `align_corners=True` on sizes 16·k + 1, and pictures are normalised inside
the network.

Weights do not depend on `output_stride`: a state dict trained at 16 loads at 8.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import timm
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from engine.errors import ConfigError

ANCHOR_AREA_PX2 = 96.0**2
ANCHOR_ASPECT = 1.5
"""Height over width of the one prior box (paper §4.3)."""

ANCHOR_WH = ((ANCHOR_AREA_PX2 / ANCHOR_ASPECT) ** 0.5, (ANCHOR_AREA_PX2 * ANCHOR_ASPECT) ** 0.5)
"""Anchor width and height in input pixels: 78.384 × 117.576."""


@dataclass(frozen=True, slots=True)
class NetworkOptions:
    """What the network is built of.

    backbone: timm name; its features at stride 4 and at the end are used. output_stride:
    8 or 16, of the last backbone features. aspp: atrous spatial pyramid pooling, or one
    1×1 convolution in its place (rows "without" of the paper's Table 3). width: channels
    of ASPP and decoder. skip_width: channels the stride-4 skip is reduced to. context_dropout:
    share of the channels between ASPP and decoder that each training step does without.
    """

    backbone: str = "mobilenetv2_100"
    output_stride: int = 16
    aspp: bool = True
    width: int = 192
    skip_width: int = 32
    context_dropout: float = 0.0

    def __post_init__(self) -> None:
        if self.output_stride not in (8, 16):
            raise ConfigError(f"Output stride {self.output_stride} does not exist.", "Use 8 or 16.")
        if not 0 <= self.context_dropout < 1:
            raise ConfigError(
                f"A context_dropout of {self.context_dropout} leaves nothing.",
                "Use at least 0 and less than 1.",
            )


def conv_norm_act(
    channels_in: int, channels_out: int, kernel: int = 1, dilation: int = 1, groups: int = 1
) -> nn.Sequential:
    """Convolution (size kept), batch norm, ReLU."""
    conv = nn.Conv2d(
        channels_in,
        channels_out,
        kernel,
        padding=dilation * (kernel // 2),
        dilation=dilation,
        groups=groups,
        bias=False,
    )
    return nn.Sequential(conv, nn.BatchNorm2d(channels_out), nn.ReLU(inplace=True))


def separable_conv(channels_in: int, channels_out: int, dilation: int = 1) -> nn.Sequential:
    """Depthwise 3×3 then pointwise 1×1, each with batch norm and ReLU."""
    return nn.Sequential(
        conv_norm_act(channels_in, channels_in, 3, dilation, groups=channels_in),
        conv_norm_act(channels_in, channels_out),
    )


class Aspp(nn.Module):
    """Image pooling, 1×1 and three atrous separable convolutions, concatenated and mixed."""

    def __init__(self, channels_in: int, width: int, output_stride: int) -> None:
        super().__init__()
        self.pool = conv_norm_act(channels_in, width)
        self.point = conv_norm_act(channels_in, width)
        rate = 16 // output_stride
        self.atrous = nn.ModuleList(
            separable_conv(channels_in, width, dilation * rate) for dilation in (6, 12, 18)
        )
        self.mix = conv_norm_act(5 * width, width)

    def forward(self, features: Tensor) -> Tensor:
        """(N, C, h, w) → (N, width, h, w)."""
        pooled = self.pool(features.mean((2, 3), keepdim=True))
        pooled = pooled.expand(-1, -1, features.shape[2], features.shape[3])
        branches = [self.point(features), *(branch(features) for branch in self.atrous)]
        return cast(Tensor, self.mix(torch.cat([*branches, pooled], 1)))


class BbeNetwork(nn.Module):
    """Picture → person logits and box offsets at stride 4.

    Input: (N, H, W, 3) uint8 RGB, H and W of the form 16·k + 1. Output: person logits
    (N, 1, h, w) and box deltas dx, dy, dw, dh (N, 4, h, w) relative to the anchor, float32,
    h = (H - 1)/4 + 1. This is the contract of the exported model file.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, options: NetworkOptions = NetworkOptions()) -> None:
        super().__init__()
        self.options = options
        self.backbone = _create_backbone(options)
        skip_channels, deep_channels = self.backbone.feature_info.channels()
        mean, std = _normalisation(options.backbone)
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(1, 3, 1, 1), persistent=False)
        self.aspp: nn.Module = (
            Aspp(deep_channels, options.width, options.output_stride)
            if options.aspp
            else conv_norm_act(deep_channels, options.width)
        )
        self.dropout = nn.Dropout2d(options.context_dropout)
        self.skip = conv_norm_act(skip_channels, options.skip_width)
        self.decoder = nn.Sequential(
            separable_conv(options.width + options.skip_width, options.width),
            separable_conv(options.width, options.width),
        )
        self.person_head = nn.Conv2d(options.width, 1, 1)
        self.box_head = nn.Conv2d(options.width, 4, 1)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """uint8 (N, H, W, 3) → logits (N, 1, h, w), deltas (N, 4, h, w), both float32."""
        pixels = image.permute(0, 3, 1, 2).to(self.mean.dtype)
        skip, deep = self.backbone((pixels - self.mean) / self.std)
        context = self.dropout(self.aspp(deep))
        context = F.interpolate(context, skip.shape[2:], mode="bilinear", align_corners=True)
        decoded = self.decoder(torch.cat([context, self.skip(skip)], 1))
        if self.training:
            return self._heads_as_product(decoded)
        return self.person_head(decoded).float(), self.box_head(decoded).float()

    def _heads_as_product(self, decoded: Tensor) -> tuple[Tensor, Tensor]:
        """Both heads as one matrix product: on CPUs several times faster to differentiate."""
        weight = torch.cat([self.person_head.weight, self.box_head.weight]).flatten(1)
        bias = torch.cat([cast(Tensor, self.person_head.bias), cast(Tensor, self.box_head.bias)])
        both = F.linear(decoded.permute(0, 2, 3, 1), weight, bias).float()
        both = both.permute(0, 3, 1, 2)
        return both[:, :1], both[:, 1:]


def _create_backbone(options: NetworkOptions) -> Any:
    try:
        return timm.create_model(
            options.backbone,
            features_only=True,
            out_indices=(1, 4),
            output_stride=options.output_stride,
        )
    except RuntimeError as error:
        raise ConfigError(
            f"timm knows no backbone {options.backbone!r} that gives features: {error}",
            "Use mobilenetv2_100 or resnet50.",
        ) from error


def _normalisation(backbone: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation of 0..255 pixels that the backbone's weights expect.

    The MobileNetV2 weights at hand come from TensorFlow and take [-1, 1]; others take
    what timm states for them.
    """
    if backbone.startswith("mobilenetv2"):
        return (127.5,) * 3, (127.5,) * 3
    config = timm.get_pretrained_cfg(backbone)
    mean, std = (config.mean, config.std) if config else ((0.5,) * 3, (0.5,) * 3)
    return tuple(255 * value for value in mean), tuple(255 * value for value in std)


def load_backbone_weights(network: BbeNetwork, state: dict[str, Tensor]) -> None:
    """Copy a timm state dict into the backbone; keys of a classifier are left out.

    Raises `ConfigError` where a backbone weight is missing or of another shape.
    """
    own = network.backbone.state_dict()
    wrong = [
        key
        for key, value in own.items()
        if not key.endswith("num_batches_tracked")
        and (key not in state or state[key].shape != value.shape)
    ]
    if wrong:
        raise ConfigError(
            f"The file lacks {len(wrong)} weights of {network.options.backbone}, e.g. {wrong[0]}.",
            "Use a state dict in timm naming for this backbone.",
        )
    network.backbone.load_state_dict({k: v for k, v in state.items() if k in own}, strict=False)
