"""The bottom bar: playing a film, and keeping what is seen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PyQt6.QtCore import QPoint, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QAction, QActionGroup, QResizeEvent
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QMenu, QToolButton, QWidget

from app.basics.clock_text import clock_text
from app.basics.icons import icon
from app.held.shortcuts import with_key
from app.shown.controls.elided import ElidedLabel
from app.shown.controls.widgets import label, tool
from app.shown.giving_way import GivingWay
from app.shown.person_menu import popup
from app.shown.seek_bar import SeekBar
from app.shown.volume import Volume
from engine.board import Phase, SessionState
from engine.source.base import SourceInfo

SPEEDS = (0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 4.0, 8.0)
WIDE_FROM_PX = 880
_SEEK_PX = 140
"""So wide the seek bar is at least: else it cannot be aimed at."""
NOT_SEARCHED = "This film cannot be searched."
NOT_EXPORTED = "Only films and pictures are exported; a live source is recorded."


class Transport(QFrame):
    """Buttons bound to the window's actions; the seek bar for films, a line for live.

    speed_chosen: one of SPEEDS.
    """

    speed_chosen = pyqtSignal(float)

    def __init__(self, actions: dict[str, QAction]) -> None:
        super().__init__()
        self.setObjectName("transport")
        self.setFixedHeight(56)
        self._actions = actions
        self._shown: tuple[Phase | None, SourceInfo | None] = (Phase.STOPPED, None)
        self.play = self._button("play", "play_pause", "Play or pause", "play")
        self.back = self._button("step_back", "step_back", "One frame back")
        self.on = self._button("step_on", "step_on", "One frame on")
        self.seek = SeekBar()
        self.seek.setMinimumWidth(_SEEK_PX)
        self.position = label("0:00.0", "time")
        self.duration = label("0:00.0", "time")
        self.source_text = ElidedLabel("soft")
        self.loop = self._button("loop", "loop", "Loop", checkable=True)
        self.speed = self._make_speed()
        self.sound = Volume(actions["mute"])
        self.record = self._button("record", "record", "Record", "record", checkable=True)
        self.record.setIcon(icon("record", "bad", "bad"))
        self.recorded = label("", "rec")
        self.recorded.hide()
        self.shot = self._button("shot", "screenshot", "Screenshot")
        self.export = self._button("export", "export", "Export the file")
        self.hud = self._button("gauge", "hud", "Figures", checkable=True)
        self.full = self._button("full", "fullscreen", "Full screen")
        self._tips = {part: part.toolTip() for part in (self.back, self.on, self.loop, self.speed)}
        self._separators = (_separator(), _separator())
        self._row = QHBoxLayout(self)
        self._giving_way = GivingWay(
            self,
            self._row,
            (
                (self.hud,), (self.speed,), (self.loop,), (self.back, self.on), (self.full,),
                (self.export,), (self.shot,),
            ),
        )  # fmt: skip
        self._lay_out()
        self.show_state(None)

    def show_state(self, state: SessionState | None) -> None:
        """What can be done now, and where the film is."""
        source = state.source if state else None
        phase = state.phase if state else None
        if (phase, source) != self._shown:  # once per change: this is called for every picture
            self._shown = (phase, source)
            self._show_possible(phase, source)
            self._show_play(phase)
        if state is not None and source is not None and source.pictures:
            self._show_picture(round(state.position_s), source.pictures)
        else:
            duration_s = source.duration_s if source is not None else None
            self._show_times(state.from_start_s if state else 0.0, duration_s or 0.0)

    def _show_possible(self, phase: Phase | None, source: SourceInfo | None) -> None:
        is_open = source is not None and phase in (Phase.RUNNING, Phase.PAUSED, Phase.ENDED)
        live = source is not None and source.live
        pictures = source is not None and bool(source.pictures)
        still = source is not None and source.frame_count == 1
        for widget in (self.play, self.shot, self.record):
            widget.setEnabled(is_open)
        self.play.setVisible(not still)
        for widget, tip in self._tips.items():
            widget.setEnabled(is_open and source is not None and source.seekable)
            widget.setToolTip(NOT_SEARCHED if is_open and not widget.isEnabled() else tip)
            self._giving_way.want(widget, not live and not still)
        for time in (self.position, self.duration):
            time.setEnabled(is_open)
        for part in (self.seek, self.position):
            part.setVisible(not live and not still)
        self.duration.setVisible(not live and not pictures)
        self.seek.setEnabled(is_open and source is not None and source.seekable)
        self.export.setEnabled(is_open and not live)
        self.export.setToolTip(NOT_EXPORTED if live else with_key("export", "Export the file"))
        self.sound.setVisible(not live and not pictures)
        self._giving_way.want(self.hud, not pictures)  # a still picture has no speed
        self.source_text.setVisible(live or pictures)
        self.source_text.setText(source.detail or source.name if source is not None else "")

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Without those that give way."""
        return QSize(self._giving_way.least_px, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """In a narrow window the film's position needs the room of what can be done without."""
        super().resizeEvent(event)
        for part in (self.sound.slider, *self._separators):
            part.setVisible(self.width() >= WIDE_FROM_PX)

    def show_playback(self, loop: bool, speed: float) -> None:
        """Loop and speed as they are."""
        self.loop.setChecked(loop)
        self.speed.setText(f"{speed:g}×")

    def show_recording(self, text: str) -> None:
        """Elapsed time and dropped frames; "" while nothing is recorded."""
        self.recorded.setText(text)
        self.recorded.setVisible(bool(text))
        self.record.setChecked(bool(text))
        self.record.setIcon(icon("stop" if text else "record", "bad", "bad"))

    def _show_times(self, position_s: float, duration_s: float) -> None:
        self.seek.set_duration(duration_s)
        self.seek.set_position(position_s)
        self.position.setText(clock_text(self.seek.position_s, duration_s))
        self.duration.setText(clock_text(duration_s))

    def _show_picture(self, index: int, pictures: Sequence[Path]) -> None:
        """Which of the pictures it is; `self.seek` counts them."""
        if len(pictures) == 1:
            return
        index = min(max(index, 0), len(pictures) - 1)
        self.seek.set_duration(len(pictures) - 1, counts=True)
        self.seek.set_position(index)
        self.position.setText(f"{index + 1} / {len(pictures)}")
        self.source_text.setText(pictures[index].name)
        self.source_text.setToolTip(pictures[index].name)

    def _show_play(self, phase: Phase | None) -> None:
        name = {Phase.RUNNING: "pause", Phase.ENDED: "replay"}.get(phase or Phase.STOPPED, "play")
        self.play.setIcon(icon(name))
        tips = {"pause": "Pause", "play": "Play", "replay": "Play again"}
        self.play.setToolTip(with_key("play_pause", tips[name]))

    def _button(
        self, icon_name: str, command: str, tip: str, kind: str = "", checkable: bool = False
    ) -> QToolButton:
        made = tool(icon_name, with_key(command, tip), kind, checkable)
        made.setAccessibleName(tip)
        made.clicked.connect(lambda _checked=False: self._actions[command].trigger())
        return made

    def _make_speed(self) -> QToolButton:
        made = QToolButton()
        made.setText("1×")
        made.setProperty("kind", "text")
        made.setToolTip("Speed  ([ and ])")
        made.setAccessibleName("Speed")
        made.clicked.connect(lambda _checked=False: self._open_speeds())
        return made

    def _open_speeds(self) -> None:
        """Above the button, as the bar lies at the window's lower edge."""
        menu = QMenu(self.speed)
        now = QActionGroup(menu)
        for value in SPEEDS:
            choice = QAction(f"{value:g}×", now)
            choice.setCheckable(True)
            if choice.text() == self.speed.text():
                choice.setChecked(True)
                choice.setIcon(icon("check"))
            choice.triggered.connect(lambda _checked=False, v=value: self.speed_chosen.emit(v))
            menu.addAction(choice)
        button = self._giving_way.more if self.speed.isHidden() else self.speed
        popup(menu, button.mapToGlobal(QPoint(0, -menu.sizeHint().height() - 4)))

    def _lay_out(self) -> None:
        row = self._row
        row.setContentsMargins(12, 8, 12, 8)
        row.setSpacing(4)
        for widget in (self.back, self.play, self.on):
            row.addWidget(widget)
        self.play.setIconSize(QSize(20, 20))
        row.addSpacing(8)
        for time_label in (self.position, self.duration):
            time_label.setFixedWidth(56)
        self.position.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.position)
        row.addWidget(self.seek, 1)
        row.addWidget(self.duration)
        row.addWidget(self.source_text, 1)
        for widget in (self.speed, self.loop):
            row.addWidget(widget)
        row.addWidget(self.sound)
        row.addWidget(self._separators[0])
        row.addWidget(self.recorded)
        for widget in (self.record, self.shot, self.export):
            row.addWidget(widget)
        row.addWidget(self._separators[1])
        for widget in (self.hud, self.full, self._giving_way.more):
            row.addWidget(widget)


def _separator() -> QWidget:
    line = QFrame()
    line.setObjectName("separator")
    line.setFixedSize(1, 24)
    holder = QWidget()
    row = QHBoxLayout(holder)
    row.setContentsMargins(6, 0, 6, 0)
    row.addWidget(line)
    return holder
