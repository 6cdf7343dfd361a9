"""What was predicted on the GPU is grouped and drawn there while it lies there, also anew."""

from __future__ import annotations

import gc
from dataclasses import replace

import numpy as np

from engine import gpu
from engine.config import GroupOptions
from engine.frame_memory import PICTURES_KEPT
from engine.gpu_predictor import GpuPrediction, GpuPredictor
from engine.group import group as group_on_cpu
from engine.group import group_cells
from engine.render import render as render_on_cpu
from engine.styles import RenderOptions
from engine.types import Prediction
from tests.cuda_host import HostBackend
from tests.engine.gpu_cases import EVERYBODY, FRAME_HW, people_in, red_frame


def test_a_prediction_is_grouped_again_under_other_options(predictor: GpuPredictor) -> None:
    prediction = predictor.predict(red_frame())
    assert len(gpu.group(prediction, EVERYBODY)) == 2
    assert len(gpu.group(prediction, GroupOptions(min_score=0.0, max_people=1))) == 1
    assert len(gpu.group(prediction, GroupOptions(min_score=0.0, min_cells=5000))) == 0


def test_frames_of_another_size_and_the_first_size_again_are_served(
    predictor: GpuPredictor,
) -> None:
    for size_hw in (FRAME_HW, (131, 77), FRAME_HW):
        people = people_in(predictor, red_frame(0, size_hw))
        assert people.labels.shape == size_hw
        assert len(people) == 2


def test_people_whose_frame_has_left_the_gpu_are_drawn_on_the_cpu(
    predictor: GpuPredictor, backend: HostBackend
) -> None:
    frames = [red_frame(i) for i in range(PICTURES_KEPT + 1)]
    found = [people_in(predictor, frame) for frame in frames]
    backend.launched.clear()
    image = gpu.render(frames[0], found[0], RenderOptions())
    assert backend.launched == []
    assert np.array_equal(image, render_on_cpu(frames[0], found[0], RenderOptions()))
    gpu.render(frames[1], found[1], RenderOptions())
    assert backend.launched == ["composite"]


def test_results_kept_for_long_hold_no_memory_of_the_device(
    predictor: GpuPredictor, backend: HostBackend
) -> None:
    kept = []
    held = []
    for i in range(8):
        kept.append(people_in(predictor, red_frame(i)))
        gpu.render(red_frame(i), kept[-1], RenderOptions())
        gc.collect()
        held.append(backend.held_bytes)
    assert held[4:] == [held[4]] * 4


def test_a_frame_grouped_anew_leaves_its_first_people_drawn_right(
    predictor: GpuPredictor, backend: HostBackend
) -> None:
    frame = red_frame()
    prediction = predictor.predict(frame)
    first = gpu.group(prediction, EVERYBODY)
    second = gpu.group(prediction, GroupOptions(min_score=0.0, max_people=1))
    for people in (first, second):
        drawn = gpu.render(frame, people, RenderOptions())
        assert np.array_equal(drawn, render_on_cpu(frame, people, RenderOptions()))
    assert len(first) == 2
    assert len(second) == 1


def test_fine_edges_are_found_and_drawn_on_the_gpu_as_the_cpu_finds_them(
    predictor: GpuPredictor, backend: HostBackend
) -> None:
    frame = red_frame()
    prediction = predictor.predict(frame)
    assert isinstance(prediction, GpuPrediction)
    logits, deltas = predictor.maps_here(prediction)
    here = Prediction(frame, prediction.geometry, logits, deltas, prediction.anchor_wh)
    options = GroupOptions(min_score=0.0, fine_edges=True)
    expected = group_on_cpu(here, options)
    backend.launched.clear()
    people = gpu.group(prediction, options)
    assert backend.launched == [
        "find_candidates",
        "elect_people",
        "assign_pixels",
        "relabel",
        "preprocess",
        "preprocess",
        "follow_edges",
        "upsample_labels",
        "relabel",
    ]
    assert len(people) == len(expected) == 2
    assert (people.labels == expected.labels).mean() >= 0.998
    assert (people.labels != group_on_cpu(here, EVERYBODY).labels).any()
    np.testing.assert_allclose(people.boxes_xyxy, expected.boxes_xyxy, atol=0.01)
    np.testing.assert_allclose(people.scores, expected.scores, atol=1e-3)
    drawn = gpu.render(frame, people, RenderOptions())
    assert backend.launched[-1] == "composite"
    assert np.array_equal(drawn, render_on_cpu(frame, people, RenderOptions()))


def test_specks_are_drawn_on_the_gpu_no_more_than_on_the_cpu(
    predictor: GpuPredictor, backend: HostBackend
) -> None:
    frame = red_frame()
    frame.image_bgr[10:20, 20:34, 2] = 255  # above the one on the left
    prediction = predictor.predict(frame)
    with_specks = gpu.group(prediction, replace(EVERYBODY, speck_share=0.0))
    backend.launched.clear()
    people = gpu.group(prediction, replace(EVERYBODY, speck_share=0.4))
    assert with_specks.labels[:18].any()
    assert not people.labels[:18].any()
    drawn = gpu.render(frame, people, RenderOptions())
    assert backend.launched[-1] == "composite"
    assert np.array_equal(drawn, render_on_cpu(frame, people, RenderOptions()))


def test_with_fine_edges_small_people_are_those_of_few_cells(predictor: GpuPredictor) -> None:
    prediction = predictor.predict(red_frame())
    assert isinstance(prediction, GpuPrediction)
    logits, deltas = predictor.maps_here(prediction)
    here = Prediction(prediction.frame, prediction.geometry, logits, deltas, prediction.anchor_wh)
    cells = group_cells(here, EVERYBODY)
    smaller, larger = np.sort(np.bincount(cells.labels.ravel())[1:])
    for min_cells, people in ((smaller, 2), (smaller + 1, 1 if larger > smaller else 0)):
        options = GroupOptions(min_score=0.0, fine_edges=True, min_cells=int(min_cells))
        assert len(gpu.group(prediction, options)) == people


def test_what_was_predicted_before_closing_can_still_be_drawn(
    predictor: GpuPredictor, backend: HostBackend
) -> None:
    frame = red_frame()
    prediction = predictor.predict(frame)
    predictor.close()
    predictor.close()
    people = gpu.group(prediction, EVERYBODY)
    assert len(people) == 2
    assert gpu.render(frame, people, RenderOptions()).shape == frame.image_bgr.shape
    assert backend.closed
