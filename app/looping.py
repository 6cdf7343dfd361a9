"""Whether what is played begins again at its end: films and the demo scene, each as chosen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app.backend import SourceRequest

if TYPE_CHECKING:
    from app.main_window import MainWindow


class Looping:
    """Holds the loop button and what is remembered to the kind of source that is open.

    films: as the command line asked, until the button is pressed; None for as last chosen.
    """

    def __init__(self, window: MainWindow, films: bool | None) -> None:
        self._window = window
        self._films = films

    def show_request(self, request: SourceRequest | None) -> None:
        """Loop what is opened as chosen for its kind."""
        view = self._window.kept.view
        films = view.loop if self._films is None else self._films
        self._play(view.loop_demo if _is_demo(request) else films)

    def toggle(self) -> None:
        """Switch it for the kind of what is open, and remember that."""
        loop = not self._window.player.playback.loop
        if _is_demo(self._window.player.request):
            self._window.kept.change_view(loop_demo=loop)
        else:
            self._films = None
            self._window.kept.change_view(loop=loop)
        self._play(loop)

    def _play(self, loop: bool) -> None:
        player = self._window.player
        player.set_playback(replace(player.playback, loop=loop))
        self._window.transport.show_playback(loop, player.playback.speed)


def _is_demo(request: SourceRequest | None) -> bool:
    return request is not None and request.spec == "demo"
