"""Names that tell things apart which have the same one."""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Iterable


def unique_names(names: Iterable[str]) -> tuple[str, ...]:
    """The names; one that comes again gets the first of " 2", " 3", … that nobody has.

    Names are the same if they are so for a disk that knows no capitals, as of Windows, macOS
    and USB sticks.
    """
    originals = tuple(names)
    taken = {_key(name) for name in originals}
    given: dict[str, str] = {}
    for name in originals:
        unique = name
        if _key(unique) in given:
            numbered = (f"{name} {number}" for number in itertools.count(2))
            unique = next(candidate for candidate in numbered if _key(candidate) not in taken)
            taken.add(_key(unique))
        given[_key(unique)] = unique
    return tuple(given.values())


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
