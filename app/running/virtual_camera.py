"""The picture on the screen as a camera of other programs, from source to source."""

from __future__ import annotations

from PyQt6.QtCore import QObject, pyqtSignal

from app.basics.tasks import TaskRunner
from app.running.player import Player
from engine.board import Phase, SessionState
from engine.errors import EngineError
from engine.sink.base import Sink


def open_virtual_camera() -> Sink:
    """The sink; may block. Raises `SinkError`."""
    from engine.sink.virtual_camera import VirtualCameraSink  # heavy, in a thread

    return VirtualCameraSink()


class VirtualCamera(QObject):
    """Feeds each session's pictures while it is wanted. failed: why it is off again."""

    failed = pyqtSignal(object)

    def __init__(self, player: Player, tasks: TaskRunner) -> None:
        super().__init__(player)
        self._player, self._tasks = player, tasks
        self._wanted = False
        self._opening = False
        self._sink: Sink | None = None
        player.changed.connect(self._on_state)

    def set_wanted(self, wanted: bool) -> None:
        """On or off."""
        self._wanted = wanted
        if not wanted and self._sink is not None:
            self._player.remove_sink(self._sink)
            self._sink = None
        elif wanted:
            self._on_state(self._player.state())

    def _on_state(self, state: SessionState | None) -> None:
        if state is None or state.phase in (Phase.STOPPED, Phase.FAILED):
            self._sink = None  # closed with its session
            return
        failure = next((f for f in state.sink_errors if f.sink is self._sink), None)
        if self._sink is not None and failure is not None:
            self._sink = None
            self._fail(failure.error)
        elif self._wanted and self._sink is None and not self._opening and state.source is not None:
            self._opening = True
            self._tasks.start("virtual camera", open_virtual_camera, self._begin, self._fail)

    def _begin(self, sink: Sink) -> None:
        self._opening = False
        if self._wanted and self._player.add_sink(sink):
            self._sink = sink
        else:
            sink.close()

    def _fail(self, error: EngineError) -> None:
        self._opening = self._wanted = False
        self.failed.emit(error)
