"""Working memory that is used again for every frame, one set per thread.

Fresh megabytes cost page faults in every frame, more than the work done on them.
"""

from __future__ import annotations

import threading

import numpy as np

from engine.types import UInt8Array

_local = threading.local()


def scratch(name: str, shape: tuple[int, ...]) -> UInt8Array:
    """A uint8 array with undefined content, the calling thread's own under that name.

    The next call with the same name returns the same memory, so nothing that outlives
    the caller may refer to it.
    """
    kept: dict[str, UInt8Array] = _local.__dict__.setdefault("kept", {})
    found = kept.get(name)
    if found is None or found.shape != shape:
        found = kept[name] = np.empty(shape, np.uint8)
    return found
