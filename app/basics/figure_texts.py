"""What is said of a session in the same words wherever it is."""

from __future__ import annotations

from engine.board import SessionState


def provider_text(state: SessionState | None) -> str:
    """Where the network really runs, e.g. "CPU · float32"."""
    report = state.provider if state else None
    return f"{report.actual} · {report.precision}" if report else "–"


def input_text(state: SessionState) -> str:
    """What the network sees of a picture: "545 × 305 px", or "417 of 545 px" to keep up."""
    if state.input_hw is None:
        return "–"
    height, width = state.input_hw
    if is_smaller(state):
        return f"{max(height, width)} of {state.full_long_side} px"
    return f"{width} × {height} px"


def is_smaller(state: SessionState) -> bool:
    """Whether the input was made smaller for the sake of the frame rate."""
    if state.source is None or state.source.pictures:
        return False  # a picture has no rate; the tiniest one gives a tiny input
    full = state.full_long_side
    return state.input_hw is not None and full is not None and max(state.input_hw) < full
