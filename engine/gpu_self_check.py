"""Does this GPU give what the CPU gives? Asked once, before its results are trusted."""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from engine.config import GroupOptions
from engine.errors import KernelError
from engine.frame_memory import Place
from engine.gpu_fallback import REPORT_IT
from engine.gpu_maps import GpuMaps, MapKeeper
from engine.gpu_predictor import GpuPrediction, GpuPredictor
from engine.gpu_steps import GpuSteps
from engine.group import group as group_on_cpu
from engine.kernels import cuda_ops
from engine.kernels.cuda_backend import Backend, DeviceArray
from engine.kernels.steady_reference import mean_maps, take_maps
from engine.motion import view_of
from engine.network_check import Maps, check_network, sharp_picture
from engine.predictor import Predictor
from engine.preprocess import resize_corner_aligned
from engine.render import render as render_on_cpu
from engine.styles import Backdrop, PersonEffect, PersonStyle, RenderOptions
from engine.types import (
    HEAD_STRIDE,
    Float32Array,
    Frame,
    InputGeometry,
    Instances,
    Prediction,
    UInt8Array,
)

FRAME_HW = (480, 640)
INPUT_HW = (353, 481)
SMALL_INPUT_HW = (97, 129)
ANCHOR_WH = (78.0, 118.0)
PEOPLE_YXHW = ((44.0, 25.0, 60.0, 26.0), (46.0, 62.0, 70.0, 30.0), (58.0, 84.0, 54.0, 28.0))
"""Centre and size of each made-up person in cells; the third stands before the second."""

GROUPINGS = (GroupOptions(fine_edges=False), GroupOptions())
GROUP_RUNS = 4
"""The first launches the kernels, the second records them, the others replay; and a race
between threads, or a counter that is not reset, need not show the first time."""

LEAST_SAME_LABELS = 0.99
MOST_BOX_PX = 1.0
MOST_SCORE = 0.06
MOST_MAP = 1e-3
"""Of an averaged logit or delta: exp, log and fused arithmetic are rounded differently."""

LOOKS = (
    RenderOptions(show_labels=False),
    RenderOptions(
        show_labels=False,
        outline_px=9,
        backdrop=Backdrop.BLUR,
        styles={1: PersonStyle(PersonEffect.HIDE)},
    ),
)


def check_kernels(backend: Backend) -> None:
    """Preprocess, group, draw and steady a made-up scene on `backend` and on the CPU.

    To be called while `CAPTURES.opening` is held. Raises `KernelError` where they disagree
    by more than the two ways always do.
    """
    frame, prediction = _scene()
    steps = GpuSteps(backend)
    lease = steps.place(prediction.geometry)
    place = lease.place
    for there, here in (
        (place.image, frame.image_bgr),
        (place.person_logits, prediction.person_logits),
        (place.box_deltas, prediction.box_deltas),
    ):
        backend.copy_in(there, here)
    backend.wait()
    for input_hw in (INPUT_HW, SMALL_INPUT_HW):
        _check_preprocessing(backend, frame, place.image, input_hw)
    for options in GROUPINGS:
        expected = group_on_cpu(prediction, options)
        for _ in range(GROUP_RUNS):
            people = _group(steps, place, prediction, options)
            _compare_people(people, expected)
    for look in LOOKS:
        _check_picture(steps, place, frame, people, look)
    _check_steadying(backend, prediction)


def check_gpu_network(
    predictor: GpuPredictor, reference: Predictor, frame_hw: tuple[int, int]
) -> None:
    """See `check_network`; also raises where the GPU gives up meanwhile."""

    def maps_of(frame: Frame) -> Maps:
        found = predictor.predict(frame)
        if not isinstance(found, GpuPrediction):
            raise KernelError(predictor.provider.reason, predictor.provider.fix)
        return predictor.maps_here(found)

    check_network(maps_of, reference, frame_hw, "on the GPU", REPORT_IT)


def _check_preprocessing(
    backend: Backend, frame: Frame, image: DeviceArray, input_hw: tuple[int, int]
) -> None:
    rgb = backend.empty((1, *input_hw, 3), np.uint8)
    cuda_ops.preprocess(backend, image, rgb)
    found = backend.pinned(rgb.shape, np.uint8)
    backend.copy_out(found, rgb)
    backend.wait()
    expected = resize_corner_aligned(frame.image_bgr, input_hw)[:, :, ::-1]
    off = int(np.abs(found[0].astype(int) - expected).max())
    if off > 1:
        raise _disagreement(f"the network's input is off by {off} levels")


def _group(
    steps: GpuSteps, place: Place, prediction: Prediction, options: GroupOptions
) -> Instances:
    geometry = prediction.geometry
    found = steps.group(place, geometry, prediction.anchor_wh, options)
    count = int(found.people["count"])
    return Instances(
        labels=found.labels,
        boxes_xyxy=geometry.boxes_to_frame(found.people["boxes_xyxy"][:count]),
        scores=found.people["scores"][:count].copy(),
        track_ids=np.arange(1, count + 1),
    )


