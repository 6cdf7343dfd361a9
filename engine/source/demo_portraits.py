"""The people of the demo scene: two public-domain portraits, cut out at run time.

Eileen Collins (NASA) comes with scikit-image, Grace Hopper (U.S. Navy) with matplotlib.
Outlines drawn by hand, inside and outside of the edge, let GrabCut find the edge itself.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from engine.errors import SourceNotFound
from engine.types import BoolArray, UInt8Array

Points = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class PortraitFile:
    """Where a portrait lies and where its person ends.

    outer, inner: polygons (x, y) in its pixels; all beyond the first is background, all
    within the second is the person. rows: so many from the top are used; the astronaut's
    end above the helmet that she holds.
    """

    package: str
    path: str
    outer: Points
    inner: Points
    rows: int


@dataclass(frozen=True, slots=True, eq=False)
class CutOut:
    """A person without background.

    image_bgr: (H, W, 3) uint8, colours carried on a little beyond the edge, so that none
    of the old background shows in half-covered pixels. alpha: (H, W) uint8.
    """

    image_bgr: UInt8Array
    alpha: UInt8Array


CHIN_ROW = 195
"""First row of the astronaut's portrait that shows no skin."""

# fmt: off
ASTRONAUT = PortraitFile(
    "skimage", "data/astronaut.png",
    outer=(
        (150, 45), (190, 10), (240, 8), (290, 35), (308, 80), (300, 130), (285, 165), (312, 215),
        (350, 262), (366, 330), (420, 338), (470, 365), (500, 430), (512, 470), (512, 512),
        (15, 512), (15, 440), (35, 330), (45, 270), (75, 230), (108, 205), (110, 175), (140, 150),
        (178, 140), (150, 110),
    ),
    inner=(
        (165, 60), (200, 35), (240, 30), (280, 55), (288, 85), (270, 130), (250, 160), (262, 190),
        (300, 228), (340, 290), (350, 345), (390, 355), (450, 370), (480, 420), (485, 500),
        (40, 500), (60, 320), (75, 270), (125, 215), (135, 180), (165, 162), (190, 160),
        (188, 140), (172, 115),
    ),
    rows=352,
)
ADMIRAL = PortraitFile(
    "matplotlib", "mpl-data/sample_data/grace_hopper.jpg",
    outer=(
        (148, 104), (158, 84), (174, 80), (176, 62), (196, 42), (214, 36), (220, 28), (242, 22),
        (270, 22), (295, 30), (302, 42), (330, 52), (346, 72), (354, 88), (368, 92), (373, 110),
        (371, 180), (377, 190), (378, 204), (374, 228), (368, 258), (364, 264), (363, 280),
        (354, 301), (341, 309), (332, 310), (352, 328), (364, 337), (402, 353), (430, 365),
        (480, 381), (494, 390), (503, 410), (512, 445), (512, 600), (8, 600), (14, 520),
        (24, 445), (32, 410), (50, 384), (66, 373), (120, 354), (150, 346), (184, 328),
        (201, 318), (197, 303), (178, 293), (164, 285), (158, 277), (157, 262), (160, 246),
        (158, 232), (155, 219), (150, 206), (150, 190), (155, 180), (149, 150),
    ),
    inner=(
        (155, 108), (164, 92), (180, 86), (182, 66), (202, 48), (222, 40), (228, 32), (245, 28),
        (270, 28), (290, 36), (298, 48), (326, 58), (340, 78), (348, 93), (363, 98), (367, 112),
        (365, 178), (371, 192), (372, 204), (367, 228), (361, 256), (357, 264), (356, 278),
        (348, 295), (338, 300), (328, 302), (326, 318), (345, 334), (360, 345), (400, 361),
        (430, 373), (476, 388), (488, 396), (496, 414), (506, 450), (508, 595), (16, 595),
        (22, 520), (32, 450), (40, 414), (55, 391), (70, 381), (122, 361), (152, 353), (188, 335),
        (209, 318), (203, 300), (180, 285), (168, 278), (165, 270), (165, 250), (166, 235),
        (162, 218), (157, 204), (157, 192), (163, 182), (157, 150),
    ),
    rows=600,
)
# fmt: on


