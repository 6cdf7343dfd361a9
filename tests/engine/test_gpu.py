"""The GPU's half of the pipeline, its kernels run on the processor and ONNX Runtime bound
to the same memory; nothing here needs a GPU."""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engine import gpu
from engine.bench.stages import time_predictor, time_rest
from engine.bound_network import BoundNetwork, device_options
from engine.config import (
    Backdrop,
    GroupOptions,
    PersonEffect,
    PersonStyle,
    Provider,
    RenderOptions,
    RuntimeOptions,
    Settings,
)
from engine.errors import EngineError, KernelError, RuntimeUnavailable
from engine.gpu_predictor import PICTURES_KEPT, GpuInstances, GpuPrediction, GpuPredictor
from engine.group import group as group_on_cpu
from engine.kernels.capture_lock import CAPTURES
from engine.kernels.cuda import CudaBackend
from engine.kernels.cuda_device import INSTALL_HINT, import_cupy
from engine.models import ModelFile, find_model
from engine.pipeline import Pipeline
from engine.providers import ProviderPlan, built_in_providers, plan_providers
from engine.render import render as render_on_cpu
from engine.runtime import OnnxPredictor
from engine.types import Frame, Instances, UInt8Array
from tests.cuda_host import HostBackend, require_compiler
from tests.tiny_onnx import METADATA, write_tiny_onnx

FRAME_HW = (96, 128)
OPTIONS = RuntimeOptions(provider=Provider.CPU, input_long_side=129)


@pytest.fixture
def model(tmp_path: Path) -> ModelFile:
    """Sees red as people whose boxes are a little larger than the anchor."""
    wide = METADATA | {"anchor_width": "30", "anchor_height": "45"}
    return find_model(write_tiny_onnx(tmp_path / "tiny.onnx", metadata=wide))


@pytest.fixture
def backend() -> HostBackend:
    require_compiler()
    return HostBackend()


@pytest.fixture
def predictor(model: ModelFile, backend: HostBackend) -> GpuPredictor:
    return GpuPredictor(model, OPTIONS, plan_providers(Provider.CPU), backend)