def _compare_people(found: Instances, expected: Instances) -> None:
    if len(found) != len(expected):
        raise _disagreement(f"{len(found)} people instead of {len(expected)}")
    same = float((found.labels == expected.labels).mean())
    if same < LEAST_SAME_LABELS:
        raise _disagreement(f"only {same:.1%} of the pixels have the same person")
    for name, ours, theirs, most in (
        ("boxes", found.boxes_xyxy, expected.boxes_xyxy, MOST_BOX_PX),
        ("scores", found.scores, expected.scores, MOST_SCORE),
    ):
        off = float(np.abs(ours - theirs).max())
        if not off <= most:
            raise _disagreement(f"{name} are off by {off:.3g}")


def _check_picture(
    steps: GpuSteps, place: Place, frame: Frame, people: Instances, look: RenderOptions
) -> None:
    drawn = steps.picture(frame.size_hw)
    render_on_cpu(frame, people, look, drawn, partial(steps.paint, place))
    wrong = int((drawn != render_on_cpu(frame, people, look)).any(axis=2).sum())
    if wrong:
        raise _disagreement(f"{wrong} pixels of the picture have another colour")


def _check_steadying(backend: Backend, prediction: Prediction) -> None:
    """Average the scene's maps with those of the scene turned upside down and shifted."""
    keeper, grid_hw = MapKeeper(backend), prediction.geometry.grid_hw
    maps, _ = take_maps(prediction.person_logits, prediction.box_deltas)
    resized = resize_corner_aligned(prediction.frame.image_bgr, prediction.geometry.input_hw)
    rgb = np.ascontiguousarray(resized[..., ::-1])
    turned, broken = np.ascontiguousarray(maps[:, ::-1]), maps.copy()
    broken[4, -1, -1] = np.inf
    now, before, spoilt = (_kept(backend, keeper, m, rgb) for m in (maps, turned, broken))
    if not np.array_equal(now.view_rgb, view_of(rgb)):
        raise _disagreement("the view in which motion is looked for has other colours")
    if not (now.finite and before.finite) or spoilt.finite:
        raise _disagreement("maps are taken for broken, or broken ones for whole")
    rows, columns = np.mgrid[: grid_hw[0], : grid_hw[1]]
    moves = np.dstack((columns + 2.3, rows - 1.6, rows / grid_hw[0])).astype(np.float32)
    mean = keeper.mean(now, before, moves)
    found = backend.pinned(maps.shape, np.float32)
    backend.copy_out(found, mean.maps)
    backend.wait()
    off = float(np.abs(found - mean_maps(maps, turned, moves)).max())
    if not off <= MOST_MAP:
        raise _disagreement(f"averaged maps are off by {off:.3g}")


def _kept(
    backend: Backend, keeper: MapKeeper, maps: Float32Array, input_rgb: UInt8Array
) -> GpuMaps:
    there = []
    for here in (maps, input_rgb[None]):
        there.append(backend.empty(here.shape, here.dtype))
        backend.copy_in(there[-1], here)
    backend.wait()
    return keeper.take(there[0][0], there[0][1:], keeper.view(there[1]), None)


def _disagreement(what: str) -> KernelError:
    return KernelError(f"The GPU kernels gave other results than the CPU's: {what}.", REPORT_IT)


def _scene() -> tuple[Frame, Prediction]:
    """A sharp picture, and maps of three people on their own; they need not match."""
    frame = Frame(sharp_picture(FRAME_HW, 0), 0, 0.0, 0.0)
    geometry = InputGeometry(FRAME_HW, INPUT_HW)
    rows, columns = np.mgrid[: geometry.grid_hw[0], : geometry.grid_hw[1]].astype(np.float32)
    logits = np.full(geometry.grid_hw, -6, np.float32)
    deltas = np.random.default_rng(0).normal(0, 0.02, (4, *geometry.grid_hw)).astype(np.float32)
    for depth, (y, x, height, width) in enumerate(PEOPLE_YXHW):
        hill = 6 - 7 * (((rows - y) / height * 2) ** 2 + ((columns - x) / width * 2) ** 2)
        own = hill > (-1 if depth == len(PEOPLE_YXHW) - 1 else logits)
        logits[own] = hill[own]
        deltas[0][own] += ((x - columns) * HEAD_STRIDE / ANCHOR_WH[0])[own]
        deltas[1][own] += ((y - rows) * HEAD_STRIDE / ANCHOR_WH[1])[own]
        deltas[2][own] += math.log(width * HEAD_STRIDE / ANCHOR_WH[0])
        deltas[3][own] += math.log(height * HEAD_STRIDE / ANCHOR_WH[1])
    return frame, Prediction(frame, geometry, logits, deltas, ANCHOR_WH)
