"""What a teacher's file is made of, and what is learnt from it."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="training needs PyTorch: uv sync --extra train")

import math
from dataclasses import replace
from pathlib import Path

import torch
from onnx import TensorProto, helper
from torch import Tensor

from engine.errors import ConfigError, ModelNotFound
from engine.network import NetworkOptions
from engine.training.distil import add_lesson, box_lesson_weights
from engine.training.export import ExportOptions, export_network, store_as_half, to_onnx
from engine.training.loss import compute_loss
from engine.training.loss_options import LossOptions
from engine.training.recipe import Precision
from engine.training.start import onnx_convolutions
from engine.training.targets import Targets, decode_boxes, encode_boxes
from engine.training.teacher import Lesson, Teacher, layout_of, network_of_file
from tests.training.conftest import Annotate
from tests.training.test_loss import targets_of
from tests.training.test_network import folded_network, noise, outputs
from tests.training.tiny_run import tiny_options

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

TRUE = (0.0, -20.0, 80.0, 60.0)


@pytest.mark.parametrize(
    "layout",
    [
        NetworkOptions(width=24, skip_width=8),
        NetworkOptions(width=64, skip_width=16, aspp=False),  # 5 × 64 = the backbone's 320
        NetworkOptions("mobilenetv2_050", 8, True, 40, 12),
        NetworkOptions("resnet50", 16, True, 16, 48),
    ],
)
def test_the_layout_of_a_network_is_read_from_its_file(layout: NetworkOptions) -> None:
    model = to_onnx(folded_network(layout))
    stated = {"backbone": layout.backbone, "output_stride": str(layout.output_stride)}
    helper.set_model_props(model, stated)
    assert layout_of(model) == layout
    store_as_half(model)
    assert layout_of(model) == layout


def test_a_teacher_sees_what_its_network_sees(coco_folder: Annotate, tmp_path: Path) -> None:
    network, path = folded_network(), tmp_path / "teacher.onnx"
    export_network(network, path, ExportOptions(), 97)
    options = replace(tiny_options(coco_folder, tmp_path), precision=Precision.FLOAT32)
    image = noise(65, 97, 2)
    lesson = Teacher(path, options)(image)
    logits, deltas = outputs(network, image)
    torch.testing.assert_close(lesson.person, torch.sigmoid(logits[:, 0]))
    torch.testing.assert_close(lesson.boxes_xyxy, decode_boxes(deltas), rtol=1e-4, atol=1e-3)
    assert not lesson.person.requires_grad


def test_a_file_that_cannot_teach_is_explained(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match=r"none\.onnx"):
        network_of_file(tmp_path / "none.onnx")
    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
    other = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])
    node = helper.make_node("Identity", ["x"], ["y"])
    strange = helper.make_model(helper.make_graph([node], "g", [value], [other]))
    with pytest.raises(ConfigError, match="not a network of this program"):
        layout_of(strange)


def test_eight_bit_weights_are_refused_in_words() -> None:
    model = to_onnx(folded_network())
    conv = next(node for node in model.graph.node if node.op_type == "Conv")
    conv.input[1] = "dequantised"
    with pytest.raises(ConfigError, match="8-bit"):
        onnx_convolutions(model)


def boxes_everywhere(box: tuple[float, ...]) -> Tensor:
    return torch.tensor(box).expand(1, 2, 2, 4)


def lesson_of(person: list[list[float]], box: tuple[float, ...]) -> Lesson:
    return Lesson(torch.tensor([person]), boxes_everywhere(box))


@pytest.fixture
def one_person() -> Targets:
    """A person, a crowd, an ignored cell, and background."""
    return targets_of([[1, 254], [255, 0]], {1: TRUE})


def test_a_teacher_is_heard_where_its_box_is_better_or_nothing_is_known(
    one_person: Targets,
) -> None:
    lesson = lesson_of([[0.1, 0.8], [0.6, 0.9]], TRUE)
    options = LossOptions(balance_people=False)
    worse = boxes_everywhere((0.0, 0.0, 80.0, 60.0))
    asked, heard = box_lesson_weights(worse, one_person, lesson, options)
    assert heard[0].tolist() == [[True, True], [True, False]]
    torch.testing.assert_close(asked[0], torch.tensor([[1.0, 0.8], [0.6, 0.0]]))
    _, heard = box_lesson_weights(boxes_everywhere(TRUE), one_person, lesson, options)
    assert heard[0].tolist() == [[False, True], [True, False]]


def test_an_unsure_teacher_has_no_say_where_nothing_is_known(one_person: Targets) -> None:
    lesson = lesson_of([[0.9, 0.4], [0.4, 0.4]], TRUE)
    asked, heard = box_lesson_weights(
        boxes_everywhere(TRUE), one_person, lesson, LossOptions(balance_people=False)
    )
    assert not heard.any()
    assert asked[0].tolist() == [[1, 0], [0, 0]]


def test_boxes_without_a_true_owner_weigh_the_root_of_their_cells(one_person: Targets) -> None:
    lesson = lesson_of([[0.9, 0.8], [0.0, 0.0]], TRUE)  # 80 × 80 px: 400 cells
    asked, _ = box_lesson_weights(boxes_everywhere(TRUE), one_person, lesson, LossOptions())
    assert float(asked[0, 0, 1]) == pytest.approx(0.8 / 20)


def test_losses_against_the_teacher_by_hand() -> None:
    targets = targets_of([[1, 0], [0, 0]], {1: TRUE})
    deltas = encode_boxes(boxes_everywhere(TRUE)).permute(0, 3, 1, 2).clone()
    deltas[:, 2] += math.log(0.5)  # the student's box: half as wide, IoU 0.5
    logits = torch.zeros(1, 1, 2, 2)
    options = LossOptions(balance_people=False, teacher_person=3.0, teacher_box=2.0)
    terms = compute_loss(logits, deltas, targets, options)
    lesson = lesson_of([[0.9, 0.2], [0.2, 0.2]], TRUE)
    taught = add_lesson(terms, logits, deltas, targets, lesson, options)
    assert taught.teacher_person is not None
    assert taught.teacher_box is not None
    assert float(taught.teacher_person) == pytest.approx(math.log(2))
    box = options.giou * 0.5 + options.l1 * math.log(2)
    assert float(taught.teacher_box) == pytest.approx(box, rel=1e-5)
    whole = float(terms.total) + 3 * math.log(2) + 2 * box
    assert float(taught.total) == pytest.approx(whole, rel=1e-5)
    assert "teacher_box" in taught.items()
    assert "teacher_box" not in terms.items()


def test_pixels_that_are_better_than_the_teacher_still_count_in_the_mean() -> None:
    targets = targets_of([[1, 1], [0, 0]], {1: TRUE})
    deltas = encode_boxes(boxes_everywhere(TRUE)).permute(0, 3, 1, 2).clone()
    deltas[:, 2, 0, 1] += math.log(0.5)  # right at one cell, half as wide at the other
    logits = torch.zeros(1, 1, 2, 2)
    options = LossOptions(balance_people=False, l1=0.0)
    lesson = lesson_of([[0.9, 0.9], [0.0, 0.0]], (10.0, -20.0, 70.0, 60.0))  # IoU 0.75
    terms = compute_loss(logits, deltas, targets, options)
    taught = add_lesson(terms, logits, deltas, targets, lesson, options)
    assert taught.teacher_box is not None
    # At the second cell 40 of 60 columns overlap; the first cell asks for nothing.
    assert float(taught.teacher_box) == pytest.approx((1 - 40 / 60) / 2, rel=1e-5)
