"""The work on the GPU is recorded once and replayed, each frame under way in a place of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import pytest

from engine import gpu
from engine.config import GroupOptions
from engine.errors import KernelError
from engine.frame_memory import PICTURES_KEPT
from engine.gpu_predictor import GpuPredictor
from engine.group import group as group_on_cpu
from engine.kernels.capture_lock import CAPTURES
from engine.models import ModelFile
from engine.render import render as render_on_cpu
from engine.runtime import OnnxPredictor
from engine.styles import RenderOptions
from engine.types import UInt8Array
from tests.cuda_host import HostBackend
from tests.engine.gpu_cases import EVERYBODY, OPTIONS, people_in, red_frame


def test_grouping_is_recorded_once_its_parameters_rest_and_then_replayed(
    predictor: GpuPredictor, backend: HostBackend, model: ModelFile
) -> None:
    on_cpu = OnnxPredictor(model, OPTIONS)
    for index in range(8):
        frame = red_frame(index)
        found = people_in(predictor, frame)
        expected = group_on_cpu(on_cpu.predict(frame), EVERYBODY)
        assert len(found) == len(expected)
        assert (found.labels == expected.labels).mean() > 0.98
    # The first is launched; then once for each place: those of the pictures kept, and one.
    recorded = PICTURES_KEPT + 1
    assert (backend.recorded, backend.replayed) == (recorded, 7)
    for cells in (20, 30, 40):  # a slider that is dragged
        gpu.group(predictor.predict(frame), GroupOptions(min_score=0.0, min_cells=cells))
    assert (backend.recorded, backend.replayed) == (recorded, 7)
    large = GroupOptions(min_score=0.0, min_cells=5000)
    gpu.group(predictor.predict(frame), large)
    assert (
        len(gpu.group(predictor.predict(frame), GroupOptions(min_score=0.0, min_cells=5000))) == 0
    )
    assert (backend.recorded, backend.replayed) == (recorded + 1, 8)


def test_fine_edges_are_recorded_too_and_switching_them_records_anew(
    predictor: GpuPredictor, backend: HostBackend
) -> None:
    prediction = predictor.predict(red_frame())
    labels: dict[bool, list[UInt8Array]] = {False: [], True: []}
    for fine in (False, False, True, True, True, False, False):
        people = gpu.group(prediction, GroupOptions(min_score=0.0, fine_edges=fine))
        assert len(people) == 2
        labels[fine].append(people.labels)
    # The first after each switch is launched, the second recorded.
    assert (backend.recorded, backend.replayed) == (3, 4)
    for found in labels.values():
        assert all(np.array_equal(one, found[0]) for one in found)
    assert not np.array_equal(labels[False][0], labels[True][0])


def test_frames_under_way_at_once_have_a_place_and_a_recording_each(
    predictor: GpuPredictor, backend: HostBackend
) -> None:
    frames = [red_frame(i) for i in range(4)]
    predictions = [predictor.predict(frame) for frame in frames]
    alone = [gpu.group(predictor.predict(frame), EVERYBODY) for frame in frames]
    together = [gpu.group(prediction, EVERYBODY) for prediction in predictions]
    again = [gpu.group(prediction, EVERYBODY) for prediction in predictions]
    for found in (together, again):
        for one, expected in zip(found, alone, strict=True):
            assert np.array_equal(one.labels, expected.labels)
            assert np.array_equal(one.scores, expected.scores)
    assert backend.recorded == 4 + 3
    for frame, people in zip(frames[-PICTURES_KEPT:], again[-PICTURES_KEPT:], strict=True):
        drawn = gpu.render(frame, people, RenderOptions())
        assert backend.launched[-1] == "composite"
        assert np.array_equal(drawn, render_on_cpu(frame, people, RenderOptions()))


def test_a_device_that_cannot_record_launches_kernels_one_by_one(
    predictor: GpuPredictor, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(backend: HostBackend, work: Callable[[], None]) -> None:
        raise KernelError("The GPU stopped working: operation not permitted.", "Try again.")

    monkeypatch.setattr(HostBackend, "record", refuse)
    assert [len(people_in(predictor, red_frame(i))) for i in range(4)] == [2, 2, 2, 2]
    assert not predictor.provider.fell_back
    assert predictor.unrecorded == "The GPU stopped working: operation not permitted."
    assert caplog.text.count("runs without a CUDA graph") == 1


def test_nothing_is_recorded_while_a_network_is_being_opened(
    predictor: GpuPredictor, backend: HostBackend
) -> None:
    """An opening takes seconds; frames must not wait for it."""
    people_in(predictor, red_frame())
    entered, leave = threading.Event(), threading.Event()

    def open_for_long() -> None:
        with CAPTURES.opening:
            entered.set()
            leave.wait(60)

    opening = threading.Thread(target=open_for_long)
    opening.start()
    try:
        assert entered.wait(60)
        for index in range(3):
            assert len(people_in(predictor, red_frame(index))) == 2
        assert backend.recorded == 0
    finally:
        leave.set()
        opening.join()
    people_in(predictor, red_frame())
    assert backend.recorded == 1


def test_pictures_of_many_sizes_pile_up_no_memory(
    predictor: GpuPredictor, backend: HostBackend
) -> None:
    """CuPy's pools keep what was freed, and would keep it for sizes that never come again."""
    sizes_hw = [(65 + 4 * i, 97 + 8 * i) for i in range(6)]
    for size_hw in sizes_hw:
        people_in(predictor, red_frame(0, size_hw))
    people_in(predictor, red_frame(1, size_hw))
    assert len(backend.trimmed_to) == len(sizes_hw)
    # What the newest pictures hold is held on; nothing of those before.
    assert max(backend.trimmed_to) < 2 * backend.trimmed_to[PICTURES_KEPT]
