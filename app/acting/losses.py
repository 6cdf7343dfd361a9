"""Sources that cannot be opened or are lost: why, and what can be done about it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from app.acting.choosing import Choosing
from app.acting.picture import Picture
from app.acting.retry import Retry
from app.acting.sources import Sources
from app.held.backend import SourceRequest
from app.running.player import Player
from app.shown.banner import Banner, Choice, Level
from engine.errors import EngineError, SourceLost, SourceNotFound
from engine.source.base import SourceInfo


class Losses:
    """Tells of them; a live source is looked for until it is back."""

    def __init__(
        self,
        player: Player,
        picture: Picture,
        sources: Sources,
        choosing: Choosing,
        retry: Retry,
        banner: Banner,
    ) -> None:
        self._player, self._picture, self._sources = player, picture, sources
        self._choosing, self._retry, self._banner = choosing, retry, banner
        self._looking_for = ""  # how the message begins
        sources.left.connect(self._stop_looking)

    def show_error(self, error: EngineError) -> None:
        """Why a source or the network stopped, with what can be done about it."""
        state = self._player.state()
        source = state.source if state is not None else None
        if isinstance(error, SourceLost) and source is not None and source.live:
            self._look_for(source, error)
            return
        retry = Choice("Retry", self._retry.begin)
        choices = [retry, Choice("Choose file…", self._choosing.choose_file)]
        request, hint = self._player.request, error.hint
        if request is not None and request.is_address:
            choices[1] = Choice("Change address…", self._choosing.ask_address)
        if isinstance(error, SourceNotFound) and request is not None and _is_missing(request):
            # The engine's hint lists what a command line takes.
            hint = "It may have been moved or renamed, or its disk is not connected."
        self._banner.post(Level.ERROR, error.message, hint, choices)

    def show_running(self) -> None:
        """Pictures come: a source that was lost is back."""
        if not self._looking_for:
            return
        if self._banner.text.startswith(self._looking_for):
            self._banner.dismiss()
        self._looking_for = ""
        self._picture.clear()

    def _look_for(self, lost: SourceInfo, error: EngineError) -> None:
        """Open a live source anew as soon as it is there; its last picture stays until then."""
        request = self._player.request
        if request is None:
            return
        if request.is_camera and lost.name != f"Camera {request.spec}":
            # By its name: its number may be another camera's meanwhile.
            request = replace(request, spec=f"camera:{lost.name}", title=lost.name)
        self._looking_for = error.message
        self._player.open(request, when_there=True)
        self._banner.post(
            Level.WARNING,
            error.message,
            f"{error.hint} It is looked for every two seconds and goes on by itself.".strip(),
            [
                Choice("Stop", self._sources.close),
                Choice("Choose file…", self._choosing.choose_file),
            ],
        )

    def _stop_looking(self) -> None:
        self._looking_for = ""


def _is_missing(request: SourceRequest) -> bool:
    """Whether it is a file or folder that is not there; a folder may also just hold nothing."""
    return request.is_file and not (isinstance(request.spec, Path) and request.spec.exists())
