"""Loss terms against values worked out by hand."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="training needs PyTorch: uv sync --extra train")

import math

import torch

from engine.network import ANCHOR_WH
from engine.training.loss import box_weights, compute_loss
from engine.training.loss_options import PAPER_LOSS, LossOptions
from engine.training.overlaps import box_overlaps
from engine.training.targets import TargetBatch, Targets, build_targets, decode_boxes, encode_boxes

NAN = float("nan")


def targets_of(labels: list[list[int]], boxes: dict[int, tuple[float, ...]]) -> Targets:
    table = torch.full((1, 256, 4), NAN)
    for label, box in boxes.items():
        table[0, label] = torch.tensor(box)
    pixels = pixels_of(torch.tensor([labels], dtype=torch.uint8))
    return build_targets(TargetBatch(torch.zeros(1, 1, 1, 3, dtype=torch.uint8), pixels, table))


def pixels_of(cells: torch.Tensor) -> torch.Tensor:
    """Labels of cells (N, h, w) as those of the pixels (N, H, W) nearest to them."""
    near = [(torch.arange(4 * n - 3) + 1) // 4 for n in cells.shape[1:]]
    return cells[:, near[0]][:, :, near[1]]


def test_offsets_of_a_box_follow_the_papers_formula() -> None:
    # The cell at row 1, column 2 is centred on input pixel x = 8, y = 4.
    boxes = torch.zeros(1, 2, 3, 4)
    boxes[0, 1, 2] = torch.tensor([0.0, 10.0, 40.0, 70.0])
    deltas = encode_boxes(boxes)[0, 1, 2]
    width, height = ANCHOR_WH
    wanted = [12 / width, 36 / height, math.log(40 / width), math.log(60 / height)]
    assert deltas.tolist() == pytest.approx(wanted, abs=1e-6)


def test_decoding_undoes_encoding() -> None:
    boxes = torch.rand(2, 5, 7, 4) * 50
    boxes[..., 2:] += boxes[..., :2] + 1
    restored = decode_boxes(encode_boxes(boxes).permute(0, 3, 1, 2))
    torch.testing.assert_close(restored, boxes, rtol=1e-4, atol=1e-3)


def test_anchor_covers_96_squared_pixels_and_is_half_as_high_again_as_wide() -> None:
    assert ANCHOR_WH[0] * ANCHOR_WH[1] == pytest.approx(96**2)
    assert ANCHOR_WH[1] / ANCHOR_WH[0] == pytest.approx(1.5)
    assert ANCHOR_WH[0] == pytest.approx(78.384, abs=5e-4)


def test_overlap_of_two_boxes_side_by_side() -> None:
    # 2×2 boxes sharing a 1×2 strip: IoU 2/6; the hull is 3×2 and full, so GIoU equals IoU.
    iou, giou = box_overlaps(torch.tensor([0.0, 0, 2, 2]), torch.tensor([1.0, 0, 3, 2]))
    assert float(iou) == pytest.approx(1 / 3)
    assert float(giou) == pytest.approx(1 / 3)


def test_generalised_overlap_of_distant_boxes_is_negative() -> None:
    # Unit boxes with a gap of one: hull 3, union 2.
    iou, giou = box_overlaps(torch.tensor([0.0, 0, 1, 1]), torch.tensor([2.0, 0, 3, 1]))
    assert float(iou) == 0
    assert float(giou) == pytest.approx(-1 / 3)


def test_paper_logistic_loss_is_the_mean_over_all_pixels_with_crowds_as_person() -> None:
    targets = targets_of([[0, 254], [1, 0]], {1: (-2, 2, 6, 6)})
    logits = torch.tensor([[[[0.0, 2.0], [1.0, -1.0]]]])
    terms = compute_loss(logits, torch.zeros(1, 4, 2, 2), targets, PAPER_LOSS)
    softplus = lambda v: math.log1p(math.exp(v))  # noqa: E731
    wanted = (softplus(0) + softplus(-2) + softplus(-1) + softplus(-1)) / 4
    assert float(terms.logistic) == pytest.approx(wanted, rel=1e-6)


def test_paper_l1_counts_the_four_offsets_at_person_pixels_only() -> None:
    targets = targets_of([[0, 1], [0, 0]], {1: (0, -4, 8, 4)})  # middle (4, 0): on the cell
    deltas = torch.full((1, 4, 2, 2), 9.0)
    deltas[0, :, 0, 1] = 0
    wanted = math.log(ANCHOR_WH[0] / 8) + math.log(ANCHOR_WH[1] / 8)
    terms = compute_loss(torch.zeros(1, 1, 2, 2), deltas, targets, PAPER_LOSS)
    assert float(terms.l1) == pytest.approx(wanted, rel=1e-6)
    assert float(terms.total) == pytest.approx(float(terms.logistic + terms.l1), rel=1e-6)


def test_ignored_pixels_and_crowds_have_no_say_in_the_boxes() -> None:
    targets = targets_of([[255, 254], [0, 0]], {})
    deltas = torch.randn(1, 4, 2, 2, requires_grad=True)
    logits = torch.zeros(1, 1, 2, 2, requires_grad=True)
    terms = compute_loss(logits, deltas, targets, LossOptions(at_pixels=False))
    terms.total.backward()
    assert terms.l1.item() == terms.giou.item() == 0
    assert deltas.grad is not None
    assert logits.grad is not None
    assert not deltas.grad.any()
    assert float(logits.grad[0, 0, 0, 0]) == 0  # ignored
    assert float(logits.grad[0, 0, 0, 1]) < 0  # crowd: pushed towards person
    assert float(logits.grad[0, 0, 1, 0]) > 0  # background: pushed away


def test_each_person_weighs_the_root_of_its_cells() -> None:
    targets = targets_of([[1, 1, 1, 1], [2, 0, 0, 0]], {1: (0, 0, 9, 9), 2: (0, 0, 9, 9)})
    weights = box_weights(targets, LossOptions())
    assert weights[0, 0].tolist() == [0.5] * 4  # one person of four cells: 2 in all
    assert weights[0, 1].tolist() == [1, 0, 0, 0]
    assert box_weights(targets, PAPER_LOSS).sum() == 5


def test_a_batch_without_people_trains_the_person_map_alone() -> None:
    targets = targets_of([[0, 0], [0, 0]], {})
    logits = torch.zeros(1, 1, 2, 2, requires_grad=True)
    terms = compute_loss(logits, torch.randn(1, 4, 2, 2), targets, LossOptions())
    terms.total.backward()
    assert torch.isfinite(terms.total)
    assert logits.grad is not None
    assert bool((logits.grad > 0).all())
