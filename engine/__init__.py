"""BBE Live's engine: from pictures to people, without a GUI toolkit."""

from __future__ import annotations

import copyreg
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any


def _read_only(items: Mapping[Any, Any]) -> MappingProxyType[Any, Any]:
    """A copy of `items` that cannot be changed."""
    return MappingProxyType(dict(items))


# Python itself cannot; without it results and settings would reach no other process.
copyreg.pickle(MappingProxyType, lambda items: (_read_only, (dict(items),)))