@cache
def cut_out(portrait: PortraitFile) -> CutOut:
    """The person of a portrait; a quarter of a second at the first call.

    Raises SourceNotFound when the package does not carry the picture.
    """
    image = _read(portrait)
    marks = np.full(image.shape[:2], cv2.GC_BGD, np.uint8)
    cv2.fillPoly(marks, [np.array(portrait.outer)], cv2.GC_PR_FGD)
    cv2.fillPoly(marks, [np.array(portrait.inner)], cv2.GC_FGD)
    cv2.setRNGSeed(1)  # GrabCut's colour model starts from random centres
    model_a, model_b = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(image, marks, None, model_a, model_b, 1, cv2.GC_INIT_WITH_MASK)  # type: ignore[call-overload]
    person = np.isin(marks, (cv2.GC_FGD, cv2.GC_PR_FGD))
    rows = slice(portrait.rows)
    return CutOut(_without_fringe(image, person)[rows], _soft(person)[rows])


def with_new_suit(person: CutOut) -> CutOut:
    """The astronaut in teal: saturated orange below the chin turns its hue."""
    hue, saturation, value = cv2.split(cv2.cvtColor(person.image_bgr, cv2.COLOR_BGR2HSV))
    orange = (hue < 18) | (hue > 170)
    weight = np.clip((saturation.astype(np.float32) - 90) / 40, 0, 1) * orange
    weight[:CHIN_ROW] = 0
    soft = cv2.GaussianBlur(weight.astype(np.float32), (0, 0), 1.0)[..., None]
    turned = cv2.merge([(hue + 85) % 180, (saturation * 0.75).astype(np.uint8), value])
    teal = cv2.cvtColor(turned.astype(np.uint8), cv2.COLOR_HSV2BGR) * np.float32(0.72)
    mixed = person.image_bgr * (1 - soft) + teal * soft
    return CutOut(np.rint(mixed).astype(np.uint8), person.alpha)


def with_new_uniform(person: CutOut) -> CutOut:
    """The admiral in wine red: the dark cloth takes the colour, all else keeps its own."""
    value = person.image_bgr.max(axis=2).astype(np.float32)
    weight = cv2.GaussianBlur(np.clip((72 - value) / 30, 0, 1), (0, 0), 1.5)[..., None]
    wine_bgr = np.array([34, 22, 92], np.float32)
    shade = 0.55 + value[..., None] / 70
    mixed = person.image_bgr * (1 - weight) + wine_bgr * shade * weight
    return CutOut(np.clip(np.rint(mixed), 0, 255).astype(np.uint8), person.alpha)


def mirrored(person: CutOut) -> CutOut:
    """Left for right."""
    return CutOut(
        np.ascontiguousarray(person.image_bgr[:, ::-1]),
        np.ascontiguousarray(person.alpha[:, ::-1]),
    )


def _read(portrait: PortraitFile) -> UInt8Array:
    # The package is found without importing it, which would cost half a second.
    spec = importlib.util.find_spec(portrait.package)
    folder = Path(spec.origin).parent if spec is not None and spec.origin else Path()
    path = folder / portrait.path
    encoded = np.fromfile(path, np.uint8) if path.is_file() else np.zeros(0, np.uint8)
    image = cv2.imdecode(encoded, cv2.IMREAD_COLOR) if encoded.size else None
    if image is None:
        raise SourceNotFound(
            f"The demo scene needs the portrait {portrait.path} of {portrait.package}.",
            f"Install the package again: pip install --force-reinstall {portrait.package}",
        )
    return np.asarray(image, np.uint8)


def _soft(person: BoolArray) -> UInt8Array:
    """Alpha that falls off over about two pixels, inside the edge rather than outside."""
    blurred = cv2.GaussianBlur(person.astype(np.float32), (0, 0), 1.6)
    return np.asarray(np.rint(255 * np.clip((blurred - 0.42) / 0.42, 0, 1)), np.uint8)


def _without_fringe(image: UInt8Array, person: BoolArray) -> UInt8Array:
    """Edge pixels, part background, take the mean colour of the person near them."""
    core = cv2.erode(person.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(np.float32)
    weighted = np.dstack([image * core[..., None], core])
    spread = cv2.GaussianBlur(weighted, (0, 0), 3.0)
    nearby = spread[..., :3] / np.maximum(spread[..., 3:], 1e-4)
    keep = cv2.GaussianBlur(core, (0, 0), 0.8)[..., None]
    return np.clip(image * keep + nearby * (1 - keep), 0, 255).astype(np.uint8)
