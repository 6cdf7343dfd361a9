"""Dilated depthwise convolutions that are quick and right to differentiate on CPUs.

oneDNN's gradient of dilated depthwise convolutions in bf16 has two faults (PyTorch 2.15,
Xeon with AMX). It is slow: 170 ms where a plain convolution of the same 960 channels at
24×31, batch 8, takes 4 ms. And it is now and then wrong: at dilation 12 on 27×35 a weight's
gradient was 6e31 in one of sixteen equal steps. Both layers here keep weights and function.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

LARGEST_PHASED = 6
"""Dilations beyond it leave pictures so small that their borders cost more than is saved."""


class PhasedConv2d(nn.Conv2d):
    """A square depthwise convolution of stride 1 that keeps the size; same weights.

    A convolution of dilation d only ever combines pixels d apart. Taking every d-th pixel
    as a picture of its own (d² of them) turns it into an ordinary one, exactly.
    """

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 (torch's own name)
        """(N, C, h, w) → (N, C, h, w)."""
        rate = int(self.dilation[0])
        count, channels, height, width = input.shape
        padded = F.pad(input, (0, -width % rate, 0, -height % rate))
        rows, columns = padded.shape[2] // rate, padded.shape[3] // rate
        phases = padded.permute(0, 2, 3, 1).reshape(count, rows, rate, columns, rate, channels)
        phases = phases.permute(0, 2, 4, 1, 3, 5).reshape(-1, rows, columns, channels)
        result = F.conv2d(
            phases.permute(0, 3, 1, 2), self.weight, self.bias, padding=1, groups=channels
        )
        result = result.permute(0, 2, 3, 1).reshape(count, rate, rate, rows, columns, channels)
        result = result.permute(0, 3, 1, 4, 2, 5).reshape(
            count, rows * rate, columns * rate, channels
        )
        cropped = result.permute(0, 3, 1, 2)[..., :height, :width]
        return cropped.contiguous(memory_format=torch.channels_last)


class ShiftedConv2d(nn.Conv2d):
    """The same as a sum of nine shifted pictures, for dilations near the picture's size."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 (torch's own name)
        """(N, C, h, w) → (N, C, h, w)."""
        result: Tensor = _ShiftedSum.apply(input, self.weight, self.dilation[0])  # type: ignore[no-untyped-call]
        if self.bias is not None:
            result = result + self.bias.to(result.dtype).view(1, -1, 1, 1)
        return result


class _ShiftedSum(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor, weight: Tensor, rate: int) -> Tensor:
        ctx.save_for_backward(values, weight)
        ctx.rate = rate
        result = torch.zeros_like(values, memory_format=torch.channels_last)
        taps = weight.to(values.dtype)
        for row, column, here, there in _windows(values, rate):
            result[here].addcmul_(values[there], taps[:, :, row, column].view(1, -1, 1, 1))
        return result

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, None]:
        values, weight = ctx.saved_tensors
        gradient = gradients[0].contiguous(memory_format=torch.channels_last)
        to_values = torch.zeros_like(values, memory_format=torch.channels_last)
        to_weight = torch.zeros_like(weight)
        taps = weight.to(values.dtype)
        for row, column, here, there in _windows(values, ctx.rate):
            tap = taps[:, :, row, column].view(1, -1, 1, 1)
            to_values[there].addcmul_(gradient[here], tap)
            products = gradient[here] * values[there]
            to_weight[:, 0, row, column] = products.sum((0, 2, 3), dtype=torch.float32)
        return to_values, to_weight, None


Window = tuple[slice, slice, slice, slice]


def _windows(values: Tensor, rate: int) -> list[tuple[int, int, Window, Window]]:
    """Per tap: its row and column, where its result goes, and where its values come from."""
    height, width = values.shape[2:]
    everything = slice(None)
    windows = []
    for row in range(3):
        for column in range(3):
            down, right = (row - 1) * rate, (column - 1) * rate
            if abs(down) >= height or abs(right) >= width:
                continue
            here_rows, there_rows = _overlap(height, down)
            here_columns, there_columns = _overlap(width, right)
            here = (everything, everything, here_rows, here_columns)
            there = (everything, everything, there_rows, there_columns)
            windows.append((row, column, here, there))
    return windows


def _overlap(size: int, shift: int) -> tuple[slice, slice]:
    """Places i and i + shift that both lie in 0..size."""
    start, stop = max(0, -shift), min(size, size - shift)
    return slice(start, stop), slice(start + shift, stop + shift)


def speed_up_dilated(network: nn.Module) -> None:
    """Let every dilated 3×3 depthwise convolution compute by these layers, in place."""
    for module in network.modules():
        if type(module) is nn.Conv2d and _is_dilated_depthwise(module):
            phased = module.dilation[0] <= LARGEST_PHASED
            module.__class__ = PhasedConv2d if phased else ShiftedConv2d


def _is_dilated_depthwise(conv: nn.Conv2d) -> bool:
    dilation = conv.dilation[0]
    return (
        conv.groups == conv.in_channels == conv.out_channels
        and conv.kernel_size == (3, 3)
        and conv.stride == (1, 1)
        and dilation > 1
        and conv.padding == (dilation, dilation)
    )
