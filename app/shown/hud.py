"""The figures on the picture: how fast, how late, where it runs and what limits it."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QFrame, QGridLayout, QLabel, QWidget

from app.basics.figure_texts import input_text, provider_text
from app.shown.controls.widgets import label, restyle
from engine.board import Phase, SessionState

_NAMES = {
    "fps": "Frames per second",
    "latency": "Latency p50 / p95",
    "dropped": "Dropped frames",
    "people": "People",
    "provider": "Runs on",
    "input": "Input size",
    "bottleneck": "Limited by",
}

_VALUE_WIDTH_PX = 144
_BRIEF_WIDTH_PX = 56

_STAGES = {
    "source": "the source",
    "preprocess": "preparing",
    "network": "the network",
    "steady": "steadying masks",
    "group": "grouping",
    "track": "tracking",
    "render": "drawing",
}


class Hud(QFrame):
    """A small table that lets the mouse through. is_brief: as `set_brief` said."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("hud")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        grid = QGridLayout(self)
        grid.setContentsMargins(12, 8, 12, 8)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(3)
        self.values: dict[str, QLabel] = {}
        self._details: list[QLabel] = []
        self.is_brief = False
        for row, (key, title) in enumerate(_NAMES.items()):
            value = label("–", "hud_big" if key == "fps" else "")
            value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            value.setFixedWidth(_VALUE_WIDTH_PX)  # a table that breathes with its figures distracts
            name = label(title, "hud_name")
            grid.addWidget(name, row, 0)
            grid.addWidget(value, row, 1)
            self.values[key] = value
            if key != "fps":
                self._details += [name, value]

    def set_brief(self, brief: bool) -> None:
        """Only the frames per second, on a picture that all figures would cover."""
        self.is_brief = brief
        self.values["fps"].setFixedWidth(_BRIEF_WIDTH_PX if brief else _VALUE_WIDTH_PX)
        for part in self._details:
            part.setVisible(not brief)

    def show_state(self, state: SessionState) -> None:
        """Show a session's figures; rates only while pictures are moving."""
        stats = state.stats
        moving = state.phase is Phase.RUNNING and stats.fps > 0
        latency = f"{stats.latency_p50_ms:.0f} / {stats.latency_p95_ms:.0f} ms"
        limit = stats.bottleneck
        if limit in stats.stage_ms:
            limit_text = f"{_STAGES.get(limit, limit)}, {stats.stage_ms[limit]:.0f} ms"
        else:
            limit_text = _STAGES.get(limit, limit)
        texts = {
            "fps": f"{stats.fps:.1f}" if moving else "–",
            "latency": latency if moving else "–",
            "dropped": str(stats.dropped_frames),
            "provider": provider_text(state),
            "input": input_text(state),
            "bottleneck": limit_text if moving and limit else "–",
        }
        for key, text in texts.items():
            self.values[key].setText(text)

    def show_people(self, count: int) -> None:
        """How many are in the picture on the screen."""
        self.values["people"].setText(str(count))


class StatusChip(QLabel):
    """One word about where the session is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "chip")

    def show_state(self, state: SessionState | None) -> None:
        """Live, playing, paused, ended, opening or nothing."""
        text = _phase_text(state) if state is not None else ""
        if text != self.text():
            self.setText(text)
            self.setProperty("role", "live" if text == "LIVE" else "chip")
            restyle(self)
        self.setVisible(bool(text))


def _phase_text(state: SessionState) -> str:
    phase, source = state.phase, state.source
    pictures = source.pictures if source is not None else ()
    stands = phase in (Phase.PAUSED, Phase.ENDED) or len(pictures) == 1
    if pictures and stands and phase is not Phase.FAILED:
        return "Picture"
    if phase is Phase.RUNNING:
        return "LIVE" if source is not None and source.live else "Playing"
    return {
        Phase.OPENING: "Opening…",
        Phase.PAUSED: "Paused",
        Phase.ENDED: "Ended",
        Phase.FAILED: "Stopped",
    }.get(phase, "")
