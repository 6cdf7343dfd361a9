"""How films are played: paused, at which speed, and whether they begin again at their end."""

from __future__ import annotations

from dataclasses import replace

from PyQt6.QtCore import QObject, pyqtSignal

from app.held.backend import SourceRequest
from app.held.kept import Kept
from app.running.player import Player
from app.shown.transport import Transport
from engine.playback import Playback


class Playing(QObject):
    """Holds the loop button and what is remembered to the kind of source that is open.

    Films and the demo scene loop each as chosen. films: as the command line asked, until the
    button is pressed; None for as last chosen. speed_changed: another one was chosen.
    """

    speed_changed = pyqtSignal()

    def __init__(
        self, player: Player, transport: Transport, kept: Kept, films: bool | None
    ) -> None:
        super().__init__(player)
        self._player, self._transport, self._kept = player, transport, kept
        self._films = films
        transport.speed_chosen.connect(self.set_speed)
        player.set_playback(Playback(speed=kept.view.speed))
        self.show_request(None)

    def pause(self) -> None:
        """Let the picture stand."""
        self._player.set_playback(replace(self._player.playback, paused=True))

    def set_speed(self, speed: float) -> None:
        """Play films at that speed."""
        self._player.set_playback(replace(self._player.playback, speed=speed))
        self._kept.change_view(speed=speed)
        self._show()
        self.speed_changed.emit()

    def show_request(self, request: SourceRequest | None) -> None:
        """Loop what is opened as chosen for its kind."""
        view = self._kept.view
        films = view.loop if self._films is None else self._films
        self._loop(view.loop_demo if _is_demo(request) else films)

    def toggle_loop(self) -> None:
        """Switch it for the kind of what is open, and remember that."""
        loop = not self._player.playback.loop
        if _is_demo(self._player.request):
            self._kept.change_view(loop_demo=loop)
        else:
            self._films = None
            self._kept.change_view(loop=loop)
        self._loop(loop)

    def _loop(self, loop: bool) -> None:
        self._player.set_playback(replace(self._player.playback, loop=loop))
        self._show()

    def _show(self) -> None:
        playback = self._player.playback
        self._transport.show_playback(playback.loop, playback.speed)


def _is_demo(request: SourceRequest | None) -> bool:
    return request is not None and request.spec == "demo"
