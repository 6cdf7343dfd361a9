"""What a network on a GPU said of a frame, kept there, and averaged with what it said before."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from engine.kernels import cuda_steady
from engine.kernels.capture_lock import CAPTURES
from engine.kernels.cuda_backend import Backend, DeviceArray, HostArray
from engine.motion import Motion
from engine.types import HEAD_STRIDE, Float32Array, UInt8Array


@dataclass(frozen=True, slots=True, eq=False)
class GpuMaps:
    """The network's maps for one frame, and what steadies them.

    maps: (5, h, w) float32 on the device; person logits and the four box deltas. finite:
    whether all of it was, as the network gave it. view_rgb: (h, w, 3) uint8, what the
    network saw, here. motion: since the frame before, None where nobody looked. moves: in
    page-locked memory, to be held until they have arrived on the device.
    """

    maps: DeviceArray
    finite: bool
    view_rgb: UInt8Array
    motion: Motion | None
    moves: HostArray | None = None


class MapKeeper:
    """The kernels of `engine.kernels.cuda_steady` on one backend. Raises `KernelError`."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def view(self, rgb: DeviceArray) -> UInt8Array:
        """The view of a network's input (1, H, W, 3); complete after `Backend.wait`."""
        height, width = ((side - 1) // HEAD_STRIDE + 1 for side in rgb.shape[1:3])
        there = self._backend.empty((height, width, 3), np.uint8)
        view_rgb: UInt8Array = self._backend.pinned(there.shape, np.uint8)
        cuda_steady.shrink_input(self._backend, rgb, there)
        self._backend.copy_out(view_rgb, there)
        return view_rgb

    def take(
        self,
        person_logits: DeviceArray,
        box_deltas: DeviceArray,
        view_rgb: UInt8Array,
        motion: Motion | None,
    ) -> GpuMaps:
        """A copy of (h, w) and (4, h, w) that a network has just said; waits for it."""
        backend = self._backend
        maps = backend.empty((5, *person_logits.shape), np.float32)
        there = backend.empty(cuda_steady.broken_shape(person_logits.shape), np.uint8)
        broken = backend.pinned(there.shape, np.uint8)
        cuda_steady.take_maps(backend, person_logits, box_deltas, maps, there)
        backend.copy_out(broken, there)
        backend.wait()
        return GpuMaps(maps, not broken.any(), view_rgb, motion)

    def mean(self, now: GpuMaps, before: GpuMaps, moves: Float32Array) -> GpuMaps:
        """`now`, averaged with the maps before; waits for nothing.

        moves: (h, w, 3) float32, see `engine.steady.moves_since`.
        """
        backend = self._backend
        with CAPTURES.working():
            staged = backend.pinned(moves.shape, np.float32)
            np.copyto(staged, moves)
            there = backend.empty(moves.shape, np.float32)
            backend.copy_in(there, staged)
            mean = backend.empty(now.maps.shape, np.float32)
            cuda_steady.mean_maps(backend, now.maps, before.maps, there, mean)
        return replace(now, maps=mean, moves=staged)
