"""What the session says, shown: what is new at once, figures a few times a second."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from PyQt6.QtCore import QTimer

from app.launch import WindowLaunch
from engine.board import Phase, SessionState
from engine.source.base import SourceInfo

if TYPE_CHECKING:
    from app.main_window import MainWindow

FIGURES_EVERY_S = 0.25


class News:
    """Shows the states of the sessions, and does what waits for the first pictures."""

    def __init__(self, window: MainWindow, launch: WindowLaunch) -> None:
        self._window = window
        self._to_record, self._record_as = launch.record, launch.record_as
        self._told: tuple[object, ...] = ()
        self._figures_at_s = 0.0
        self._has_begun = False
        self._timer = QTimer(window)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(lambda: self.on_state(window.player.state()))

    def on_state(self, state: SessionState | None) -> None:
        """The session says something new, `None` without one."""
        window = self._window
        window.transport.show_state(state)
        if not self._is_due(state):
            return
        if state is not None and state.source is not None and not self._has_begun:
            self._begin(state.source)
        self.show_figures(state)
        window.notices.show_state(state)
        if state is not None and state.phase is Phase.RUNNING:
            window.sources.show_running()
            self._record()

    def show_figures(self, state: SessionState | None) -> None:
        """All but where the film stands, which follows each picture."""
        window, request = self._window, self._window.player.request
        source = state.source if state is not None else None
        is_camera = request is not None and request.is_camera
        if request is not None and is_camera and not request.title and source is not None:
            window.show_request(replace(request, title=source.name))
        window.header.show_state(state)
        window.panel.show_state(state, is_camera)
        window.stage.show_state(state, request.name if request else "")
        if window.keeping.recording.active:
            window.keeping.show_recording()

    def begin_anew(self) -> None:
        """Another session begins, or none."""
        self._has_begun = False

    def stop(self) -> None:
        """Nothing more is shown."""
        self._timer.stop()

    def _is_due(self, state: SessionState | None) -> bool:
        told: tuple[object, ...] = ()
        if state is not None:
            told = (state.phase, state.source, state.provider, state.model_error, state.cut_short)
            told = (*told, state.left_out, state.holes)
        now_s = time.monotonic()
        rest_s = self._figures_at_s + FIGURES_EVERY_S - now_s
        if told == self._told and rest_s > 0:
            if not self._timer.isActive():  # this state may be the last one
                self._timer.start(int(rest_s * 1e3) + 1)
            return False
        self._timer.stop()
        self._told, self._figures_at_s = told, now_s
        return True

    def _begin(self, source: SourceInfo) -> None:
        self._has_begun = True
        if len(source.pictures) > 1 and self._to_record is None:
            self._window.pause()  # else one would follow the other before it was seen

    def _record(self) -> None:
        """Into the file of the command line, once."""
        if self._to_record is not None:
            path, self._to_record = self._to_record, None
            self._window.keeping.record_into(path, self._record_as)
