"""The curve that turns agreement into confidence, fitted to whether people are real."""

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
from engine.kernels.reference import SCORE_MIDDLE, SCORE_WIDTH, Float64Array
from engine.training.coco_numbers import coco_truth, detections_of
from engine.training.dataset import Photo
from engine.types import BoolArray, Instances

REAL_IOU = 0.5
TENTHS = 10
WIDTH_RANGE = (0.01, 1.0)
"""Few people can be told apart by a curve as steep as a step, which says nothing of others."""


@dataclass(frozen=True, slots=True)
class Curve:
    """confidence = 1 / (1 + exp((middle − agreement) / width))."""

    middle: float = SCORE_MIDDLE
    width: float = SCORE_WIDTH

    def confidence(self, agreement: Float64Array) -> Float64Array:
        """Share of people of that agreement who are real, as the curve has it."""
        return np.asarray(expit((agreement - self.middle) / self.width), np.float64)

    def agreement(self, confidence: Float64Array) -> Float64Array:
        """What `confidence` turned into that confidence."""
        return np.asarray(self.middle + self.width * logit(confidence), np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class FoundPeople:
    """agreement: (N,) of the people found, as the shipped curve takes it. real: (N,), mask
    at IoU 0.5 with a true person that no surer one has. People on crowds and on regions
    that are not judged are left out.
    """

    agreement: Float64Array
    real: BoolArray


def judge_people(photos: Sequence[Photo], found: Sequence[Instances]) -> FoundPeople:
    """The people found on each photo, with confidences by the shipped curve."""
    truth = coco_truth(photos)
    detections = [
        detection
        for photo, people in zip(photos, found, strict=True)
        for detection in detections_of(photo.image_id, people)
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
    agreement = Curve().agreement(np.clip(scores, 1e-6, 1 - 1e-6))
    return FoundPeople(agreement[~unjudged], real[~unjudged])


def fit_curve(people: FoundPeople) -> Curve:
    """The curve under which what was seen is most likely. Raises `ConfigError`."""
    if people.real.all() or not people.real.any():
        raise ConfigError("All people found are real, or none is.", "Give more photos.")

    def surprise(values: Float64Array) -> float:
        return log_loss(people, Curve(float(values[0]), float(np.exp(values[1]))))

    start = np.array([SCORE_MIDDLE, np.log(SCORE_WIDTH)])
    bounds = ((0.0, 1.0), tuple(np.log(WIDTH_RANGE)))
    middle, log_width = minimize(surprise, start, method="Nelder-Mead", bounds=bounds).x
    return Curve(float(middle), float(np.exp(log_width)))


def log_loss(people: FoundPeople, curve: Curve) -> float:
    """Mean −ln of the probability that the curve gave to what is true."""
    confidence = np.clip(curve.confidence(people.agreement), 1e-9, 1 - 1e-9)
    return float(-np.mean(np.log(np.where(people.real, confidence, 1 - confidence))))


def tenths_table(people: FoundPeople, curve: Curve) -> str:
    """Confidence and share of real people in each tenth of the confidences; Markdown."""
    confidence = curve.confidence(people.agreement)
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
