"""Which network serves on a GPU: of which input size, and whether a faster one took over."""

from __future__ import annotations

from dataclasses import asdict, replace

from engine.bound_network import BoundNetwork, NetworkUpgrade
from engine.config import Precision
from engine.kernels.cuda_backend import Backend
from engine.models import ModelFile
from engine.predictor import ProviderReport
from engine.providers import ProviderPlan

FIXED_SIZE = "The GPU keeps one input size, for which its work is recorded."


class GpuNetwork:
    """A model on a `Backend` at one input size at a time; opened when it is made.

    Raises `EngineError` where it does not come up on the device.
    """

    def __init__(
        self,
        model: ModelFile,
        precision: Precision,
        plan: ProviderPlan,
        backend: Backend,
        input_hw: tuple[int, int],
    ) -> None:
        self._model = model
        self._precision = precision
        self._plan = plan
        self._backend = backend
        self._upgrade: NetworkUpgrade | None = None
        self._network: BoundNetwork | None = None
        self._use(self._open(input_hw))

    @property
    def report(self) -> ProviderReport:
        """Where the network of the last frame really ran, and how far a faster one is."""
        return self._upgrade.tell(self._report) if self._upgrade else self._report

    def upgrade_with(self, upgrade: NetworkUpgrade) -> None:
        """Exchange the network, between two frames, for what `upgrade` makes ready."""
        self._upgrade = upgrade

    def of_size(self, input_hw: tuple[int, int]) -> BoundNetwork:
        """The network for the next frame, opened anew where that is of another size."""
        network = self._network
        if network is None or network.input_hw != input_hw:
            self.free()  # its memory first
            network = self._use(self._open(input_hw))
        better = self._upgrade.take(input_hw) if self._upgrade else None
        if better is not None:
            self.free()
            network = self._use(better)
        return network

    def free(self) -> None:
        """Give the network's memory back; may be called twice."""
        network, self._network = self._network, None
        if network is not None:
            network.close()

    def close(self) -> None:
        """Free the network, and stop making a faster one ready."""
        if self._upgrade is not None:
            self._upgrade.close()
        self.free()

    def _open(self, input_hw: tuple[int, int]) -> BoundNetwork:
        return BoundNetwork(self._model, self._plan, self._backend, input_hw, self._precision)

    def _use(self, network: BoundNetwork) -> BoundNetwork:
        self._network = network
        self._report = replace(network.provider, fixed_size=FIXED_SIZE)
        if self._plan.problem is not None:
            self._report = replace(self._report, **asdict(self._plan.problem))
        return network
