"""Labels that stay where they are from frame to frame."""

from __future__ import annotations

import itertools

import numpy as np

from engine.captions.placing import CaptionState
from engine.render import place_labels
from engine.styles import RenderOptions
from engine.types import Instances
from tests.engine.people import Box, people

FRAME_HW = (360, 640)
STEP_S = 1 / 30
OPTIONS = RenderOptions()
SMALL = (100, 200, 200, 360)
"""A person with room above the head."""


def played(frames: list[Instances], step_s: float = STEP_S) -> list[list[Box]]:
    """Where the labels of each frame lie, one after the other."""
    state: CaptionState | None = None
    placed = []
    for n, found in enumerate(frames):
        chips, state = place_labels(found, OPTIONS, n * step_s, state)
        placed.append([chip.xyxy for chip in chips])
    return placed


def anew(found: Instances) -> list[Box]:
    return [chip.xyxy for chip in place_labels(found, OPTIONS)[0]]


def one(box: Box, track_id: int = 1, frame_hw: tuple[int, int] = FRAME_HW) -> Instances:
    return people([box], frame_hw, track_ids=[track_id])


def jumps(placed: list[list[Box]], person: int, far_px: int = 80) -> int:
    """How often a label went further than its person ever moves between two frames."""
    tops = [boxes[person][1] for boxes in placed]
    return sum(abs(b - a) > far_px for a, b in itertools.pairwise(tops))


def test_a_label_does_not_go_to_and_fro_with_who_jumps_up_to_the_upper_edge() -> None:
    heights = [round(40 - 40 * np.sin(np.pi * n / 10)) for n in range(10)]
    frames = [one((280, top, 360, top + 250)) for top in heights * 20]
    assert jumps([anew(found) for found in frames], 0) > 30
    assert jumps(played(frames), 0) <= 1


def test_a_label_does_not_go_to_and_fro_with_heads_that_come_close() -> None:
    """The label of who stands behind is on the head of who is in front, now and then."""
    frames = []
    for n in range(300):
        x = 285 + round(25 * np.sin(2 * np.pi * n / 20))
        frames.append(people([(x, 130, x + 60, 360), (330, 60, 400, 360)], track_ids=[1, 2]))
    assert jumps([anew(found) for found in frames], 0) > 20
    assert jumps(played(frames), 0) <= 1


def test_whoever_stays_at_the_upper_edge_gets_the_label_off_the_head_and_later_back() -> None:
    standing, at_edge = one((280, 60, 360, 310)), one((280, 0, 360, 250))
    placed = played([standing] * 10 + [at_edge] * 60 + [standing] * 300)
    above, on_chest = anew(standing)[0], anew(at_edge)[0]
    assert placed[9][0][1] == above[1]
    assert abs(placed[69][0][1] - on_chest[1]) < 10
    assert abs(placed[-1][0][1] - above[1]) < 10
    assert jumps(placed, 0) == 2


def covered_share(under: Box, over: Box) -> float:
    width = min(under[2], over[2]) - max(under[0], over[0])
    height = min(under[3], over[3]) - max(under[1], over[1])
    return max(width, 0) * max(height, 0) / ((under[2] - under[0]) * (under[3] - under[1]))


def test_a_label_that_stays_under_another_one_is_free_within_a_fifth_of_a_second() -> None:
    walk = [*range(300, 100, -4), *[100] * 30]
    frames = [
        people([(x, 100, x + 100, 360), (140, 100, 160, 360)], track_ids=[2, 1]) for x in walk
    ]
    shares = [covered_share(first, second) for first, second in played(frames)]
    assert max(shares) > 0
    assert sum(share > 0.5 for share in shares) <= 6
    assert shares[-1] == 0


def test_labels_that_pass_each_other_stay_at_the_heads() -> None:
    frames = [
        people([(x, 100, x + 100, 360), (140, 100, 160, 360)], track_ids=[2, 1])
        for x in range(300, 0, -10)
    ]
    assert jumps([anew(found) for found in frames], 1) == 2
    assert jumps(played(frames), 1) == 0


def test_a_label_stands_while_the_mask_trembles() -> None:
    rng = np.random.default_rng(0)
    frames = []
    for dx, dy in rng.integers(-1, 2, (90, 2)).tolist():
        frames.append(one((100 + dx, 200 + dy, 200 + dx, 360)))
    assert len({boxes[0] for boxes in map(anew, frames)}) > 3
    assert len({boxes[0] for boxes in played(frames)}) == 1


def test_a_label_keeps_up_with_who_walks() -> None:
    frames = [one((20 + 8 * n, 200, 100 + 8 * n, 360)) for n in range(60)]
    for found, boxes in zip(frames, played(frames), strict=True):
        assert abs(boxes[0][0] - anew(found)[0][0]) < 20


def test_a_label_stays_by_its_person_when_people_come_in_another_order() -> None:
    edge, free = (280, 0, 360, 250), (100, 100, 200, 360)
    apart = people([edge, free], track_ids=[1, 2])
    swapped = people([free, edge], track_ids=[2, 1])
    placed = played([apart, swapped, apart])
    assert placed[0] == placed[1] == placed[2]


def test_who_is_gone_for_a_moment_finds_the_label_where_it_was() -> None:
    above, at_edge = one((280, 30, 360, 280)), one((280, 8, 360, 258))
    nobody = people([], FRAME_HW)
    back = played([above] * 5 + [nobody] * 5 + [at_edge])[-1]
    assert back[0][1] < 60 < anew(at_edge)[0][1]
    late = played([above] * 5 + [nobody] * 30 + [at_edge])[-1]
    assert late == anew(at_edge)


def test_after_a_jump_in_time_everybody_is_placed_anew() -> None:
    above, at_edge = one((280, 30, 360, 280)), one((280, 8, 360, 258))
    for jump_s in (-0.01, -5.0, 0.6, 100.0):
        _, state = place_labels(above, OPTIONS, 10.0)
        chips, _ = place_labels(at_edge, OPTIONS, 10.0 + jump_s, state)
        assert [chip.xyxy for chip in chips] == anew(at_edge)


def test_pictures_of_a_folder_know_nothing_of_each_other() -> None:
    frames = [one((280, 30, 360, 280)), one((280, 8, 360, 258))]
    assert played(frames, step_s=1.0) == [anew(found) for found in frames]


def test_without_identities_every_frame_is_placed_anew() -> None:
    frames = [one((280, top, 360, top + 250), track_id=-1) for top in (30, 8, 30, 8)]
    assert played(frames) == [anew(found) for found in frames]


def test_in_a_frame_of_another_size_everybody_is_placed_anew() -> None:
    larger = one((280, 8, 360, 258), frame_hw=(400, 640))
    assert played([one((280, 30, 360, 280)), larger])[-1] == anew(larger)


def test_labels_of_exchanged_identities_stay_where_they_are() -> None:
    wide = people([(280, 30, 360, 280), (100, 30, 180, 280)], track_ids=[1, 2])
    edge = people([(280, 8, 360, 258), (100, 8, 180, 258)], track_ids=[2, 1])
    _, state = place_labels(wide, OPTIONS, 0.0)
    exchanged = state.renamed(lambda track_id: 3 - track_id)
    chips, _ = place_labels(edge, OPTIONS, STEP_S, exchanged)
    assert all(chip.xyxy[1] < 60 for chip in chips)
