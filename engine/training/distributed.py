"""The little that several processes need; one process needs nothing of it.

Plain `DistributedDataParallel` under `torchrun`: launcher, rendezvous and restarts are
torchrun's; Fabric or accelerate would add a dependency to save these few lines.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel


@dataclass(frozen=True, slots=True)
class Team:
    """This process among `size`; rank 0 writes files and prints."""

    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        """True for the process that writes."""
        return self.rank == 0

    def agree(self, value: float) -> float:
        """Rank 0's value, on every rank."""
        if self.size == 1:
            return value
        shared = torch.tensor([value], dtype=torch.float64)
        dist.broadcast(shared, 0, group=_cpu_group())
        return float(shared)

    def all_say(self, yes: bool) -> bool:
        """True on every rank where every rank says so."""
        if self.size == 1:
            return yes
        said = torch.tensor([int(yes)])
        dist.all_reduce(said, dist.ReduceOp.MIN, group=_cpu_group())
        return bool(said)

    @contextmanager
    def leader_first(self) -> Iterator[None]:
        """The block runs on rank 0, then on the others: one writes what all read."""
        if self.size == 1 or self.leads:
            yield
        if self.size > 1:
            dist.barrier()
            if not self.leads:
                yield

    def wrap(self, network: nn.Module) -> nn.Module:
        """The network with gradients averaged over the team."""
        return network if self.size == 1 else DistributedDataParallel(network)


def _cpu_group() -> Any:
    """A group that can carry CPU tensors; made once beside NCCL."""
    global _gloo
    if dist.get_backend() == "gloo":
        return None
    if _gloo is None:
        _gloo = dist.new_group(backend="gloo")
    return _gloo


_gloo: Any = None


@contextmanager
def join_team(device: str) -> Iterator[Team]:
    """Join the processes started by `torchrun`; alone without it."""
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        yield Team()
        return
    dist.init_process_group("nccl" if device.startswith("cuda") else "gloo")
    if device.startswith("cuda"):
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    try:
        yield Team(dist.get_rank(), size)
    finally:
        dist.destroy_process_group()
