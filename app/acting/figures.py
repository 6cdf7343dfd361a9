"""What the session says, shown: what is new at once, figures a few times a second."""

from __future__ import annotations

import time
from dataclasses import replace

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from app.running.player import Player
from app.shown.body import Body
from engine.board import SessionState

EVERY_S = 0.25


class Figures(QObject):
    """Shows the states of the sessions around the picture.

    named: a `SourceRequest` that has found its name. shown: the figures are. told: a state that
    is new or due, `SessionState` or None.
    """

    named = pyqtSignal(object)
    shown = pyqtSignal()
    told = pyqtSignal(object)

    def __init__(self, player: Player, body: Body) -> None:
        super().__init__(player)
        self._player, self._body = player, body
        self._told: tuple[object, ...] = ()
        self._shown_at_s = 0.0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(lambda: self.on_state(player.state()))
        player.changed.connect(self.on_state)

    def show(self) -> None:
        """All but where the film stands, which follows each picture."""
        self._show(self._player.state())

    def stop(self) -> None:
        """Nothing more is shown."""
        self._timer.stop()

    def on_state(self, state: SessionState | None) -> None:
        """The session says something new, `None` without one."""
        self._body.transport.show_state(state)
        if self._is_due(state):
            self._show(state)
            self.told.emit(state)

    def _show(self, state: SessionState | None) -> None:
        request = self._player.request
        source = state.source if state is not None else None
        is_camera = request is not None and request.is_camera
        if request is not None and is_camera and not request.title and source is not None:
            self.named.emit(replace(request, title=source.name))
        self._body.header.show_state(state)
        self._body.panel.show_state(state, is_camera)
        self._body.stage.show_state(state, request.name if request else "")
        self.shown.emit()

    def _is_due(self, state: SessionState | None) -> bool:
        told: tuple[object, ...] = ()
        if state is not None:
            told = (state.phase, state.source, state.provider, state.model_error, state.cut_short)
            told = (*told, state.left_out, state.holes)
        now_s = time.monotonic()
        rest_s = self._shown_at_s + EVERY_S - now_s
        if told == self._told and rest_s > 0:
            if not self._timer.isActive():  # this state may be the last one
                self._timer.start(int(rest_s * 1e3) + 1)
            return False
        self._timer.stop()
        self._told, self._shown_at_s = told, now_s
        return True
