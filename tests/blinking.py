"""Somebody in a still picture, whom the network misses now and then."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from engine.types import Prediction, Prepared, UInt8Array
from tests.fakes import FakePredictor, coloured_box_image


def still_picture() -> UInt8Array:
    """Somebody whom `BlinkingPredictor` sees in two frames of three."""
    return coloured_box_image(40)


class BlinkingPredictor(FakePredictor):
    """Is a little too unsure of the person in frames 2, 5, 8, …; tells what it saw."""

    def infer(self, prepared: Prepared) -> Prediction:
        # As before an encoder: every other grey level would be somebody else.
        image = np.where(prepared.frame.image_bgr > 100, 200, 0).astype(np.uint8)
        frame = replace(prepared.frame, image_bgr=image)
        seen = super().infer(replace(prepared, frame=frame))
        if prepared.frame.index % 3 == 2:
            seen = replace(seen, person_logits=np.minimum(seen.person_logits, np.float32(-0.2)))
        height, width = seen.geometry.input_hw
        return replace(seen, input_rgb=cv2.resize(image, (width, height)))
