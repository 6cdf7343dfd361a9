"""Names that tell things apart which have the same one."""

from __future__ import annotations

import itertools
from collections.abc import Iterable


def unique_names(names: Iterable[str]) -> tuple[str, ...]:
    """The names; one that comes again gets the first of " 2", " 3", … that nobody has."""
    originals = tuple(names)
    taken = set(originals)
    given: dict[str, None] = {}
    for name in originals:
        unique = name
        if unique in given:
            numbered = (f"{name} {number}" for number in itertools.count(2))
            unique = next(candidate for candidate in numbered if candidate not in taken)
            taken.add(unique)
        given[unique] = None
    return tuple(given)
