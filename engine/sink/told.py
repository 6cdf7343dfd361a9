"""Of whom a result may be told: nobody hears of who is hidden, unless asked for."""

from __future__ import annotations

import numpy as np

from engine.styles import PersonEffect
from engine.types import Instances, Result


def not_hidden(result: Result) -> list[int]:
    """The people of `result` who are not hidden, by their index."""
    style_of, ids = result.render.style_of, result.instances.track_ids.tolist()
    return [
        i for i, track_id in enumerate(ids) if style_of(track_id).effect is not PersonEffect.HIDE
    ]


def told_people(result: Result, hidden_too: bool) -> Instances:
    """The people whose shapes, boxes and numbers are written: all, or those not hidden."""
    people = result.instances
    kept = list(range(len(people))) if hidden_too else not_hidden(result)
    if len(kept) == len(people):
        return people
    table = np.zeros(256, np.uint8)
    table[[i + 1 for i in kept]] = np.arange(1, len(kept) + 1)
    return people.regrouped(table[people.labels], table, kept)