def red_frame(index: int = 0, size_hw: tuple[int, int] = FRAME_HW) -> Frame:
    """Two red people on a noisy ground."""
    rng = np.random.default_rng(index)
    image = rng.integers(0, 90, (*size_hw, 3)).astype(np.uint8)
    height, width = size_hw
    for left in (width // 8, width * 5 // 8):
        image[height // 4 : height * 3 // 4, left : left + width // 5, 2] = 255
    return Frame(image, index, index / 10, 0.0)


def people_in(predictor: GpuPredictor, frame: Frame) -> Instances:
    return gpu.group(predictor.predict(frame), GroupOptions())


def test_the_way_over_the_gpu_finds_the_people_of_the_cpu(
    predictor: GpuPredictor, backend: HostBackend, model: ModelFile
) -> None:
    frame = red_frame()
    found = people_in(predictor, frame)
    expected = group_on_cpu(OnnxPredictor(model, OPTIONS).predict(frame), GroupOptions())
    assert len(found) == len(expected) == 2
    assert (found.labels == expected.labels).mean() > 0.98
    np.testing.assert_allclose(found.boxes_xyxy, expected.boxes_xyxy, atol=1.0)
    np.testing.assert_allclose(found.scores, expected.scores, atol=0.05)
    assert backend.launched == [
        "preprocess",
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


def test_a_prediction_is_grouped_again_under_other_options(predictor: GpuPredictor) -> None:
    prediction = predictor.predict(red_frame())
    assert len(gpu.group(prediction, GroupOptions())) == 2
    assert len(gpu.group(prediction, GroupOptions(max_people=1))) == 1
    assert len(gpu.group(prediction, GroupOptions(min_cells=5000))) == 0


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


def test_grouping_is_recorded_once_its_parameters_rest_and_then_replayed(
    predictor: GpuPredictor, backend: HostBackend, model: ModelFile
) -> None:
    on_cpu = OnnxPredictor(model, OPTIONS)
    for index in range(8):
        frame = red_frame(index)
        found = people_in(predictor, frame)
        expected = group_on_cpu(on_cpu.predict(frame), GroupOptions())
        assert len(found) == len(expected)
        assert (found.labels == expected.labels).mean() > 0.98
    # The first is launched; then once for each place: those of the pictures kept, and one.
    recorded = PICTURES_KEPT + 1
    assert (backend.recorded, backend.replayed) == (recorded, 7)
    for cells in (20, 30, 40):  # a slider that is dragged
        gpu.group(predictor.predict(frame), GroupOptions(min_cells=cells))
    assert (backend.recorded, backend.replayed) == (recorded, 7)
    gpu.group(predictor.predict(frame), GroupOptions(min_cells=5000))
    assert len(gpu.group(predictor.predict(frame), GroupOptions(min_cells=5000))) == 0
    assert (backend.recorded, backend.replayed) == (recorded + 1, 8)


def test_frames_under_way_at_once_have_a_place_and_a_recording_each(
    predictor: GpuPredictor, backend: HostBackend
) -> None:
    frames = [red_frame(i) for i in range(4)]
    predictions = [predictor.predict(frame) for frame in frames]
    alone = [gpu.group(predictor.predict(frame), GroupOptions()) for frame in frames]
    together = [gpu.group(prediction, GroupOptions()) for prediction in predictions]
    again = [gpu.group(prediction, GroupOptions()) for prediction in predictions]
    for found in (together, again):
        for one, expected in zip(found, alone, strict=True):
            assert np.array_equal(one.labels, expected.labels)
            assert np.array_equal(one.scores, expected.scores)
    assert backend.recorded == 4 + 3
    for frame, people in zip(frames[-PICTURES_KEPT:], again[-PICTURES_KEPT:], strict=True):
        drawn = gpu.render(frame, people, RenderOptions())
        assert backend.launched[-1] == "composite"
        assert np.array_equal(drawn, render_on_cpu(frame, people, RenderOptions()))


def test_a_frame_grouped_anew_leaves_its_first_people_drawn_right(
    predictor: GpuPredictor, backend: HostBackend
) -> None:
    frame = red_frame()
    prediction = predictor.predict(frame)
    first = gpu.group(prediction, GroupOptions())
    second = gpu.group(prediction, GroupOptions(max_people=1))
    for people in (first, second):
        drawn = gpu.render(frame, people, RenderOptions())
        assert np.array_equal(drawn, render_on_cpu(frame, people, RenderOptions()))
    assert len(first) == 2
    assert len(second) == 1


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


LOST = KernelError("The GPU stopped working: it was unplugged.", "Plug it in again.")
FULL = KernelError("The GPU has no memory left.", "Choose a smaller input size.")


def _before_predict(predictor: GpuPredictor, backend: HostBackend, frame: Frame) -> Instances:
    backend.broken = LOST
    return people_in(predictor, frame)


def _before_group(predictor: GpuPredictor, backend: HostBackend, frame: Frame) -> Instances:
    prediction = predictor.predict(frame)
    assert isinstance(prediction, GpuPrediction)
    backend.broken = FULL
    return gpu.group(prediction, GroupOptions())


def _before_render(predictor: GpuPredictor, backend: HostBackend, frame: Frame) -> Instances:
    people = people_in(predictor, frame)
    backend.broken = LOST
    return people


@pytest.mark.parametrize("lose", [_before_predict, _before_group, _before_render])
def test_a_frame_that_the_gpu_loses_is_done_again_on_the_cpu_and_the_user_is_told(
    lose: Callable[[GpuPredictor, HostBackend, Frame], Instances],
    predictor: GpuPredictor,
    backend: HostBackend,
    model: ModelFile,
) -> None:
    frame = red_frame()
    people = lose(predictor, backend, frame)
    image = gpu.render(frame, people, RenderOptions())
    assert np.array_equal(image, render_on_cpu(frame, people, RenderOptions()))
    expected = group_on_cpu(OnnxPredictor(model, OPTIONS).predict(frame), GroupOptions())
    assert len(people) == len(expected)
    assert (people.labels == expected.labels).mean() > 0.98
    report = predictor.provider
    assert report.fell_back
    assert backend.broken is not None
    assert report.actual == "CPU"
    assert backend.broken.message in report.reason
    assert report.fix == backend.broken.hint
    # And so are all after it, without asking the device again.
    backend.broken = None
    backend.launched.clear()
    assert len(people_in(predictor, red_frame(1))) == 2
    assert backend.launched == []


def test_a_network_that_fails_on_the_device_is_replaced(
    predictor: GpuPredictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(network: BoundNetwork) -> None:
        raise RuntimeUnavailable("CUDA error 700.", "Choose the CPU as provider.")

    monkeypatch.setattr(BoundNetwork, "run", fail)
    assert len(people_in(predictor, red_frame())) == 2
    assert "CUDA error 700." in predictor.provider.reason


def test_the_input_keeps_its_size_on_the_device_and_may_change_once_the_cpu_took_over(
    predictor: GpuPredictor, backend: HostBackend
) -> None:
    assert predictor.provider.fixed_size
    assert max(predictor.predict(red_frame(), 97).geometry.input_hw) == 129
    backend.broken = LOST
    predictor.predict(red_frame(1))
    assert predictor.provider.fixed_size == ""
    assert max(predictor.predict(red_frame(2), 97).geometry.input_hw) == 97


def test_what_was_predicted_before_closing_can_still_be_drawn(
    predictor: GpuPredictor, backend: HostBackend
) -> None:
    frame = red_frame()
    prediction = predictor.predict(frame)
    predictor.close()
    predictor.close()
    people = gpu.group(prediction, GroupOptions())
    assert len(people) == 2
    assert gpu.render(frame, people, RenderOptions()).shape == frame.image_bgr.shape
    assert backend.closed


def test_a_failed_device_and_a_closed_network_still_leave_the_last_picture_to_redraw(
    predictor: GpuPredictor, backend: HostBackend
) -> None:
    prediction = predictor.predict(red_frame())
    backend.broken = LOST
    predictor.predict(red_frame(1))
    predictor.close()
    assert len(gpu.group(prediction, GroupOptions())) == 2


def test_predictions_and_people_of_the_cpu_pass_through(model: ModelFile) -> None:
    frame = red_frame()
    prediction = OnnxPredictor(model, OPTIONS).predict(frame)
    people = gpu.group(prediction, GroupOptions())
    assert type(people) is Instances
    image: UInt8Array = gpu.render(frame, people, RenderOptions())
    assert np.array_equal(image, render_on_cpu(frame, people, RenderOptions()))


@pytest.mark.parametrize("provider", [Provider.AUTO, Provider.CPU])
def test_without_a_gpu_wheel_the_network_opens_as_ever_and_cupy_stays_out(
    provider: Provider, model: ModelFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    def touched() -> CudaBackend:
        raise AssertionError("no device may be looked for")

    monkeypatch.setattr(gpu, "CudaBackend", touched)
    if provider is Provider.AUTO and "CUDA" in built_in_providers():
        pytest.skip("the installed ONNX Runtime has CUDA")
    predictor = gpu.open_predictor(RuntimeOptions(model=str(model.path), provider=provider))
    assert isinstance(predictor, OnnxPredictor)
    assert not predictor.provider.fell_back
    assert "cupy" not in sys.modules


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
    predictor: GpuPredictor, backend: HostBackend
) -> None:
    frames = [red_frame(i) for i in range(PICTURES_KEPT + 2)]
    predictions, _ = time_predictor(predictor, frames)
    people, times_ms = time_rest(predictions, Settings())
    assert people == 2
    assert backend.launched.count("composite") == len(frames)
    assert [len(ms) for ms in times_ms.values()] == [len(frames)] * 3


@pytest.mark.parametrize(
    "error",
    [
        RuntimeUnavailable("CuPy cannot be loaded.", INSTALL_HINT),
        KernelError("A GPU kernel could not be compiled.", "Check CuPy."),
    ],
)
def test_a_missing_library_leaves_the_rest_to_the_cpu_and_says_how_to_get_it(
    error: EngineError, model: ModelFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_backend() -> CudaBackend:
        raise error

    cuda_first = ProviderPlan(
        Provider.AUTO,
        "CPUExecutionProvider",
        (("CUDAExecutionProvider", {}), ("CPUExecutionProvider", {})),
    )
    monkeypatch.setattr(gpu, "plan_providers", lambda *_: cuda_first)
    # Also where the installed ONNX Runtime would try CUDA.
    on_cpu = plan_providers(Provider.CPU)
    monkeypatch.setattr("engine.runtime.plan_providers", lambda *_: on_cpu)
    monkeypatch.setattr(gpu, "CudaBackend", no_backend)
    predictor = gpu.open_predictor(RuntimeOptions(model=str(model.path)))
    assert len(gpu.group(predictor.predict(red_frame()), GroupOptions())) == 2
    assert error.message in predictor.provider.reason
    assert predictor.provider.fix == error.hint
    assert predictor.model == model.info
    predictor.close()


def test_cupy_missing_is_an_error_that_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> None:
        raise ModuleNotFoundError(f"No module named {name!r}")

    monkeypatch.setattr("engine.kernels.cuda_device.importlib.import_module", refuse)
    with pytest.raises(RuntimeUnavailable, match="--extra gpu") as caught:
        import_cupy()
    assert "No module named 'cupy'" in caught.value.message


def test_the_network_shares_the_stream_and_replays_a_graph_on_cuda_only() -> None:
    class OnCuda(HostBackend):
        memory = "cuda"
        stream_ptr = 4711

    name, options = device_options(
        ("CUDAExecutionProvider", {"cudnn_conv_algo_search": "HEURISTIC"}), OnCuda(), graph=True
    )
    assert name == "CUDAExecutionProvider"
    assert options["user_compute_stream"] == "4711"
    assert options["enable_cuda_graph"] == "1"
    assert options["cudnn_conv_algo_search"] == "HEURISTIC"
    _, plain = device_options(("CUDAExecutionProvider", {}), OnCuda(), graph=False)
    assert "enable_cuda_graph" not in plain
    untouched = ("CPUExecutionProvider", {"a": "b"})
    assert device_options(untouched, OnCuda(), graph=True) == untouched


@pytest.mark.parametrize("named", [True, False])
def test_a_gpu_that_can_do_nothing_at_all_leaves_everything_to_the_cpu(
    named: bool, model: ModelFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one whose memory is full, or one that this CUDA knows nothing of."""
    cuda_first = ProviderPlan(
        Provider.AUTO,
        "CUDAExecutionProvider",
        (("CUDAExecutionProvider", {}), ("CPUExecutionProvider", {})),
    )
    full = RuntimeUnavailable("CUDA failure 2: out of memory.", "Check `nvidia-smi`.")

    def open_network(file: ModelFile, options: RuntimeOptions) -> OnnxPredictor:
        if options.provider is Provider.CPU:
            return OnnxPredictor(file, options)
        raise full

    def no_backend() -> CudaBackend:
        raise KernelError("The GPU has no memory left.", "Close other programs.")

    monkeypatch.setattr(gpu, "plan_providers", lambda *_: cuda_first)
    monkeypatch.setattr(gpu, "CudaBackend", no_backend)
    monkeypatch.setattr(gpu, "OnnxPredictor", open_network)
    predictor = gpu.open_predictor(RuntimeOptions(model=str(model.path) if named else ""))
    assert len(predictor.predict(red_frame()).person_logits)
    report = predictor.provider
    assert (report.requested, report.actual) == ("auto", "CPU")
    assert report.reason == f"The GPU has no memory left. {full.message}"
    assert report.fix == "Close other programs."
    # Unasked for a model, the CPU's default serves, not that for a GPU.
    assert report.precision == ("float32" if named else "int8")
    predictor.close()
