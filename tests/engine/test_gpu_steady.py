"""Masks are as steady where the maps lie on a GPU as where they lie here."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import gpu, gpu_predictor
from engine.bound_network import BoundNetwork
from engine.config import GroupOptions, Provider, Settings, SteadyOptions
from engine.errors import KernelError
from engine.gpu_predictor import GpuPrediction, GpuPredictor
from engine.models import ModelFile, find_model
from engine.motion import Motion
from engine.pipeline import Pipeline
from engine.providers import plan_providers
from engine.runtime import OnnxPredictor
from engine.steady import steady as steady_on_cpu
from engine.types import Float32Array, Frame, Prediction
from tests.cuda_host import HostBackend, require_compiler
from tests.engine.gpu_cases import OPTIONS
from tests.tiny_onnx import METADATA, write_tiny_onnx

INPUT_HW = (97, 129)
"""Of `OPTIONS`: frames of this size are the network's input, on both ways."""

STEADY = SteadyOptions()
ANYBODY = GroupOptions(min_score=0.0, fine_edges=False)
SETTINGS = Settings(group=ANYBODY)
ALONE = Settings(group=ANYBODY, steady=SteadyOptions(enabled=False))


@pytest.fixture
def model(tmp_path: Path) -> ModelFile:
    """Sees red as people from 130 on."""
    path = tmp_path / "sharp.onnx"
    wide = METADATA | {"anchor_width": "60", "anchor_height": "90"}
    return find_model(write_tiny_onnx(path, metadata=wide, logit_per_red=0.5, logit_at_black=-64.6))


def frame(index: int, red: int = 160, left: int = 40) -> Frame:
    """Somebody before a wall, 30 frames a second."""
    image = np.random.default_rng(1).integers(0, 90, (*INPUT_HW, 3)).astype(np.uint8)
    image[36:68, left : left + 24, 2] = red
    return Frame(image, index, index / 30, 0.0)


def blinking(index: int) -> Frame:
    """In every third frame just too dark to be seen."""
    return frame(index, 129 if index % 3 == 2 else 134)


def maps_here(prediction: Prediction) -> Float32Array:
    assert isinstance(prediction, GpuPrediction)
    logits, deltas = prediction.owner.maps_here(prediction)
    return np.concatenate([logits[None], deltas])


def test_maps_are_averaged_as_on_the_cpu(
    predictor: GpuPredictor, model: ModelFile, backend: HostBackend
) -> None:
    on_cpu = OnnxPredictor(model, OPTIONS)
    there = here = None
    for index in range(6):
        # One who walks, and is seen less well now and then; at last another scene.
        seen = frame(index, 129 if index == 3 else 134, left=20 + 6 * index)
        if index == 5:
            seen = replace(seen, image_bgr=np.roll(255 - seen.image_bgr, 40, axis=0))
        found, there = gpu.steady(predictor.predict(seen), there, STEADY)
        expected, here = steady_on_cpu(on_cpu.predict(seen), here, STEADY)
        maps = np.concatenate([expected.person_logits[None], expected.box_deltas])
        np.testing.assert_allclose(maps_here(found), maps, rtol=1e-3, atol=1e-3)
    assert backend.launched.count("mean_maps") == 4


def test_the_pipeline_shows_who_is_missed_for_one_frame(
    predictor: GpuPredictor, model: ModelFile, backend: HostBackend
) -> None:
    def counts(settings: Settings, used: Any) -> list[int]:
        pipeline = Pipeline(used)
        return [len(pipeline.process(blinking(i), settings).instances) for i in range(9)]

    assert counts(ALONE, predictor) == [1, 1, 0] * 3
    assert "mean_maps" not in backend.launched
    assert counts(SETTINGS, predictor) == [1] * 9
    assert counts(SETTINGS, OnnxPredictor(model, OPTIONS)) == [1] * 9
    assert backend.launched.count("mean_maps") == 8
    # Grouping stays recorded, and works on what was averaged just before.
    assert backend.replayed > 0
    last = backend.launched[len(backend.launched) - backend.launched[::-1].index("take_maps") :]
    assert last == [
        "mean_maps", "find_candidates", "elect_people", "assign_pixels", "relabel", "composite",
    ]  # fmt: skip


def test_fine_edges_are_found_in_averaged_maps(predictor: GpuPredictor) -> None:
    fine = Settings(group=replace(ANYBODY, fine_edges=True))
    pipeline = Pipeline(predictor)
    assert [len(pipeline.process(blinking(i), fine).instances) for i in range(6)] == [1] * 6


def test_drawing_a_frame_anew_neither_counts_twice_nor_keeps_what_was_switched_off(
    predictor: GpuPredictor,
) -> None:
    pipeline = Pipeline(predictor)
    for index in range(2):
        pipeline.process(blinking(index), SETTINGS)
    missed = predictor.predict(blinking(2))
    shown = [pipeline.finish(missed, SETTINGS).instances]
    shown += [pipeline.refinish(missed, s).instances for s in (SETTINGS, ALONE, SETTINGS)]
    assert [len(people) for people in shown] == [1, 1, 0, 1]
    assert np.array_equal(shown[0].labels, shown[3].labels)
    assert shown[0].scores == pytest.approx(shown[1].scores)


