"""The network that a command runs, opened with a word about where it really runs."""

from __future__ import annotations

from app.cli.console import note
from engine.config import RuntimeOptions
from engine.predictor import Predictor


def open_reported(runtime: RuntimeOptions, fine_edges: bool) -> Predictor:
    """The network, and a note where it does not run as asked for, or not yet."""
    from engine.gpu import open_predictor

    predictor = open_predictor(runtime)
    report = predictor.provider
    if report.fell_back:
        note(
            f"Note: the network runs on {report.actual}, not {report.requested}. "
            f"{report.reason} {report.fix}".rstrip()
        )
    elif report.preparing:
        note(f"Note: the network runs on {report.actual} at first. {report.preparing}")
    if fine_edges and report.actual in ("CUDA", "TensorRT"):
        note("Note: fine edges are found by the processor, so it groups and draws as well.")
    return predictor
