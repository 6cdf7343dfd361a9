"""A frame's whole way over the GPU gives what the way over the CPU gives."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine import gpu
from engine.bench.stages import time_predictor, time_rest
from engine.config import Settings
from engine.frame_memory import PICTURES_KEPT
from engine.gpu_predictor import GpuInstances, GpuPredictor
from engine.group import group as group_on_cpu
from engine.models import ModelFile
from engine.pipeline import Pipeline
from engine.render import place_labels
from engine.render import render as render_on_cpu
from engine.runtime import OnnxPredictor
from engine.styles import Backdrop, PersonEffect, PersonStyle, RenderOptions
from engine.types import Instances, UInt8Array
from tests.cuda_host import HostBackend
from tests.engine.gpu_cases import EVERYBODY, OPTIONS, people_in, red_frame


def test_the_way_over_the_gpu_finds_the_people_of_the_cpu(
    predictor: GpuPredictor, backend: HostBackend, model: ModelFile
) -> None:
    frame = red_frame()
    found = people_in(predictor, frame)
    expected = group_on_cpu(OnnxPredictor(model, OPTIONS).predict(frame), EVERYBODY)
    assert len(found) == len(expected) == 2
    assert (found.labels == expected.labels).mean() > 0.98
    np.testing.assert_allclose(found.boxes_xyxy, expected.boxes_xyxy, atol=1.0)
    np.testing.assert_allclose(found.scores, expected.scores, atol=0.05)
    assert backend.launched == [
        "preprocess",
        "shrink_input",
        "take_maps",
        "find_candidates",
        "elect_people",
        "assign_pixels",
        "relabel",
    ]
    assert not predictor.provider.fell_back


@pytest.mark.parametrize(
    "options",
    [
        RenderOptions(),
        RenderOptions(outline_px=9, mask_opacity=1.0, show_boxes=True),
        RenderOptions(backdrop=Backdrop.BLUR, styles={1: PersonStyle(PersonEffect.HIDE)}),
    ],
)
def test_pictures_drawn_on_the_gpu_are_those_of_the_cpu_to_the_last_bit(
    predictor: GpuPredictor, backend: HostBackend, options: RenderOptions
) -> None:
    frame = red_frame()
    people = people_in(predictor, frame).with_track_ids(np.array([1, 2]))
    assert isinstance(people, GpuInstances)
    image = gpu.render(frame, people, options)
    assert backend.launched[-1] == "composite"
    assert np.array_equal(image, render_on_cpu(frame, people, options))
    into = np.empty_like(image)
    assert gpu.render(frame, people, options, into) is into
    assert np.array_equal(into, image)


def test_labels_lie_where_they_were_placed_on_the_gpu_and_on_the_cpu_in_its_place(
    predictor: GpuPredictor,
) -> None:
    frame = red_frame()
    people = people_in(predictor, frame).with_track_ids(np.array([1, 2]))
    placed, _ = place_labels(people, RenderOptions())
    lower = [replace(chip, xyxy=tuple(np.add(chip.xyxy, (0, 9, 0, 9)).tolist())) for chip in placed]
    expected = render_on_cpu(frame, people, RenderOptions(), chips=lower)
    assert not np.array_equal(expected, render_on_cpu(frame, people, RenderOptions()))
    assert np.array_equal(gpu.render(frame, people, RenderOptions(), chips=lower), expected)
    for index in range(PICTURES_KEPT):  # its frame leaves the GPU
        people_in(predictor, red_frame(index))
    assert np.array_equal(gpu.render(frame, people, RenderOptions(), chips=lower), expected)


def test_predictions_and_people_of_the_cpu_pass_through(model: ModelFile) -> None:
    frame = red_frame()
    prediction = OnnxPredictor(model, OPTIONS).predict(frame)
    people = gpu.group(prediction, EVERYBODY)
    assert type(people) is Instances
    image: UInt8Array = gpu.render(frame, people, RenderOptions())
    assert np.array_equal(image, render_on_cpu(frame, people, RenderOptions()))


def test_the_pipeline_groups_and_draws_where_the_frame_was_predicted(
    predictor: GpuPredictor, backend: HostBackend, model: ModelFile
) -> None:
    on_gpu, on_cpu = Pipeline(predictor), Pipeline(OnnxPredictor(model, OPTIONS))
    for index in range(3):
        backend.launched.clear()
        result = on_gpu.process(red_frame(index), Settings())
        assert backend.launched[0] == "preprocess"
        assert backend.launched[-1] == "composite"
        expected = on_cpu.process(red_frame(index), Settings())
        assert (result.instances.track_ids == expected.instances.track_ids).all()
        assert (result.instances.labels == expected.instances.labels).mean() > 0.98
    # Drawn anew under other settings, as a paused session does.
    prediction = predictor.predict(red_frame())
    on_gpu.finish(prediction, Settings())
    plain = Settings(render=RenderOptions(show_labels=False))
    again = on_gpu.refinish(prediction, plain)
    assert backend.launched[-1] == "composite"
    assert np.array_equal(
        again.image_bgr, render_on_cpu(again.frame, again.instances, plain.render)
    )


def test_the_benchmark_times_the_drawing_of_every_frame_on_the_gpu(
    predictor: GpuPredictor, backend: HostBackend, model: ModelFile
) -> None:
    frames = [red_frame(i) for i in range(PICTURES_KEPT + 2)]
    predictions, _ = time_predictor(predictor, frames)
    people, times_ms = time_rest(predictions, Settings())
    on_cpu = OnnxPredictor(model, OPTIONS)
    assert people == time_rest([on_cpu.predict(frame) for frame in frames], Settings())[0]
    assert backend.launched.count("mean_maps") == len(frames) - 1
    assert backend.launched.count("composite") == len(frames)
    assert [len(ms) for ms in times_ms.values()] == [len(frames)] * 4
