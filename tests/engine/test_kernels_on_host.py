"""The CUDA kernels' own text, run on the processor, against the NumPy references.

Not a GPU: it shows indexing, arithmetic, shared memory, barriers and exchanges between
threads, in any order of threads, and every access outside a buffer. Speed and what
happens between blocks that really run at once it cannot show.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.config import GroupOptions
from engine.kernels import cuda_ops, reference_gpu
from engine.kernels.composite_reference import Cover, Look
from engine.kernels.composite_reference import composite as composite_reference
from engine.kernels.cuda_source import LOOK, PEOPLE
from engine.types import Frame, InputGeometry, Prediction
from tests.cuda_host import HostBackend, require_compiler
from tests.engine.cuda_scenes import ANCHOR_WH, Maps, noisy_scene, smooth_scene

PARAMETERS = cuda_ops.GroupParameters(
    anchor_wh=ANCHOR_WH,
    min_logit=0.4,
    radius=1,
    nms_iou=0.4,
    max_people=20,
    mask_logit=0.0,
    min_iou=0.3,
    min_pixels=1,
)


@pytest.fixture(autouse=True)
def _compiler() -> None:
    require_compiler()


def on_device(backend: HostBackend, array: np.ndarray) -> np.ndarray:
    target = backend.empty(array.shape, array.dtype)
    backend.copy_in(target, np.ascontiguousarray(array))
    return target


def run_group(
    backend: HostBackend,
    maps: Maps,
    frame_hw: tuple[int, int],
    parameters: cuda_ops.GroupParameters,
    work: cuda_ops.GroupWork | None = None,
    dtype: type = np.float32,
) -> tuple[reference_gpu.PixelGroups, np.ndarray]:
    """What the kernels make of the maps, and the boxes NMS kept before small people went."""
    work = work or cuda_ops.GroupWork.allocate(backend, maps.person_logits.shape)
    labels = backend.empty(frame_hw, np.uint8)
    people = backend.empty((PEOPLE.itemsize,), np.uint8)
    cuda_ops.group(
        backend,
        work,
        on_device(backend, maps.person_logits.astype(dtype)),
        on_device(backend, maps.box_deltas.astype(dtype)),
        parameters,
        labels,
        people,
    )
    record = people.view(PEOPLE)[0]
    count = int(record["count"])
    kept = int(work.counters[12:16].view(np.uint32)[0])
    found = reference_gpu.PixelGroups(
        labels.copy(), record["boxes_xyxy"][:count].copy(), record["scores"][:count].copy()
    )
    return found, work.kept[:kept].copy()


def expected_groups(
    maps: Maps, frame_hw: tuple[int, int], parameters: cuda_ops.GroupParameters
) -> tuple[reference_gpu.PixelGroups, np.ndarray]:
    kept = reference_gpu.find_people(
        maps.person_logits,
        maps.box_deltas,
        parameters.anchor_wh,
        parameters.min_logit,
        parameters.radius,
        parameters.nms_iou,
        parameters.max_people,
    )
    groups = reference_gpu.assign_pixels(
        maps.person_logits,
        maps.box_deltas,
        parameters.anchor_wh,
        kept,
        parameters.mask_logit,
        parameters.min_iou,
        parameters.min_pixels,
        frame_hw,
    )
    return groups, kept


def assert_same_groups(
    found: reference_gpu.PixelGroups, expected: reference_gpu.PixelGroups, share: float = 0.999
) -> None:
    # Single pixels on an edge may fall to either side: exp and the interpolation are
    # rounded differently in the last bit.
    assert (found.labels == expected.labels).mean() >= share
    np.testing.assert_allclose(found.boxes_xyxy, expected.boxes_xyxy, rtol=1e-5, atol=1e-2)
    np.testing.assert_allclose(found.scores, expected.scores, atol=1e-4)


SHAPES = [
    ((9, 9), (33, 33)),
    ((25, 41), (96, 128)),
    ((41, 33), (131, 97)),
    ((61, 81), (243, 517)),
    ((9, 13), (1, 7)),
    ((33, 25), (5, 3)),
]


@pytest.mark.parametrize(("grid_hw", "frame_hw"), SHAPES)
@pytest.mark.parametrize("people", [0, 1, 20])
def test_people_are_those_of_the_reference(
    grid_hw: tuple[int, int], frame_hw: tuple[int, int], people: int
) -> None:
    maps = smooth_scene(grid_hw, people)
    found, kept = run_group(HostBackend(), maps, frame_hw, PARAMETERS)
    expected, expected_kept = expected_groups(maps, frame_hw, PARAMETERS)
    np.testing.assert_allclose(kept, expected_kept, rtol=1e-5, atol=1e-2)
    assert_same_groups(found, expected)
    if people and min(grid_hw) > 9:
        assert len(kept) == people
        assert expected.labels.max() > 0 or frame_hw[0] < 9


def test_two_hundred_people_are_told_apart() -> None:
    maps = smooth_scene((121, 161), 200)
    many = replace(PARAMETERS, max_people=255)
    found, kept = run_group(HostBackend(), maps, (203, 271), many)
    expected, expected_kept = expected_groups(maps, (203, 271), many)
    assert len(kept) == len(expected_kept) == 200
    assert_same_groups(found, expected)


@pytest.mark.parametrize("max_people", [1, 7, 255])
@pytest.mark.parametrize("radius", [1, 3])
def test_noise_nan_and_ties_are_treated_as_by_the_reference(max_people: int, radius: int) -> None:
    maps = noisy_scene((41, 57))
    parameters = replace(PARAMETERS, max_people=max_people, radius=radius)
    found, kept = run_group(HostBackend(), maps, (82, 114), parameters)
    expected, expected_kept = expected_groups(maps, (82, 114), parameters)
    np.testing.assert_allclose(kept, expected_kept, rtol=1e-4, atol=1e-1)
    # Every pixel of noise is an edge.
    assert (found.labels == expected.labels).mean() >= 0.99


@pytest.mark.parametrize("contract", [False, True])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_order_of_threads_and_no_fused_arithmetic_changes_the_people(
    seed: int, contract: bool
) -> None:
    maps = smooth_scene((25, 33), 6)
    found, _ = run_group(HostBackend(seed, contract), maps, (90, 131), PARAMETERS)
    again, _ = run_group(HostBackend(0, contract), maps, (90, 131), PARAMETERS)
    assert np.array_equal(found.labels, again.labels)
    assert np.array_equal(found.scores, again.scores)
    assert np.array_equal(found.boxes_xyxy, again.boxes_xyxy)
    assert_same_groups(found, expected_groups(maps, (90, 131), PARAMETERS)[0])


def test_half_precision_maps_are_read_as_numpy_reads_them() -> None:
    for maps in (smooth_scene((25, 33), 6), noisy_scene((25, 33))):
        with np.errstate(over="ignore"):
            half = Maps(
                maps.person_logits.astype(np.float16).astype(np.float32),
                maps.box_deltas.astype(np.float16).astype(np.float32),
                maps.boxes_xyxy,
            )
            found, kept = run_group(HostBackend(), maps, (90, 131), PARAMETERS, dtype=np.float16)
        expected, expected_kept = expected_groups(half, (90, 131), PARAMETERS)
        np.testing.assert_allclose(kept, expected_kept, rtol=1e-4, atol=1e-1)
        assert (found.labels == expected.labels).mean() >= 0.99


def test_every_half_number_is_converted_exactly() -> None:
    halves = np.arange(65536, dtype=np.uint16).view(np.float16).reshape(256, 256)
    backend = HostBackend()
    work = cuda_ops.GroupWork.allocate(backend, (256, 256))
    maps = Maps(halves, np.zeros((4, 256, 256), np.float16), np.zeros((0, 4), np.float32))
    nobody = replace(PARAMETERS, min_logit=39.9, max_people=1)
    run_group(backend, maps, (8, 8), nobody, work, np.float16)
    expected = reference_gpu.clean_logits(halves.astype(np.float32))
    assert np.array_equal(work.logits, expected)


def test_small_people_are_dropped_and_the_others_close_ranks() -> None:
    maps = smooth_scene((41, 57), 12)
    every, _ = expected_groups(maps, (164, 228), PARAMETERS)
    sizes = np.bincount(every.labels.ravel())[1:]
    parameters = replace(PARAMETERS, min_pixels=int(np.median(sizes)))
    found, _ = run_group(HostBackend(), maps, (164, 228), parameters)
    expected, _ = expected_groups(maps, (164, 228), parameters)
    assert 0 < len(expected.scores) < len(every.scores)
    assert_same_groups(found, expected)
    assert set(np.unique(found.labels)) == set(range(len(found.scores) + 1))


def test_the_next_frame_finds_the_counters_as_the_first_did() -> None:
    backend = HostBackend()
    work = cuda_ops.GroupWork.allocate(backend, (25, 33))
    for people in (6, 0, 3, 6):
        maps = smooth_scene((25, 33), people, seed=people)
        found, kept = run_group(backend, maps, (90, 131), PARAMETERS, work)
        expected, expected_kept = expected_groups(maps, (90, 131), PARAMETERS)
        assert len(kept) == len(expected_kept)
        assert_same_groups(found, expected)


@pytest.mark.parametrize("people", [1, 5, 20])
def test_pixels_on_the_gpu_and_cells_on_the_cpu_give_nearly_the_same_masks(people: int) -> None:
    """At least 98 %: the two draw the line between neighbours differently by a few pixels,
    one through votes of cells, one through interpolated boxes."""
    from engine.group import group

    geometry = InputGeometry((480, 640), (353, 481))
    maps = smooth_scene(geometry.grid_hw, people)
    frame = Frame(np.zeros((480, 640, 3), np.uint8), 0, 0.0, 0.0)
    options = GroupOptions()
    cells = group(
        Prediction(frame, geometry, maps.person_logits, maps.box_deltas, ANCHOR_WH), options
    )
    pixels, _ = expected_groups(maps, (480, 640), replace(PARAMETERS, min_logit=0.405))
    assert len(cells) == len(pixels.scores) == people
    assert (cells.labels == pixels.labels).mean() >= 0.98
    assert (cells.labels > 0).mean() > 0.1
    # A mean over cells and one over pixels of the same hills.
    np.testing.assert_allclose(cells.scores, pixels.scores, atol=0.03)


@pytest.mark.parametrize(
    ("frame_hw", "input_hw"),
    [
        ((33, 33), (33, 33)),
        ((97, 131), (129, 177)),
        ((180, 320), (97, 161)),
        ((241, 427), (97, 161)),
        ((540, 961), (49, 81)),
        ((127, 95), (81, 65)),
        ((1, 5), (33, 33)),
    ],
)
@pytest.mark.parametrize("seed", [0, 5])
def test_preprocessing_is_that_of_the_cpu_within_one_level(
    frame_hw: tuple[int, int], input_hw: tuple[int, int], seed: int
) -> None:
    frame = np.random.default_rng(1).integers(0, 256, (*frame_hw, 3), np.uint8)
    backend = HostBackend(seed)
    rgb = backend.empty((1, *input_hw, 3), np.uint8)
    cuda_ops.preprocess(backend, on_device(backend, frame), rgb)
    expected = reference_gpu.preprocess(frame, input_hw)
    assert np.abs(rgb.astype(int) - expected).max() <= 1
    assert (rgb == expected).mean() > 0.99


@pytest.mark.parametrize("input_long_side", [321, 641])
def test_the_reference_of_preprocessing_is_that_of_the_cpu_within_one_level(
    input_long_side: int,
) -> None:
    from engine.preprocess import input_size, resize_corner_aligned

    for frame_hw in ((97, 131), (360, 640), (720, 1280), (1080, 1920)):
        frame = np.random.default_rng(2).integers(0, 256, (*frame_hw, 3), np.uint8)
        input_hw = input_size(frame_hw, input_long_side)
        expected = resize_corner_aligned(frame, input_hw)[:, :, ::-1].astype(int)
        assert np.abs(reference_gpu.preprocess(frame, input_hw)[0] - expected).max() <= 1


def random_look(rng: np.random.Generator) -> Look:
    weights = rng.integers(0, 257, (3, 256)).astype(np.uint16)
    weights[:, 0] = 0  # nobody has no tint, no density no line
    tint, line = rng.integers(0, 256, (2, 256, 3)).astype(np.uint8)
    has_line = np.ones(256, bool)
    has_line[[0, 3]] = False
    return Look(tint, weights[0], line, has_line, weights[1], weights[2])


def blocky_labels(rng: np.random.Generator, frame_hw: tuple[int, int]) -> np.ndarray:
    coarse = rng.integers(0, 6, (-(-frame_hw[0] // 9), -(-frame_hw[1] // 23)))
    coarse *= rng.random(coarse.shape) < 0.5
    return np.kron(coarse, np.ones((9, 23), int))[: frame_hw[0], : frame_hw[1]].astype(np.uint8)


@pytest.mark.parametrize("frame_hw", [(8, 128), (37, 131), (50, 260), (1, 1), (3, 2), (65, 36)])
@pytest.mark.parametrize("radius", [0, 1, 2, 10])
@pytest.mark.parametrize("covered", [False, True])
def test_the_picture_is_that_of_the_reference_to_the_last_bit(
    frame_hw: tuple[int, int], radius: int, covered: bool
) -> None:
    rng = np.random.default_rng(radius)
    frame, picture = rng.integers(0, 256, (2, *frame_hw, 3)).astype(np.uint8)
    labels = blocky_labels(rng, frame_hw)
    alpha = rng.integers(0, 256, frame_hw).astype(np.uint8) * (rng.random(frame_hw) < 0.3)
    cover = Cover(picture, alpha.astype(np.uint8)) if covered else None
    look = random_look(rng)
    contours = reference_gpu.outline(labels, look.has_line, radius) if radius else None
    expected = np.empty_like(frame)
    composite_reference(frame, labels, look, contours, cover, expected)

    backend = HostBackend(seed=radius)
    out = backend.empty(frame.shape, np.uint8)
    cuda_ops.composite(
        backend,
        on_device(backend, frame),
        on_device(backend, labels),
        on_device(backend, cuda_ops.pack_look(look)),
        radius,
        (on_device(backend, cover.image_bgr), on_device(backend, cover.alpha)) if cover else None,
        out,
    )
    if contours is not None and radius and min(frame_hw) > 3:
        assert contours.density.any()
    assert np.array_equal(out, expected)


def test_arrays_with_gaps_or_of_another_type_are_refused() -> None:
    backend = HostBackend()
    frame = backend.zeros((32, 64, 3), np.uint8)
    rgb = backend.zeros((1, 33, 33, 3), np.uint8)
    with pytest.raises(ValueError, match="frame_bgr must be C-contiguous"):
        cuda_ops.preprocess(backend, frame[:, ::2], rgb)
    with pytest.raises(ValueError, match="frame_bgr must be"):
        cuda_ops.preprocess(backend, frame.astype(np.float32), rgb)
    work = cuda_ops.GroupWork.allocate(backend, (9, 9))
    logits = backend.zeros((9, 18), np.float32)
    deltas = backend.zeros((4, 9, 9), np.float32)
    labels = backend.zeros((32, 64), np.uint8)
    people = backend.zeros((PEOPLE.itemsize,), np.uint8)
    with pytest.raises(ValueError, match="person_logits must be C-contiguous"):
        cuda_ops.group(backend, work, logits[:, ::2], deltas, PARAMETERS, labels, people)
    half, whole = deltas.astype(np.float16), logits[:, :9].copy()
    with pytest.raises(ValueError, match="box_deltas must be"):
        cuda_ops.group(backend, work, whole, half, PARAMETERS, labels, people)
    look = backend.zeros((LOOK.itemsize,), np.uint8)
    with pytest.raises(ValueError, match="labels must be C-contiguous"):
        cuda_ops.composite(backend, frame, labels.T, look, 1, None, frame)
    assert backend.launched == []


def test_the_host_run_notices_what_a_gpu_would_not_forgive() -> None:
    backend = HostBackend()
    frame = on_device(backend, np.zeros((32, 64, 3), np.uint8))
    rgb = backend.empty((1, 33, 33, 3), np.uint8)
    beyond = tuple(np.int32(v) for v in (4096, 64, 1, 1))
    steps = tuple(np.float32(v) for v in (100, 2, 0, 0))
    sizes = (np.int32(33), np.int32(33))
    with pytest.raises(AssertionError, match="outside its buffers"):
        backend.launch(
            "preprocess", "preprocess", (2, 5), (32, 8), (frame, *beyond, *steps, *sizes, rgb)
        )
    with pytest.raises(AssertionError, match="arguments that do not fit"):
        backend.launch("preprocess", "preprocess", (2, 5), (32, 8), (frame, rgb))
