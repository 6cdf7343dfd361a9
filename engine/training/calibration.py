"""The curve that turns agreement and size into confidence, fitted to whether people are real."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pycocotools.cocoeval import COCOeval
from scipy.optimize import minimize
from scipy.special import expit, logit

from engine.errors import ConfigError
from engine.kernels.reference import SCORE_CELLS, SCORE_MIDDLE, SCORE_WIDTH
from engine.training.coco_numbers import coco_truth, detections_of
from engine.training.dataset import Photo
from engine.types import BoolArray, Float64Array, Instances

REAL_IOU = 0.5
TENTHS = 10
CELLS_RANGE = (1.0, 10_000.0)
WIDTH_RANGE = (0.01, 1.0)
"""Few people can be told apart by a curve as steep as a step, which says nothing of others."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Odds of being real: exp((agreement − middle) / width) · n / (n + cells), of n cells."""

    middle: float = SCORE_MIDDLE
    width: float = SCORE_WIDTH
    cells: float = SCORE_CELLS

    def confidence(self, agreement: Float64Array, sizes: Float64Array) -> Float64Array:
        """Share of people of that agreement and size who are real, as the curve has it."""
        steps = (agreement - self.middle) / self.width + self._log_share(sizes)
        return np.asarray(expit(steps), np.float64)

    def agreement(self, confidence: Float64Array, sizes: Float64Array) -> Float64Array:
        """What `confidence` turned into that confidence."""
        steps = logit(confidence) - self._log_share(sizes)
        return np.asarray(self.middle + self.width * steps, np.float64)

    def _log_share(self, sizes: Float64Array) -> Float64Array:
        return np.asarray(np.log(sizes / (sizes + self.cells)), np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class FoundPeople:
    """agreement, sizes: (N,) of the people found, as the shipped curve takes them; sizes in
    cells. real: (N,), mask at IoU 0.5 with a true person that no surer one has. People on
    crowds and on regions that are not judged are left out.
    """

    agreement: Float64Array
    sizes: Float64Array
    real: BoolArray


@dataclass(frozen=True, slots=True, eq=False)
class SizedPeople:
    """The people of a photo; sizes: (N,) of each, in cells."""

    people: Instances
    sizes: Float64Array


def judge_people(photos: Sequence[Photo], found: Sequence[SizedPeople]) -> FoundPeople:
    """The people found on each photo, with confidences by the shipped curve."""
    truth = coco_truth(photos)
    detections = [
        detection
        for photo, sized in zip(photos, found, strict=True)
        for detection in detections_of(photo.image_id, sized.people)
    ]
    if not detections:
        raise ConfigError("Nobody was found on these photos.", "Give more photos.")
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation = COCOeval(truth, truth.loadRes(detections), "segm")
        evaluation.params.iouThrs = np.array([REAL_IOU])
        evaluation.params.areaRng = [[0, 1e10]]
        evaluation.params.areaRngLbl = ["all"]
        evaluation.evaluate()
    judged = [image for image in evaluation.evalImgs if image is not None]
    scores = np.concatenate([np.array(image["dtScores"], np.float64) for image in judged])
    real = np.concatenate([image["dtMatches"][0] > 0 for image in judged])
    unjudged = np.concatenate([image["dtIgnore"][0] > 0 for image in judged])
    # pycocotools numbers detections from 1, in the order given.
    numbers = np.concatenate([np.array(image["dtIds"], np.int64) for image in judged]) - 1
    sizes = np.concatenate([sized.sizes for sized in found])[numbers]
    agreement = Curve().agreement(np.clip(scores, 1e-6, 1 - 1e-6), sizes)
    return FoundPeople(agreement[~unjudged], sizes[~unjudged], real[~unjudged])


def fit_curve(people: FoundPeople) -> Curve:
    """The curve under which what was seen is most likely. Raises `ConfigError`."""
    if people.real.all() or not people.real.any():
        raise ConfigError("All people found are real, or none is.", "Give more photos.")

    def curve(values: Float64Array) -> Curve:
        return Curve(float(values[0]), float(np.exp(values[1])), float(np.exp(values[2])))

    start = np.array([SCORE_MIDDLE, np.log(SCORE_WIDTH), np.log(SCORE_CELLS)])
    bounds = ((0.0, 1.0), tuple(np.log(WIDTH_RANGE)), tuple(np.log(CELLS_RANGE)))
    fitted = minimize(
        lambda values: log_loss(people, curve(values)), start, method="Nelder-Mead", bounds=bounds
    )
    return curve(fitted.x)


def log_loss(people: FoundPeople, curve: Curve) -> float:
    """Mean −ln of the probability that the curve gave to what is true."""
    confidence = curve.confidence(people.agreement, people.sizes)
    confidence = np.clip(confidence, 1e-9, 1 - 1e-9)
    return float(-np.mean(np.log(np.where(people.real, confidence, 1 - confidence))))


def tenths_table(people: FoundPeople, curve: Curve) -> str:
    """Confidence and share of real people in each tenth of the confidences; Markdown."""
    confidence = curve.confidence(people.agreement, people.sizes)
    tenth = np.minimum((confidence * TENTHS).astype(int), TENTHS - 1)
    lines = ["| confidence | people | mean | real | off by |", "|---|---|---|---|---|"]
    for i in range(TENTHS):
        inside = tenth == i
        if not inside.any():
            continue
        mean, real = confidence[inside].mean(), people.real[inside].mean()
        lines.append(
            f"| {i / TENTHS:.1f}–{(i + 1) / TENTHS:.1f} | {inside.sum()} | {mean:.2f} "
            f"| {real:.2f} | {mean - real:+.2f} |"
        )
    return "\n".join(lines)
