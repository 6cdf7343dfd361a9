"""Pictures of the report: precision over recall, and the best and worst photos."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
from pycocotools.coco import COCO

from engine.render import render
from engine.styles import RenderOptions
from engine.training.eval_run import Case, SizeReport
from engine.training.eval_truth import TruePeople, read_frame, true_people
from engine.types import MAX_PEOPLE, Frame, Instances, UInt8Array

TILE_WIDTH_PX = 400
COLUMNS = 2
FONT = cv2.FONT_HERSHEY_SIMPLEX


def plot_precision_recall(sizes: Sequence[SizeReport], path: Path) -> None:
    """Mask precision over recall at IoU 0.5, 0.75 and on average, one panel per size."""
    # Matplotlib takes half a second to import and chooses a GUI backend in pyplot.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5 * len(sizes), 4.5), layout="constrained")
    recall = np.linspace(0, 1, 101)
    for axes, size in zip(figure.subplots(1, len(sizes), squeeze=False)[0], sizes, strict=True):
        names = ("IoU 0.5", "IoU 0.75", "mean 0.5:0.95")
        for name, curve, key in zip(
            names, size.masks.precision, ("AP50", "AP75", "AP"), strict=True
        ):
            axes.plot(recall, np.maximum(curve, 0), label=f"{name}: {size.masks[key]:.3f}")
        axes.set(
            title=f"Person masks, longer side {size.long_side}",
            xlabel="recall",
            ylabel="precision",
            xlim=(0, 1),
            ylim=(0, 1.02),
        )
        axes.grid(alpha=0.3)
        axes.legend()
    figure.savefig(path, dpi=110)


def draw_cases(
    cases: Sequence[Case], truth: COCO, find_people: Callable[[Frame], Instances], path: Path
) -> None:
    """A page of photos, the truth left and ours right, with quality and counts."""
    tiles = [_tile(case, truth, find_people) for case in cases]
    columns: list[list[UInt8Array]] = [tiles[i::COLUMNS] for i in range(COLUMNS)]
    stacks = [np.concatenate(column) for column in columns if column]
    height = max(stack.shape[0] for stack in stacks)
    padded = [np.pad(s, ((0, height - s.shape[0]), (0, 12), (0, 0))) for s in stacks]
    cv2.imwrite(str(path), np.concatenate(padded, axis=1))


def as_instances(true: TruePeople, frame_hw: tuple[int, int]) -> Instances:
    """The true people as the application would carry them; smaller ones lie on top."""
    count = min(len(true.masks), MAX_PEOPLE)
    labels = np.zeros(frame_hw, np.uint8)
    for i in sorted(range(count), key=lambda k: -int(true.masks[k].sum())):
        labels[true.masks[i]] = i + 1
    return Instances(
        labels=labels,
        boxes_xyxy=true.boxes_xyxy[:count],
        scores=np.ones(count, np.float32),
        track_ids=np.arange(1, count + 1),
    )


def _tile(case: Case, truth: COCO, find_people: Callable[[Frame], Instances]) -> UInt8Array:
    frame = read_frame(case.photo)
    true = as_instances(true_people(truth, case.photo), frame.size_hw)
    found = find_people(frame)
    found = found.with_track_ids(np.arange(1, len(found) + 1))
    pair = [_drawn(frame, people) for people in (true, found)]
    caption = np.zeros((30, pair[0].shape[1] * 2, 3), np.uint8)
    text = f"{case.photo.image_id}: PQ {case.quality:.2f}, {case.true} true, {case.found} found"
    cv2.putText(caption, text, (6, 21), FONT, 0.55, (255, 255, 255), 1, cv2.LINE_AA)
    return np.concatenate([caption, np.concatenate(pair, axis=1)])


def _drawn(frame: Frame, people: Instances) -> UInt8Array:
    picture = render(frame, people, RenderOptions(show_boxes=True, show_labels=False))
    height = round(picture.shape[0] * TILE_WIDTH_PX / picture.shape[1])
    resized = cv2.resize(picture, (TILE_WIDTH_PX, height), interpolation=cv2.INTER_AREA)
    return np.asarray(resized, np.uint8)
