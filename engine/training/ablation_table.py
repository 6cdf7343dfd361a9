"""The ablation's results as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.training.ablation import PLUS, ROWS
from engine.training.eval_tables import PAPER_ROWS

SHAPE_NUMBERS = ("AP", "AP50", "AP75", "APS", "APM", "APL")
SHAPE_ROWS = {
    "BBE MNv2 OS16": ("no-aspp", "16"),
    "BBE MNv2 OS8": ("no-aspp", "8"),
    "BBE MNv2 OS16 ASPP": (PLUS, "16"),
    "BBE MNv2 OS8 ASPP": (PLUS, "8"),
}
"""Rows of the paper's Table 3 → ours, as row and output stride."""

HEADER = (
    "|  | tune AP | Δ | AP50 | AP L | box AP | semantic IoU | tune AP, paper's grouping "
    "| val AP | val AP L | val AP, paper's grouping | minutes |"
)


def ablation_markdown(results: Sequence[dict[str, Any]]) -> str:
    """Both tables; rows in the order of ROWS, Δ against "plus" on the tune split."""
    by_name = {result["row"]: result for result in results}
    plus = by_name.get(PLUS)
    rows = [
        _row(by_name[name], stride, plus)
        for name in ROWS
        if name in by_name
        for stride in by_name[name]["measured"]
    ]
    shape = _shape_table(by_name)
    ruler = "|---" * (HEADER.count("|") - 1) + "|"
    return "\n".join([HEADER, ruler, *rows, *(["", *shape] if shape else [])]) + "\n"


def _row(result: dict[str, Any], stride: str, plus: dict[str, Any] | None) -> str:
    tune, val = (result["measured"][stride][split] for split in ("tune", "val"))
    ap = tune["shipped"]["masks"]["AP"]
    change = ""
    if plus is not None and (result is not plus or stride != "16"):
        change = f"{ap - plus['measured']['16']['tune']['shipped']['masks']['AP']:+.3f}"
    title = result["title"] if stride == "16" else f"{result['title']}, measured at stride {stride}"
    values = (
        tune["shipped"]["masks"]["AP50"],
        tune["shipped"]["masks"]["APL"],
        tune["shipped"]["boxes"]["AP"],
        tune["shipped"]["semantic_iou"],
        tune["paper"]["masks"]["AP"],
        val["shipped"]["masks"]["AP"],
        val["shipped"]["masks"]["APL"],
        val["paper"]["masks"]["AP"],
    )
    cells = [title, f"{ap:.3f}", change, *(f"{v:.3f}" for v in values), f"{result['minutes']:.0f}"]
    return "| " + " | ".join(cells) + " |"


def _shape_table(by_name: dict[str, Any]) -> list[str]:
    """The four rows of the paper's Table 3 on val, paper's grouping, beside the paper's."""
    if not {name for name, _ in SHAPE_ROWS.values()} <= set(by_name):
        return []
    names = [*SHAPE_NUMBERS, *(f"paper's {name}" for name in SHAPE_NUMBERS)]
    lines = ["| val | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for title, (name, stride) in SHAPE_ROWS.items():
        ours = by_name[name]["measured"][stride]["val"]["paper"]["masks"]
        theirs = PAPER_ROWS[title][: len(SHAPE_NUMBERS)]
        cells = [f"{ours[number]:.3f}" for number in SHAPE_NUMBERS]
        cells += [f"{value:.3f}" for value in theirs]
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    return lines
