"""Which of several places something has: it keeps it until another was better for long enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

LONGEST_STEP_S = 0.1
"""More time than this between two looks counts as so much: one look alone is no reason to move."""


@dataclass(frozen=True, slots=True)
class Settled:
    """A place and how much better each place would have been since it was taken.

    place: index into the costs. regrets: cost · seconds, 0 or more, one for each place.
    """

    place: int
    regrets: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Inertia:
    """least_gain: how much cheaper another place must be to count at all. patience: how much
    regret, in cost · seconds, is borne."""

    least_gain: float
    patience: float


def settle(
    costs: Sequence[float], before: Settled | None, step_s: float, inertia: Inertia
) -> Settled:
    """The place to have now.

    before: what this returned a moment ago, `step_s` seconds or more; None takes the cheapest.
    The sum of what another place would have saved never falls below nothing, so a place that
    is bad now and then is kept, and one that is bad mostly is not (CUSUM; Page 1954).
    """
    if before is None:
        cheapest = min(range(len(costs)), key=costs.__getitem__)
        return Settled(cheapest, (0.0,) * len(costs))
    step_s = min(step_s, LONGEST_STEP_S)
    bearable = costs[before.place] - inertia.least_gain
    regrets = tuple(
        max(0.0, regret + (bearable - cost) * step_s)
        for regret, cost in zip(before.regrets, costs, strict=True)
    )
    most = max(range(len(costs)), key=regrets.__getitem__)
    if regrets[most] <= inertia.patience:
        return Settled(before.place, regrets)
    return Settled(most, (0.0,) * len(costs))
