"""The player on its own: a session per source, each in a thread that outlives nobody."""

from __future__ import annotations

from PyQt6.QtCore import QCoreApplication, QEvent

from app.basics.tasks import TaskRunner
from app.held.backend import SourceRequest
from app.running.player import Player
from app.running.worker import EngineThread
from engine.board import Phase
from tests.app.gui import STRICT, LiveCamera

pytestmark = STRICT

THREAD_END_MS = 60_000


def test_a_player_that_is_gone_is_not_told_that_its_thread_has_ended(compiled, qtbot, scene):
    """As where a window has waited long enough and goes while its last thread ends."""
    scene.open_source = lambda _request: LiveCamera()
    tasks = TaskRunner()
    player = Player(scene.backend(), tasks)
    player.open(SourceRequest("camera"))
    qtbot.waitUntil(lambda: (state := player.state()) is not None and state.phase is Phase.RUNNING)
    (thread,) = player.findChildren(EngineThread)
    player.close()
    assert thread.wait(THREAD_END_MS)  # what it said last waits for an event loop
    player.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    with qtbot.captureExceptions() as raised:
        QCoreApplication.processEvents()
    assert raised == []
    tasks.close()
