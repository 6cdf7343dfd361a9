"""The CUDA kernels on a real GPU, against the NumPy references; skipped without one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine import gpu
from engine.config import GroupOptions, Provider, RuntimeOptions, SteadyOptions
from engine.errors import KernelError, RuntimeUnavailable
from engine.gpu_predictor import GpuPrediction, GpuPredictor
from engine.group import group as group_on_cpu
from engine.kernels import cuda_group, cuda_ops
from engine.kernels.cuda import CudaBackend
from engine.models import find_model
from engine.render import render as render_on_cpu
from engine.runtime import OnnxPredictor
from engine.steady import steady as steady_on_cpu
from engine.styles import RenderOptions
from engine.types import Frame
from tests.engine.cuda_scenes import Maps, noisy_scene, smooth_scene
from tests.engine.edges_parity import (
    assert_edges_agree,
    assert_fine_groups_agree,
    assert_labels_agree,
    assert_ties_are_decided_alike,
    blotches,
    run_fine,
    work_for,
)
from tests.engine.kernel_parity import (
    PAPER,
    VOTING,
    assert_groups_agree,
    assert_pictures_agree,
    assert_preprocessing_agrees,
    expected_groups,
    on_device,
    run_group,
)
from tests.engine.steady_parity import (
    GRIDS_HW,
    assert_means_agree,
    assert_views_agree,
    assert_what_is_broken_is_found,
)
from tests.tiny_onnx import METADATA, write_tiny_onnx

pytestmark = pytest.mark.gpu


@pytest.fixture(scope="module")
def backend() -> CudaBackend:
    try:
        return CudaBackend()
    except RuntimeUnavailable as error:
        pytest.skip(f"no GPU to run the kernels on: {error.message}")


SHAPES = [
    ((9, 9), (33, 33)),
    ((25, 41), (96, 128)),
    ((41, 33), (131, 97)),
    ((91, 161), (1080, 1920)),
    ((121, 161), (1077, 1437)),
    ((9, 13), (1, 7)),
]


@pytest.mark.parametrize("parameters", [PAPER, VOTING], ids=["paper", "voting"])
@pytest.mark.parametrize(("grid_hw", "frame_hw"), SHAPES)
@pytest.mark.parametrize("people", [0, 1, 20])
def test_people_are_those_of_the_reference(
    backend: CudaBackend,
    grid_hw: tuple[int, int],
    frame_hw: tuple[int, int],
    people: int,
    parameters: cuda_group.GroupParameters,
) -> None:
    assert_groups_agree(backend, smooth_scene(grid_hw, people), frame_hw, parameters)


@pytest.mark.parametrize("limit", [255, 50])
@pytest.mark.parametrize("parameters", [PAPER, VOTING], ids=["paper", "voting"])
def test_two_hundred_people_are_told_apart_and_most_votes_decide_who_is_left_out(
    backend: CudaBackend, parameters: cuda_group.GroupParameters, limit: int
) -> None:
    many = replace(parameters, max_people=limit)
    found = assert_groups_agree(backend, smooth_scene((121, 161), 200), (1080, 1440), many)
    assert len(found.scores) == min(limit, 200)


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_noise_nan_and_half_precision_are_read_as_by_the_reference(
    backend: CudaBackend, dtype: type
) -> None:
    maps = noisy_scene((121, 161))
    with np.errstate(over="ignore"):
        seen = Maps(
            maps.person_logits.astype(dtype).astype(np.float32),
            maps.box_deltas.astype(dtype).astype(np.float32),
            maps.boxes_xyxy,
        )
        many = replace(VOTING, max_people=40)
        found, kept = run_group(backend, maps, (480, 640), many, dtype=dtype)
    expected, expected_kept = expected_groups(seen, (480, 640), many)
    np.testing.assert_allclose(kept, expected_kept, rtol=1e-4, atol=1e-1)
    # Every pixel of noise is an edge.
    assert (found.labels == expected.labels).mean() >= 0.99


def test_a_thousand_frames_give_the_same_people_a_thousand_times(backend: CudaBackend) -> None:
    """A race between blocks would show as a result that changes from run to run."""
    maps = smooth_scene((91, 161), 20)
    work = cuda_group.GroupWork.allocate(backend, (91, 161))
    first, _ = run_group(backend, maps, (540, 960), VOTING, work)
    for _ in range(1000):
        again, _ = run_group(backend, maps, (540, 960), VOTING, work)
        assert np.array_equal(first.labels, again.labels)
        assert np.array_equal(first.scores, again.scores)
        assert np.array_equal(first.boxes_xyxy, again.boxes_xyxy)


@pytest.mark.parametrize("people", [0, 1, 20, 200])
@pytest.mark.parametrize(("grid_hw", "frame_hw"), SHAPES)
def test_edges_that_follow_the_picture_are_those_of_the_reference(
    backend: CudaBackend, grid_hw: tuple[int, int], frame_hw: tuple[int, int], people: int
) -> None:
    assert_ties_are_decided_alike(backend)
    for finer in (1, 2, 3):
        assert_edges_agree(backend, grid_hw, finer, people)
    assert_labels_agree(backend, grid_hw, frame_hw, people)


@pytest.mark.parametrize("people", [0, 1, 20])
@pytest.mark.parametrize(("grid_hw", "frame_hw"), SHAPES)
def test_people_with_fine_edges_are_those_of_the_reference(
    backend: CudaBackend, grid_hw: tuple[int, int], frame_hw: tuple[int, int], people: int
) -> None:
    assert_fine_groups_agree(backend, smooth_scene(grid_hw, people), frame_hw, VOTING)


def test_fine_edges_are_the_same_a_thousand_times(backend: CudaBackend) -> None:
    maps, frame_bgr = smooth_scene((91, 161), 20), blotches((540, 960))
    work = work_for(backend, (91, 161))
    first = run_fine(backend, maps, frame_bgr, VOTING, work)
    for _ in range(1000):
        again = run_fine(backend, maps, frame_bgr, VOTING, work)
        assert np.array_equal(first.labels, again.labels)
        assert np.array_equal(first.scores, again.scores)


@pytest.mark.parametrize("input_hw", [(33, 33), (353, 641), (481, 641)])
@pytest.mark.parametrize("frame_hw", [(97, 131), (720, 1280), (1080, 1920), (2160, 3840)])
def test_preprocessing_is_that_of_the_reference_within_one_level(
    backend: CudaBackend, frame_hw: tuple[int, int], input_hw: tuple[int, int]
) -> None:
    assert_preprocessing_agrees(backend, frame_hw, input_hw)


@pytest.mark.parametrize("frame_hw", [(37, 131), (3, 2), (65, 36), (1080, 1920)])
@pytest.mark.parametrize("radius", [0, 1, 10])
@pytest.mark.parametrize("covered", [False, True])
def test_the_picture_is_that_of_the_reference_to_the_last_bit(
    backend: CudaBackend, frame_hw: tuple[int, int], radius: int, covered: bool
) -> None:
    assert_pictures_agree(backend, frame_hw, radius, covered)


@pytest.mark.parametrize("grid_hw", GRIDS_HW)
def test_views_and_means_of_maps_are_those_of_the_reference(
    backend: CudaBackend, grid_hw: tuple[int, int]
) -> None:
    assert_views_agree(backend, grid_hw)
    assert_what_is_broken_is_found(backend, grid_hw)
    assert_means_agree(backend, grid_hw, seed=1)


def test_arrays_with_gaps_are_refused(backend: CudaBackend) -> None:
    frame = on_device(backend, np.zeros((32, 64, 3), np.uint8))
    rgb = backend.empty((1, 33, 33, 3), np.uint8)
    with pytest.raises(ValueError, match="C-contiguous"):
        cuda_ops.preprocess(backend, frame[:, ::2], rgb)


def test_more_memory_than_there_is_becomes_an_error_with_a_way_out(backend: CudaBackend) -> None:
    with pytest.raises(KernelError, match="no memory left") as caught:
        backend.empty((1 << 50,), np.uint8)
    assert "smaller input size" in caught.value.hint


def test_the_whole_way_gives_the_people_and_the_picture_of_the_cpu(
    backend: CudaBackend, tmp_path: Path
) -> None:
    model = find_model(write_tiny_onnx(tmp_path / "tiny.onnx", metadata=METADATA))
    predictor = gpu.open_predictor(
        RuntimeOptions(model=str(model.path), provider=Provider.CUDA, input_long_side=641)
    )
    if not isinstance(predictor, GpuPredictor):
        pytest.skip(f"ONNX Runtime does not come up on CUDA: {predictor.provider.reason}")
    image = np.random.default_rng(0).integers(0, 90, (1080, 1920, 3)).astype(np.uint8)
    for left in range(100, 1800, 200):
        image[400:560, left : left + 100, 2] = 255
    frame = Frame(image, 0, 0.0, 0.0)
    on_cpu = OnnxPredictor(model, RuntimeOptions(provider=Provider.CPU, input_long_side=641))
    for index in range(10):  # the graph is captured in one of the first runs of each
        options = GroupOptions(fine_edges=index >= 5)
        expected = group_on_cpu(on_cpu.predict(frame), options)
        people = gpu.group(predictor.predict(frame), options)
        assert len(people) == len(expected)
        assert (people.labels == expected.labels).mean() > 0.98
        drawn = gpu.render(frame, people, RenderOptions())
        assert np.array_equal(drawn, render_on_cpu(frame, people, RenderOptions()))
    assert not predictor.provider.fell_back
    assert predictor.unrecorded == ""
    predictor.close()


def test_maps_of_a_film_are_averaged_as_on_the_cpu(tmp_path: Path) -> None:
    model = find_model(write_tiny_onnx(tmp_path / "tiny.onnx", metadata=METADATA))
    options = RuntimeOptions(model=str(model.path), provider=Provider.CUDA, input_long_side=641)
    predictor = gpu.open_predictor(options)
    if not isinstance(predictor, GpuPredictor):
        pytest.skip(f"ONNX Runtime does not come up on CUDA: {predictor.provider.reason}")
    on_cpu = OnnxPredictor(model, replace(options, provider=Provider.CPU))
    there = here = None
    for index in range(8):
        image = np.random.default_rng(0).integers(0, 90, (1080, 1920, 3)).astype(np.uint8)
        for left in range(100, 1700, 200):
            # Every other time hardly to be seen.
            image[400:560, left + 6 * index : left + 6 * index + 100, 2] = 140 - 15 * (index % 2)
        frame = Frame(image, index, index / 30, 0.0)
        raw = predictor.predict(frame)
        found, there = gpu.steady(raw, there, SteadyOptions())
        expected, here = steady_on_cpu(on_cpu.predict(frame), here, SteadyOptions())
        assert isinstance(found, GpuPrediction)
        assert (found is raw) == (index == 0)
        # The networks' inputs may be a level apart, and so the motion that is seen.
        off = np.abs(predictor.maps_here(found)[0] - expected.person_logits)
        assert (off < 0.2).mean() > 0.98
        gpu.render(frame, gpu.group(found, GroupOptions()), RenderOptions())
    assert not predictor.provider.fell_back
    assert predictor.unrecorded == ""
    predictor.close()


def test_what_is_recorded_happens_when_it_is_replayed(backend: CudaBackend) -> None:
    source, target = backend.zeros((64,), np.uint8), backend.zeros((64,), np.uint8)
    here = backend.pinned((64,), np.uint8)

    def work() -> None:
        backend.copy(target, source)
        backend.copy_out(here, target)

    recording = backend.record(work)
    for value in (1, 2):
        backend.copy_in(source, np.full(64, value, np.uint8))
        recording.replay()
        backend.wait()
        assert (here == value).all()


def test_a_recording_that_fails_leaves_the_stream_usable(backend: CudaBackend) -> None:
    array = backend.zeros((64,), np.uint8)
    with pytest.raises(KernelError):
        backend.record(backend.wait)
    backend.copy_in(array, np.ones(64, np.uint8))
    backend.wait()


def test_a_second_model_opened_beside_one_that_runs_disturbs_neither(tmp_path: Path) -> None:
    model = find_model(write_tiny_onnx(tmp_path / "tiny.onnx", metadata=METADATA))
    options = RuntimeOptions(model=str(model.path), provider=Provider.CUDA, input_long_side=641)
    first = gpu.open_predictor(options)
    if not isinstance(first, GpuPredictor):
        pytest.skip(f"ONNX Runtime does not come up on CUDA: {first.provider.reason}")
    frame = Frame(np.zeros((1080, 1920, 3), np.uint8), 0, 0.0, 0.0)
    with ThreadPoolExecutor(1) as opener:
        for _ in range(3):
            opening = opener.submit(gpu.open_predictor, options)
            while not opening.done():
                people = gpu.group(first.predict(frame), GroupOptions())
                gpu.render(frame, people, RenderOptions())
            second = opening.result()
            assert not second.provider.fell_back
            assert not first.provider.fell_back
            first.close()
            first = second
    first.close()
