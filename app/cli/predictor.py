"""The network that a command runs, opened with a word about where it really runs."""

from __future__ import annotations

from app.cli.console import note
from engine.config import RuntimeOptions
from engine.predictor import Predictor


def open_reported(runtime: RuntimeOptions) -> Predictor:
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
    return predictor
