"""Grouping and drawing of 20 people, each step beside its NumPy reference in the same run.

    uv run --no-sync python docs/kernel_speed.py

161×121 cells, 1280×720 frame; the goals are 1 ms for grouping with labels and 4 ms for
rendering. Best and median of wall-clock milliseconds, in rounds.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from engine.config import GroupOptions, TrackOptions
from engine.group import bring_to_frame, group, group_cells
from engine.kernels import cpu, reference, upsample_cpu
from engine.kernels.composite_cpu import composite
from engine.kernels.composite_reference import Look
from engine.kernels.composite_reference import composite as plain_composite
from engine.render import render
from engine.styles import RenderOptions
from engine.track import track
from engine.types import Frame, Instances, Prediction
from tests.people_maps import make_prediction

INPUT_HW, FRAME_HW = (481, 641), (720, 1280)
Run = Callable[[], object]


def crowd() -> Prediction:
    """Four rows of five people who stand before each other."""
    boxes = [
        (10.0 + 124 * (i % 5), 5.0 + 90 * (i // 5), 125.0 + 124 * (i % 5), 170.0 + 100 * (i // 5))
        for i in range(20)
    ]
    return make_prediction(boxes, input_hw=INPUT_HW, frame_hw=FRAME_HW, noise=0.3)


def steps(prediction: Prediction) -> dict[str, tuple[Run, Run | None]]:
    """Name → the step as it is used, and its reference where it has one."""
    options = GroupOptions(fine_edges=False)
    cells = group_cells(prediction, options)
    people = bring_to_frame(cells, prediction, options)
    tracked, state = track(people, None, 0.0, TrackOptions())
    inside = np.flatnonzero(prediction.person_logits.ravel() >= 0)
    deltas, anchor = prediction.box_deltas, prediction.anchor_wh
    own = cpu.decode_boxes(deltas, inside, anchor)
    boxes = np.ascontiguousarray(cells.boxes_xyxy.T)
    noise = np.random.default_rng(0).integers(0, 256, (*FRAME_HW, 3), np.uint8)
    frame, out = Frame(noise, 0, 0.0, 0.0), np.empty_like(noise)
    tint = look_of(people)
    print(f"{len(people)} people, {inside.size} person cells")
    return {
        "grouping and labels": (lambda: group(prediction, options), None),
        "  grouping": (lambda: group_cells(prediction, options), None),
        "    peaks": both("find_peaks", prediction.person_logits, 0.4, 1),
        "    decode": both("decode_boxes", deltas, inside, anchor),
        "    assign": both("assign", own, boxes, options.assign_iou),
        "  labels to frame": (
            lambda: upsample_cpu.upsample_labels(cells.margins, cells.labels, FRAME_HW),
            lambda: reference.upsample_labels(cells.margins, cells.labels, FRAME_HW),
        ),
        "grouping and labels, fine edges": (
            lambda: group(prediction, GroupOptions()),
            None,
        ),
        "tracking": (lambda: track(people, state, 1 / 30, TrackOptions()), None),
        "rendering, outlines and labels": (
            lambda: render(frame, tracked, RenderOptions(), out),
            None,
        ),
        "  compositing, tint alone": (
            lambda: composite(noise, people.labels, tint, None, None, out),
            lambda: plain_composite(noise, people.labels, tint, None, None, out),
        ),
    }


def both(name: str, *arguments: object) -> tuple[Run, Run]:
    """A kernel and its reference on the same arguments."""
    fast, plain = getattr(cpu, name), getattr(reference, name)
    return lambda: fast(*arguments), lambda: plain(*arguments)


def look_of(people: Instances) -> Look:
    """Every person in a colour, no outline."""
    weight = np.zeros(256, np.uint16)
    weight[1 : len(people) + 1] = 115
    colours = np.random.default_rng(1).integers(0, 256, (256, 3), np.uint8)
    none = np.zeros(256, np.uint16)
    return Look(colours, weight, colours, np.zeros(256, np.bool_), none, none)


def times_ms(run: Run, count: int) -> list[float]:
    """Milliseconds of single runs."""
    taken = []
    for _ in range(count):
        started_s = time.perf_counter()
        run()
        taken.append((time.perf_counter() - started_s) * 1e3)
    return taken


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=10)
    rounds = parser.parse_args().rounds
    measured = steps(crowd())
    print(f"{'':<32}{'best ms':>9}{'median':>9}{'NumPy, best':>13}{'times faster':>14}")
    for name, (fast, plain) in measured.items():
        ours, theirs = [], []
        for _ in range(rounds):
            ours += times_ms(fast, 20)
            theirs += times_ms(plain, 2) if plain else []
        row = f"{name:<32}{min(ours):>9.3f}{statistics.median(ours):>9.3f}"
        row += f"{min(theirs):>13.2f}{min(theirs) / min(ours):>14.1f}" if theirs else ""
        print(row)


if __name__ == "__main__":
    main()
