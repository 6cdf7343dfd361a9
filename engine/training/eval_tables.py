"""The report as text and as JSON: ours beside the rows of the paper's tables."""

from __future__ import annotations

import json
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

from engine.training.coco_numbers import NUMBER_NAMES
from engine.training.eval_report import EvalReport
from engine.training.eval_run import SizeReport

PAPER_ROWS: dict[str, tuple[float, ...]] = {
    # Table 1, person class of COCO test-dev.
    "FCIS R101 (test-dev)": (
        *(0.334, 0.641, 0.318, 0.090, 0.411, 0.618),
        *(0.153, 0.372, 0.393, 0.139, 0.492, 0.688),
    ),
    "PersonLab R101 (test-dev)": (
        *(0.377, 0.659, 0.394, 0.166, 0.480, 0.595),
        *(0.162, 0.415, 0.437, 0.207, 0.536, 0.690),
    ),
    "BBE R50 (test-dev)": (
        *(0.368, 0.628, 0.374, 0.125, 0.440, 0.622),
        *(0.162, 0.390, 0.406, 0.174, 0.498, 0.673),
    ),
    # Table 2, person class of COCO val.
    "Mask R-CNN R101": (
        *(0.455, 0.798, 0.472, 0.239, 0.511, 0.611),
        *(0.169, 0.477, 0.530, 0.350, 0.596, 0.721),
    ),
    "PersonLab R101": (
        *(0.382, 0.661, 0.397, 0.164, 0.476, 0.592),
        *(0.162, 0.416, 0.439, 0.204, 0.532, 0.681),
    ),
    "BBE R50 OS8": (
        *(0.374, 0.644, 0.386, 0.127, 0.449, 0.616),
        *(0.160, 0.399, 0.418, 0.180, 0.511, 0.665),
    ),
    # Table 3, person class of COCO val, MobileNetV2.
    "BBE MNv2 OS16": (
        *(0.246, 0.490, 0.228, 0.047, 0.269, 0.492),
        *(0.138, 0.301, 0.311, 0.085, 0.377, 0.576),
    ),
    "BBE MNv2 OS8": (
        *(0.260, 0.507, 0.242, 0.056, 0.292, 0.501),
        *(0.141, 0.316, 0.327, 0.101, 0.399, 0.583),
    ),
    "BBE MNv2 OS16 ASPP": (
        *(0.280, 0.531, 0.270, 0.054, 0.311, 0.548),
        *(0.143, 0.316, 0.327, 0.093, 0.394, 0.604),
    ),
    "BBE MNv2 OS8 ASPP": (
        *(0.296, 0.553, 0.285, 0.068, 0.331, 0.557),
        *(0.145, 0.331, 0.343, 0.115, 0.414, 0.604),
    ),
}


def mask_table(report: EvalReport) -> str:
    """The twelve numbers of every size measured, then the paper's rows, as plain text."""
    rows = [(f"ours at {size.long_side}", size.masks.values) for size in report.sizes]
    rows += [(f"paper: {name}", values) for name, values in PAPER_ROWS.items()]
    width = max(len(label) for label, _ in rows)
    lines = [f"Person masks: {report.model.info.name}, {described(report)}"]
    lines.append(" " * width + "".join(f"{name:>7}" for name in NUMBER_NAMES))
    for label, values in rows:
        lines.append(f"{label:<{width}}" + "".join(f"{_shown(value):>7}" for value in values))
    return "\n".join(lines)


def loss_table(report: EvalReport) -> str:
    """Where accuracy is lost, and what it costs in time, as plain text."""
    header = (
        "  size  mask AP  box AP  oracle boxes  oracle assignment"
        "  boundary IoU  semantic IoU  network ms  grouping ms"
    )
    rows = (
        f"{size.long_side:>6}  {_shown(size.masks['AP']):>7}  {_shown(size.boxes['AP']):>6}"
        f"  {_shown(size.true_boxes['AP']):>12}  {_shown(size.true_masks['AP']):>17}"
        f"  {size.boundary_iou:>12.3f}  {size.semantic_iou:>12.3f}"
        f"  {size.network_ms:>10.1f}  {size.group_ms:>11.2f}"
        for size in report.sizes
    )
    return "\n".join((header, *rows))


def described(report: EvalReport) -> str:
    """Split, photos, people and provider in one line."""
    return (
        f"{report.options.data.name} {report.options.split}, {report.photos} photos, "
        f"{report.people} people, {report.provider.actual}"
    )


def write_json(report: EvalReport, path: Path) -> None:
    """All numbers, options, versions and the paper's rows."""
    path.write_text(json.dumps(as_json(report), indent=2) + "\n", encoding="utf-8")


def as_json(report: EvalReport) -> dict[str, Any]:
    """The report as plain values."""
    options = report.options
    return {
        "model": {
            "name": report.model.info.name,
            "file": report.model.path.name,
            "sha256": report.model.sha256,
            "size_bytes": report.model.size_bytes,
        },
        "data": {
            "split": options.split,
            "photos": report.photos,
            "people": report.people,
            "exact_only": options.exact_only,
        },
        "group_options": {
            name: getattr(options.group, name) for name in options.group.__dataclass_fields__
        },
        "provider": report.provider.actual,
        "machine": platform.processor() or platform.machine(),
        "versions": {name: metadata.version(name) for name in ("numpy", "pycocotools")},
        "sizes": [_size_json(size) for size in report.sizes],
        "paper": {
            name: dict(zip(NUMBER_NAMES, values, strict=True))
            for name, values in PAPER_ROWS.items()
        },
    }


def _size_json(size: SizeReport) -> dict[str, Any]:
    return {
        "long_side": size.long_side,
        "masks": size.masks.as_dict(),
        "boxes": size.boxes.as_dict(),
        "oracle_boxes": size.true_boxes.as_dict(),
        "oracle_assignment": size.true_masks.as_dict(),
        "ap_lost_to_boxes": size.true_boxes["AP"] - size.masks["AP"],
        "ap_lost_to_grouping": size.true_masks["AP"] - size.masks["AP"],
        "boundary_iou": size.boundary_iou,
        "semantic_iou": size.semantic_iou,
        "network_ms": size.network_ms,
        "group_ms": size.group_ms,
    }


def _shown(value: float) -> str:
    """-1 is COCO's value where there was nothing to find."""
    return f"{value:.3f}" if value >= 0 else "–"
