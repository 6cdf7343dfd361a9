"""The plans of the clips that `identity_truth.py` draws: who walks where, in which room."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from engine.training.dataset import read_picture
from engine.training.walks import Mark, Scene, Truth, View, Walker, draw
from engine.types import UInt8Array

FRAME_HW = (540, 960)


@dataclass(frozen=True, slots=True)
class Plan:
    """room: file, `copies` of it side by side, every other one mirrored. walks: cut-out, and its
    marks: time, x and y of the feet, height in pixels of a room as high as the frame."""

    room: str
    seconds: float
    walks: tuple[tuple[str, tuple[tuple[float, float, float, float], ...]], ...]
    views: tuple[View, ...] = (View(0.0),)
    copies: int = 1


SCENES = {
    "crossing": Plan(
        "11_bedroom",
        4.0,
        (
            ("0055", ((0, 120, 480, 330), (4, 840, 480, 330))),
            ("0073", ((0, 880, 520, 400), (4, 140, 520, 400))),
        ),
    ),
    "crossing, twins": Plan(
        "344_bedroom",
        4.0,
        (
            ("0127", ((0, 120, 490, 350), (4, 840, 490, 350))),
            ("0127", ((0, 880, 510, 370), (4, 140, 510, 370))),
        ),
    ),
    "hidden, turns back": Plan(
        "297_bedroom",
        5.0,
        (
            (
                "0217",
                (
                    (0, 120, 470, 330),
                    (1.5, 480, 470, 330),
                    (2.5, 480, 470, 330),
                    (4.5, 130, 470, 330),
                ),
            ),
            ("0289", ((0, 480, 525, 430), (5, 490, 525, 430))),
            ("0487", ((0, 780, 500, 380), (5, 800, 500, 380))),
        ),
    ),
    "two behind one": Plan(
        "372_bedroom",
        5.0,
        (
            ("0163", ((0, 100, 480, 330), (5, 860, 480, 330))),
            ("0686", ((0, 880, 485, 335), (5, 120, 485, 335))),
            ("0578", ((0, 490, 530, 460), (5, 500, 530, 460))),
        ),
    ),
    "four": Plan(
        "422_kitchen",
        5.0,
        (
            ("0181", ((0, 150, 470, 320), (2.5, 500, 470, 320), (5, 200, 480, 330))),
            ("0650", ((0, 380, 490, 360), (2.5, 250, 500, 370), (5, 600, 490, 360))),
            ("0505", ((0, 620, 510, 380), (2.5, 700, 500, 370), (5, 420, 510, 380))),
            ("0776", ((0, 830, 530, 400), (5, 780, 530, 400))),
        ),
    ),
    "leave and return": Plan(
        "395_bedroom",
        7.0,
        (
            (
                "0343",
                (
                    (0, 300, 500, 360),
                    (1.2, -80, 500, 360),
                    (2.2, -80, 500, 360),
                    (3.8, 320, 500, 360),
                    (7, 340, 500, 360),
                ),
            ),
            (
                "0794",
                (
                    (0, 700, 510, 380),
                    (1, 720, 510, 380),
                    (2, 1040, 510, 380),
                    (5, 1040, 510, 380),
                    (6.2, 740, 510, 380),
                    (7, 730, 510, 380),
                ),
            ),
        ),
    ),
    "another comes": Plan(
        "230_bedroom",
        6.0,
        (
            ("0542", ((0, 600, 500, 370), (1.5, 1040, 500, 370))),
            (
                "0361",
                (
                    (2, 1040, 500, 360),
                    (3.6, 600, 500, 360),
                    (4, 600, 500, 360),
                    (5.2, 1040, 500, 360),
                ),
            ),
            ("0956", ((5.2, 1060, 505, 365), (6, 800, 505, 365))),
            ("0740", ((0, 250, 520, 390), (6, 260, 520, 390))),
        ),
    ),
    "pan": Plan(
        "329_bedroom",
        6.0,
        (
            ("0001", ((0, 250, 500, 350), (6, 320, 500, 350))),
            ("0415", ((0, 700, 510, 370), (6, 640, 510, 370))),
            ("0722", ((0, 1250, 500, 360), (6, 1200, 500, 360))),
            ("0884", ((0, 1500, 520, 390), (6, 1560, 520, 390))),
        ),
        (View(0.8, 0), View(2.3, 800), View(3, 800), View(4.5, 0)),
        copies=3,
    ),
    "zoom and light": Plan(
        "498_kitchen",
        5.0,
        (
            ("0902", ((0, 300, 470, 260), (2.5, 620, 500, 340), (5, 420, 530, 430))),
            ("0307", ((0, 640, 480, 280), (5, 300, 490, 300))),
            ("0848", ((0, 760, 500, 300), (5, 720, 500, 300))),
        ),
        tuple(
            View(
                n / 10,
                x=20 * math.sin(0.9 * n) + 1.6 * n,
                y=8 * math.sin(1.7 * n),
                zoom=1 + 0.25 * math.sin(n / 16),
                light=0.55 + 0.1 * (n % 3) if 22 <= n <= 34 else 1.0,
            )
            for n in range(51)
        ),
        copies=2,
    ),
}
"""Seen are: somebody who passes behind another, and the same with one cut-out twice; somebody
hidden for more than a second who comes out where they went in; two who change sides behind a third;
four people; one who is away for one second and one for three; three of whom each comes in where the
one before has just left; a camera that turns away and back; one that is held by hand, zooms, and
whose light goes down and flickers."""


def drawn_frames(people: Path, name: str, fps: float) -> Iterator[tuple[float, UInt8Array, Truth]]:
    """Time, picture and truth. people: folder with cutouts/ and rooms/."""
    plan = SCENES[name]
    walkers = [
        Walker(_cutout(people, cutout), tuple(Mark(*mark) for mark in marks))
        for cutout, marks in plan.walks
    ]
    scene = Scene(_room(people, plan), tuple(walkers), plan.views)
    for n in range(round(plan.seconds * fps)):
        image_bgr, truth = draw(scene, n / fps, FRAME_HW)
        yield n / fps, image_bgr, truth


def _cutout(people: Path, name: str) -> UInt8Array:
    rgba = read_picture(people / "cutouts" / f"{name}.webp", alpha=True)
    return np.ascontiguousarray(rgba[..., [2, 1, 0, 3]])


def _room(people: Path, plan: Plan) -> UInt8Array:
    picture = read_picture(people / "rooms" / f"{plan.room}.webp")[..., ::-1]
    height, width = picture.shape[:2]
    size_wh = (max(FRAME_HW[1], round(width * FRAME_HW[0] / height)), FRAME_HW[0])
    picture = np.asarray(cv2.resize(picture, size_wh, interpolation=cv2.INTER_CUBIC), np.uint8)
    return np.hstack([picture[:, :: 1 if n % 2 == 0 else -1] for n in range(plan.copies)])
