"""Numbers of the program as tensors on the training device."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor


@cache
def constant(
    device: torch.device, values: tuple[float, ...], dtype: torch.dtype = torch.float32
) -> Tensor:
    """(n,) Kept: making a tensor out of Python numbers waits for the device."""
    return torch.tensor(values, device=device, dtype=dtype)
