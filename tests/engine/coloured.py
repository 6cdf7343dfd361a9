"""People in colours, followed by the tracker, for the tests of what looks tell."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.config import TrackOptions
from engine.track import TrackState, track
from engine.types import Instances, UInt8Array
from tests.engine.people import Box, people

FPS = 30.0
FRAME_HW = (360, 640)
ROOM = (120, 140, 150)
RED, BLUE, GREEN = (40, 40, 200), (200, 60, 40), (60, 180, 60)
Colour = tuple[int, int, int]
Seen = list[tuple[Box, Colour]]
"""Where people are, and in what colour; who is named later stands in front."""
AT_ONCE = TrackOptions(confirm_s=0.0)
HERE: Box = (50, 100, 110, 340)


def picture(found: Instances, colours: list[Colour], light: float = 1.0) -> UInt8Array:
    return (np.array([ROOM, *colours], np.float64)[found.labels] * light).astype(np.uint8)


def follow(
    frames: list[Seen],
    lights: list[float] | None = None,
    options: TrackOptions = AT_ONCE,
    with_pictures: bool = True,
) -> list[dict[Colour, int]]:
    """The id of everybody counted in each frame, by colour. Hidden to the last tenth: not found."""
    state: TrackState | None = None
    ids = []
    for n, seen in enumerate(frames):
        drawn = people([box for box, _ in seen], FRAME_HW)
        whole = [(x1 - x0) * (y1 - y0) for (x0, y0, x1, y1), _ in seen]
        shown = [i for i, px in enumerate(whole) if np.sum(drawn.labels == i + 1) > 0.1 * px]
        found = people([seen[i][0] for i in shown], FRAME_HW)
        image_bgr = picture(drawn, [colour for _, colour in seen], lights[n] if lights else 1.0)
        boxes = [extent(found.labels == i + 1) for i in range(len(found))]
        found = replace(found, boxes_xyxy=np.array(boxes, np.float32).reshape(-1, 4))
        shown_bgr = image_bgr if with_pictures else None
        tracked, state = track(found, state, n / FPS, options, 0.0, shown_bgr)
        ids.append({seen[i][1]: int(tracked.track_ids[k]) for k, i in enumerate(shown)})
    return ids


def extent(mask: np.ndarray) -> Box:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return (int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
