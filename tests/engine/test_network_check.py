"""A network is trusted only where it says of each picture what the CPU's says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.config import Provider, RuntimeOptions
from engine.errors import RuntimeUnavailable
from engine.models import find_model
from engine.network_check import Maps, check_network
from engine.runtime import OnnxPredictor
from engine.types import Frame
from tests.tiny_onnx import write_tiny_onnx

FRAME_HW = (97, 129)


@pytest.fixture
def reference(tmp_path: Path) -> OnnxPredictor:
    model = find_model(write_tiny_onnx(tmp_path / "tiny.onnx"))
    return OnnxPredictor(model, RuntimeOptions(provider=Provider.CPU))


def check(maps_of: Callable[[Frame], Maps], reference: OnnxPredictor) -> None:
    check_network(maps_of, reference, FRAME_HW, "over there", "Take another.")


def of(reference: OnnxPredictor, frame: Frame) -> Maps:
    prediction = reference.predict(frame)
    return prediction.person_logits, prediction.box_deltas


def test_one_that_says_the_same_is_taken(reference: OnnxPredictor) -> None:
    seen: list[Frame] = []

    def same(frame: Frame) -> Maps:
        seen.append(frame)
        return of(reference, frame)

    check(same, reference)
    assert seen[0] is seen[2] is not seen[1]


def test_one_that_goes_on_saying_what_it_said_first_is_refused(reference: OnnxPredictor) -> None:
    said: list[Maps] = []

    def stuck(frame: Frame) -> Maps:
        said.append(of(reference, frame))
        return said[0]

    with pytest.raises(RuntimeUnavailable, match=r"other results over there.*Take another"):
        check(stuck, reference)
    assert len(said) == 2


def test_one_that_keeps_something_of_the_picture_before_is_refused(
    reference: OnnxPredictor,
) -> None:
    said: list[Maps] = []

    def late(frame: Frame) -> Maps:
        said.append(of(reference, frame))
        return said[min(len(said) - 1, 1)]

    with pytest.raises(RuntimeUnavailable, match="other results"):
        check(late, reference)
    assert len(said) == 3
