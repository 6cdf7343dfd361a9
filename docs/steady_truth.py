"""Whether steady masks leave ghosts: the demo scene, whose truth is known, with and without them.

    uv run python docs/steady_truth.py

The scene gets noise as of a camera. IoU: of all that is person with the truth, summed over the
frames. Left behind: pixels taken for person where truly nobody is, but was in one of the five
frames before, over the person pixels; without steady masks these are the network's own faults.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import numpy as np

from engine.config import GroupOptions, Provider, RuntimeOptions, SteadyOptions
from engine.gpu import group, open_predictor
from engine.source.demo import DemoSource
from engine.steady import SteadyState, steady
from engine.types import BoolArray, Frame, Prediction

SIZE_HW = (720, 1280)
FRAMES_BEHIND = 5


def main() -> None:
    """Print a line for each of both."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=150)
    parser.add_argument("--noise", type=float, default=3.0, help="sigma, levels of 0 to 255")
    parser.add_argument("--threads", type=int, default=0)
    parsed = parser.parse_args()
    predictor = open_predictor(RuntimeOptions(provider=Provider.CPU, threads=parsed.threads))
    random = np.random.default_rng(0)
    source = DemoSource(SIZE_HW, frame_count=parsed.frames)
    predictions = []
    while (frame := source.read()) is not None:
        predictions.append(predictor.predict(_noisy(frame, parsed.noise, random)))
    truth = [source.truth_labels(i) > 0 for i in range(len(predictions))]
    for title, enabled in (("each frame alone", False), ("steady masks", True)):
        masks = _masks(predictions, SteadyOptions(enabled=enabled))
        shared = sum(int((a & b).sum()) for a, b in zip(masks, truth, strict=True))
        either = sum(int((a | b).sum()) for a, b in zip(masks, truth, strict=True))
        print(
            f"{title:<16}  IoU {shared / either:.4f}  left behind {_left_behind(masks, truth):.3%}"
        )


def _noisy(frame: Frame, sigma: float, random: np.random.Generator) -> Frame:
    noise = random.normal(0, sigma, frame.image_bgr.shape)
    image = np.clip(np.rint(frame.image_bgr + noise), 0, 255).astype(np.uint8)
    return replace(frame, image_bgr=image)


def _masks(predictions: list[Prediction], options: SteadyOptions) -> list[BoolArray]:
    state: SteadyState | None = None
    masks = []
    for prediction in predictions:
        steadied, state = steady(prediction, state, options)
        masks.append(group(steadied, GroupOptions()).labels > 0)
    return masks


def _left_behind(masks: list[BoolArray], truth: list[BoolArray]) -> float:
    left = 0
    for n in range(FRAMES_BEHIND, len(masks)):
        was = np.logical_or.reduce(truth[n - FRAMES_BEHIND : n])
        left += int((masks[n] & was & ~truth[n]).sum())
    return left / sum(int(mask.sum()) for mask in masks[FRAMES_BEHIND:])


if __name__ == "__main__":
    main()
