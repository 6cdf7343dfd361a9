"""A label map as runs of one label, found in one pass over its pixels."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.kernels.jit import jit
from engine.types import Int64Array, UInt8Array

_EIGHT_TIMES = np.uint64(0x0101010101010101)


def run_starts(flat: UInt8Array) -> Int64Array:
    """Where pixels of a label map (H·W,) differ from those before them, and the end.

    The first pixel counts where it is somebody's. Most pixels are passed by eight at a time.
    """
    words = flat[: flat.size // 8 * 8].view(np.uint64)
    starts = np.empty(flat.size + 1, np.int64)
    return starts[: _run_starts(flat, words, starts) + 1]


@jit
def _run_starts(flat: UInt8Array, words: npt.NDArray[np.uint64], starts: Int64Array) -> int:
    """Returns how many runs there are, without the end."""
    count = 0
    last = np.uint8(0)
    for word in range(words.size):
        if words[word] == np.uint64(last) * _EIGHT_TIMES:
            continue
        for k in range(8 * word, 8 * word + 8):
            if flat[k] != last:
                last = flat[k]
                starts[count] = k
                count += 1
    for k in range(8 * words.size, flat.size):
        if flat[k] != last:
            last = flat[k]
            starts[count] = k
            count += 1
    starts[count] = flat.size
    return count
