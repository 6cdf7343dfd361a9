"""What is said of pictures that cannot be read."""

from __future__ import annotations

from collections.abc import Sequence

_REASONS_TOLD = 3


def left_out_texts(reasons: Sequence[str]) -> tuple[str, str]:
    """Message and hint. reasons: a sentence on each picture, at least one."""
    if len(reasons) == 1:
        return reasons[0], "It is left out."
    others = len(reasons) - _REASONS_TOLD
    told = " ".join(reasons[:_REASONS_TOLD]) + (f" And {others} more." if others > 0 else "")
    return f"{len(reasons)} pictures cannot be read and are left out.", told
