"""The network on ONNX Runtime: the contract, the provider's truth, errors."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import onnxruntime
import pytest

from engine.config import GroupOptions, Provider, RuntimeOptions
from engine.errors import ModelMetadata, ModelSignature, RuntimeUnavailable
from engine.gpu import open_predictor
from engine.group import group
from engine.models import find_model
from engine.onnx_file import open_session
from engine.runtime import OnnxPredictor
from engine.types import Frame
from tests.tiny_onnx import METADATA, write_tiny_onnx

CPU = RuntimeOptions(provider=Provider.CPU)


def frame_of(image: np.ndarray) -> Frame:
    return Frame(image, index=0, time_s=0.0, captured_at_s=0.0)


@pytest.fixture
def tiny(tmp_path):
    return find_model(write_tiny_onnx(tmp_path / "tiny.onnx"))


def test_red_pixels_come_out_as_people_where_they_are(tmp_path):
    large_boxes = write_tiny_onnx(tmp_path / "tiny.onnx", box_deltas=(0, 0, 2, 2))
    image = np.zeros((97, 129, 3), np.uint8)
    image[20:70, 30:60, 2] = 255
    prediction = OnnxPredictor(find_model(large_boxes), CPU).predict(frame_of(image))
    assert prediction.geometry.input_hw == (49, 65)
    assert prediction.person_logits.shape == (13, 17)
    assert prediction.anchor_wh == (16.0, 24.0)
    mask = group(prediction, GroupOptions(min_score=0.0)).labels > 0
    truth = image[..., 2] > 0
    assert (mask & truth).sum() / (mask | truth).sum() > 0.8


def test_the_input_size_can_be_chosen(tiny):
    predictor = OnnxPredictor(tiny, replace(CPU, input_long_side=129))
    prediction = predictor.predict(frame_of(np.zeros((97, 129, 3), np.uint8)))
    assert prediction.geometry.input_hw == (97, 129)


def test_the_input_size_may_change_from_frame_to_frame(tiny):
    predictor = OnnxPredictor(tiny, replace(CPU, input_long_side=130))
    frame = frame_of(np.zeros((97, 129, 3), np.uint8))
    assert predictor.long_side == 129
    assert predictor.provider.fixed_size == ""
    sides = (None, 97, 65, None, 129)
    found = [max(predictor.predict(frame, side).geometry.input_hw) for side in sides]
    assert found == [129, 97, 65, 129, 129]


def test_pictures_of_changing_size_follow_each_other(tiny):
    predictor = OnnxPredictor(tiny, CPU)
    for frame_hw in ((97, 129), (129, 97), (40, 400), (1, 1)):
        prediction = predictor.predict(frame_of(np.zeros((*frame_hw, 3), np.uint8)))
        assert prediction.geometry.frame_hw == frame_hw
        assert group(prediction, GroupOptions()).labels.shape == frame_hw


def test_a_prediction_stays_as_it_is_when_the_next_one_is_made(tiny):
    predictor = OnnxPredictor(tiny, CPU)
    first = predictor.predict(frame_of(np.zeros((97, 129, 3), np.uint8)))
    kept = first.person_logits.copy()
    predictor.predict(frame_of(np.full((97, 129, 3), 255, np.uint8)))
    np.testing.assert_array_equal(first.person_logits, kept)


def test_opening_already_runs_the_network_once_on_the_usual_shape(tiny, monkeypatch):
    shapes = []
    infer = OnnxPredictor._infer
    monkeypatch.setattr(
        OnnxPredictor,
        "_infer",
        lambda self, image: shapes.append(image.shape) or infer(self, image),
    )
    OnnxPredictor(tiny, RuntimeOptions(provider=Provider.CPU, input_long_side=129))
    assert shapes == [(1, 65, 129, 3)]


def test_a_closed_predictor_says_so(tiny):
    predictor = OnnxPredictor(tiny, CPU)
    predictor.close()
    predictor.close()
    with pytest.raises(RuntimeUnavailable, match="closed"):
        predictor.predict(frame_of(np.zeros((97, 129, 3), np.uint8)))


@pytest.mark.parametrize(
    "broken", [{"input_name": "picture"}, {"outputs": ("person_logits", "boxes")}]
)
def test_other_inputs_or_outputs_are_refused_by_name(tmp_path, broken):
    model = find_model(write_tiny_onnx(tmp_path / "other.onnx", **broken))
    with pytest.raises(ModelSignature, match=r"picture|boxes"):
        OnnxPredictor(model, CPU)


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ({"image_shape": ("n", 241, 417, 3)}, r"417×241 pixels alone"),
        ({"stride": 8}, r"person_logits of 1 × 5 × 9.* not 1 × 9 × 17"),
        ({"box_deltas": (0, 0, 0, 0, 0)}, r"box_deltas of 5 × 9 × 17.* not 4 × 9 × 17"),
    ],
)
def test_a_model_of_other_sizes_is_refused_when_it_is_opened(tmp_path, broken, message):
    model = find_model(write_tiny_onnx(tmp_path / "other.onnx", **broken))
    with pytest.raises(ModelSignature, match=rf"other\.onnx .*{message}"):
        OnnxPredictor(model, CPU)


def test_metadata_other_than_the_manifests_is_refused(tmp_path):
    path = write_tiny_onnx(tmp_path / "tiny.onnx", metadata=METADATA | {"anchor_width": "32"})
    model = find_model(path)
    listed = replace(model, info=replace(model.info, anchor_wh=(16.0, 24.0)))
    with pytest.raises(ModelMetadata, match="anchor_wh"):
        OnnxPredictor(listed, CPU)


def test_the_cpu_asked_for_is_the_cpu_got(tiny):
    report = OnnxPredictor(tiny, CPU).provider
    assert (report.requested, report.actual, report.fell_back) == ("cpu", "CPU", False)


class _OutOfMemory:
    """In the place of a session."""

    def run(self, *_: object) -> None:
        raise RuntimeError("Failed to allocate memory for requested buffer of size 9")


def test_who_runs_on_the_cpu_already_is_not_told_to_choose_it(tiny, monkeypatch):
    predictor = OnnxPredictor(tiny, CPU)
    monkeypatch.setattr(predictor, "_session", _OutOfMemory())
    with pytest.raises(RuntimeUnavailable, match=r"no memory is left. Choose another model, or a"):
        predictor.predict(frame_of(np.zeros((97, 129, 3), np.uint8)))


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "/onnxruntime_src/cuda_call.cc:154 std::conditional_t<THRW, void> CudaCall(int)\n"
            "CUDA failure 100: no CUDA-capable device is detected ; GPU=-1 ; line=355 ; expr=x;",
            "could not be opened on CUDA: CUDA failure 100: no CUDA-capable device is detected",
        ),
        (
            # Of ONNX Runtime 1.31.
            "[ONNXRuntimeError] : 1 : FAIL : Exception during initialization: /onnxruntime_src/"
            "onnxruntime/core/framework/bfc_arena.cc:360 void* onnxruntime::BFCArena::"
            "AllocateRawInternal(size_t, bool, onnxruntime::Stream*) Failed to allocate memory for "
            "requested buffer of size 147456\n",
            "could not be opened on CUDA: no memory is left.",
        ),
    ],
    ids=["no device", "no memory"],
)
def test_cuda_that_cannot_open_the_network_tells_what_cuda_said(tiny, monkeypatch, said, told):
    opened = {}

    def refuse(*arguments, **options):
        opened.update(options)
        raise RuntimeError(said)

    monkeypatch.setattr(onnxruntime, "InferenceSession", refuse)
    with pytest.raises(RuntimeUnavailable) as caught:
        open_session(tiny.path, providers=[("CUDAExecutionProvider", {})])
    assert caught.value.message.endswith(told)
    # ONNX Runtime's own way back prints to the terminal and hides the reason.
    assert opened["enable_fallback"] == 0


def test_a_missing_runtime_is_a_clear_error(tiny, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(RuntimeUnavailable, match="Install exactly one"):
        OnnxPredictor(tiny, CPU)


def test_the_default_model_runs():
    predictor = open_predictor(CPU)
    prediction = predictor.predict(frame_of(np.zeros((240, 320, 3), np.uint8)))
    assert np.isfinite(prediction.person_logits).all()
    assert len(group(prediction, GroupOptions())) == 0
