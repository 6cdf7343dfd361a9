"""Sound that begins before the first picture of its film.

Players differ on such films: some leave the sound out until the picture comes, some show the
pictures too early, browsers show the first picture until the second is due. So does this program,
and recordings and exports have that picture at 0: nothing is lost then in any player.
"""

from __future__ import annotations

from av.container import InputContainer

from engine.media_file import sound_track

LEAST_LEAD_S = 0.05
"""Less is not missed, and would make the first picture of most films longer than the others."""

MOST_LEAD_S = 600.0
"""More is not sound without pictures, but two clocks that have nothing to do with each other."""


def sound_lead_s(container: InputContainer, first_s: float) -> float:
    """For how long there is sound before the first picture, at `first_s`; 0 where it is no lead."""
    sound = sound_track(container)
    if sound is None or sound.start_time is None or sound.time_base is None:
        return 0.0
    lead_s = first_s - float(sound.start_time * sound.time_base)
    return lead_s if LEAST_LEAD_S <= lead_s <= MOST_LEAD_S else 0.0