def test_after_a_jump_a_cut_or_a_pause_nothing_of_before_counts(predictor: GpuPredictor) -> None:
    state = gpu.steady(predictor.predict(frame(0)), None, STEADY)[1]
    wall = np.random.default_rng(9).integers(150, 256, (*INPUT_HW, 3)).astype(np.uint8)
    later = replace(frame(1), time_s=1.0)
    for seen, before in (
        (frame(1), None),
        (replace(frame(1), image_bgr=wall), state),
        (later, state),
    ):
        prediction = predictor.predict(seen)
        found, after = gpu.steady(prediction, before, STEADY)
        assert found is prediction
        assert after is not None
    assert gpu.steady(prediction, state, SteadyOptions(enabled=False)) == (prediction, None)


def test_maps_of_another_network_on_the_gpu_do_not_count(
    predictor: GpuPredictor, model: ModelFile
) -> None:
    other = GpuPredictor(model, OPTIONS, plan_providers(Provider.CPU), HostBackend())
    state = gpu.steady(other.predict(frame(0)), None, STEADY)[1]
    prediction = predictor.predict(frame(1))
    assert gpu.steady(prediction, state, STEADY)[0] is prediction
    on_cpu = OnnxPredictor(model, OPTIONS).predict(frame(1))
    assert gpu.steady(on_cpu, state, STEADY)[0] is on_cpu


def test_what_is_no_number_is_not_handed_on(
    predictor: GpuPredictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = gpu.steady(predictor.predict(frame(0)), None, STEADY)[1]
    run = BoundNetwork.run

    def spoil(network: BoundNetwork, meanwhile: Callable[[], Any]) -> Any:
        found = run(network, meanwhile)
        network.box_deltas[0, 3, 5, 5] = np.nan
        return found

    with monkeypatch.context() as spoilt:
        spoilt.setattr(BoundNetwork, "run", spoil)
        broken = predictor.predict(frame(1))
    assert gpu.steady(broken, state, STEADY) == (broken, None)
    assert len(gpu.group(broken, ANYBODY)) == 1


def test_a_gpu_that_gives_up_while_it_steadies_leaves_that_frame_to_the_cpu(
    predictor: GpuPredictor, backend: HostBackend, model: ModelFile
) -> None:
    on_cpu = Pipeline(OnnxPredictor(model, OPTIONS))
    pipeline = Pipeline(predictor)
    pipeline.process(blinking(0), SETTINGS)
    for index in (1, 2, 3, 4):
        prediction = predictor.predict(blinking(index))
        if index == 1:
            backend.broken = KernelError("The GPU has no memory left.", "Close something.")
        result = pipeline.finish(prediction, SETTINGS)
        expected = on_cpu.process(blinking(index), SETTINGS)
        # The state that lay there is lost, so the CPU begins with the first of these frames.
        assert len(result.instances) == len(expected.instances) == 1
        assert np.array_equal(result.instances.labels, expected.instances.labels)
    assert predictor.provider.actual == "CPU"
    assert "no memory left" in predictor.provider.reason


def test_motion_is_looked_for_while_the_network_is_busy_and_only_once(
    predictor: GpuPredictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    searched: list[bool] = []
    busy = False
    run, between = BoundNetwork.run, gpu_predictor.MotionAhead.look.__globals__["motion_between"]

    def noting(network: BoundNetwork, meanwhile: Callable[[], Any]) -> Any:
        nonlocal busy
        busy = True
        try:
            return run(network, meanwhile)
        finally:
            busy = False

    def search(view: Any, before: Any) -> Motion:
        searched.append(busy)
        return between(view, before)

    monkeypatch.setattr(BoundNetwork, "run", noting)
    monkeypatch.setattr("engine.motion.motion_between", search)
    pipeline = Pipeline(predictor)
    for index in range(5):
        pipeline.process(frame(index), SETTINGS)
    assert searched == [True] * 4


class WatchfulBackend(HostBackend):
    """Fails where page-locked memory was let go before it has surely arrived."""

    def __init__(self) -> None:
        super().__init__()
        self._sent: list[weakref.ref[Any]] = []

    def copy_in(self, target: np.ndarray[Any, Any], source: np.ndarray[Any, Any]) -> None:
        super().copy_in(target, source)
        self._sent.append(weakref.ref(source))

    def wait(self) -> None:
        super().wait()
        assert all(sent() is not None for sent in self._sent)
        self._sent.clear()


def test_what_is_sent_to_the_gpu_is_held_until_it_has_arrived(model: ModelFile) -> None:
    require_compiler()
    backend = WatchfulBackend()
    predictor = GpuPredictor(model, OPTIONS, plan_providers(Provider.CPU), backend)
    pipeline = Pipeline(predictor)
    for index in range(4):
        pipeline.process(frame(index), SETTINGS)
    assert not predictor.provider.fell_back, predictor.provider.reason
    assert backend.launched.count("mean_maps") == 3
