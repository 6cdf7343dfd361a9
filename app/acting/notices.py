"""What a session's state says that a user must know, told once each."""

from __future__ import annotations

from app.acting.losses import Losses
from app.acting.networks import Networks
from app.basics.clock_text import clock_text
from app.basics.left_out import left_out_texts
from app.running.player import Player
from app.shown.banner import Banner, Choice, Level
from app.shown.controls.model import provider_title
from engine.board import SessionState
from engine.config import Provider
from engine.errors import EngineError, ModelError, RuntimeUnavailable
from engine.predictor import ProviderReport
from engine.reader import Hole
from engine.source.base import SourceInfo

_NO_PICTURE = "No picture can be decoded from"


class Notices:
    """Posts a banner when an error or a fallback first appears in the state."""

    def __init__(
        self, player: Player, networks: Networks, losses: Losses, banner: Banner, toast: Banner
    ) -> None:
        self._player, self._networks, self._losses = player, networks, losses
        self._banner, self._toast = banner, toast
        self._error: object = None
        self._cut_short: object = None
        self._left_out = self._holes = 0
        self._model_error: object = None
        self._report: ProviderReport | None = None
        self._told_unkept = False

    def tell(self, error: EngineError) -> None:
        """An error outside any session."""
        self._banner.post(Level.ERROR, error.message, error.hint)

    def tell_unkept(self, path: str) -> None:
        """The file of the settings cannot be written; told once, in passing."""
        if not self._told_unkept:
            self._told_unkept = True
            self._toast.post(
                Level.WARNING,
                "What you choose is not kept for the next start.",
                f"{path} cannot be written.",
            )

    def show_state(self, state: SessionState | None) -> None:
        """Tell what is new."""
        if state is None:
            self._error = self._model_error = self._cut_short = None
            if self._holes and self._toast.text.startswith(_NO_PICTURE):
                self._toast.dismiss()  # or it would seem to be of the next film
            self._left_out = self._holes = 0
            return
        if state.error is not None and state.error is not self._error:
            self._error = state.error
            if isinstance(state.error, (ModelError, RuntimeUnavailable)):
                self._tell_model(state.error.message, state.error.hint)
            else:
                self._losses.show_error(state.error)
        if state.cut_short is not None and state.cut_short is not self._cut_short:
            self._cut_short = state.cut_short
            self._losses.show_error(state.cut_short)
        if len(state.left_out) > self._left_out:
            self._left_out = len(state.left_out)
            self._banner.post(Level.WARNING, *left_out_texts(state.left_out))
        if len(state.holes) > self._holes:
            self._holes = len(state.holes)
            self._tell_hole(state.holes[-1], state.source)
        if state.model_error is not None and state.model_error is not self._model_error:
            self._model_error = state.model_error
            self._tell_model_refused(state.model_error)
        if state.provider is not None and state.provider != self._report:
            self._report = state.provider
            if state.provider.fell_back:
                self._tell_fallback(state.provider)

    def _tell_hole(self, hole: Hole, source: SourceInfo | None) -> None:
        start_s = source.start_s if source is not None else 0.0
        times = f"{clock_text(hole.from_s - start_s)} to {clock_text(hole.to_s - start_s)}"
        self._toast.post(
            Level.INFO,
            f"{_NO_PICTURE} {times}.",
            "The film is damaged there and goes on after it.",
        )

    def _tell_model(self, message: str, hint: str) -> None:
        self._banner.post(
            Level.ERROR,
            message,
            hint,
            [
                Choice("Use the default model", lambda: self._networks.change(model="")),
                Choice("Use the CPU", lambda: self._networks.change(provider=Provider.CPU)),
            ],
        )

    def _tell_model_refused(self, error: EngineError) -> None:
        """Another network could not be opened; the last one goes on, also in the next film."""
        hint = f"{error.hint} The last one goes on.".strip()
        last = self._player.opened_runtime
        if last is None or last == self._player.runtime:
            self._tell_model(error.message, hint)
            return
        self._networks.use(last)
        choices = [Choice("Choose network…", self._networks.choose_file)]
        self._banner.post(Level.ERROR, error.message, hint, choices)

    def _tell_fallback(self, report: ProviderReport) -> None:
        self._banner.post(
            Level.WARNING,
            fallback_title(report),
            f"{report.reason} {report.fix}".strip(),
            self._stay_with(report),
        )

    def _stay_with(self, report: ProviderReport) -> list[Choice]:
        """Ask for what runs from now on, so that this is not told at every start."""
        runs = next((p for p in Provider if p.value == report.actual.lower()), None)
        if runs is None or runs.value == report.requested:
            return []
        return [Choice(f"Stay with {report.actual}", lambda: self._networks.change(provider=runs))]


def fallback_title(report: ProviderReport) -> str:
    """One sentence on where the network runs when that is not all that was asked for."""
    if report.actual != "CPU" and report.requested in ("auto", report.actual.lower()):
        return f"The network runs on {report.actual}, but not all is as asked for."
    if report.requested == "auto":
        return f"The network runs on {report.actual}."
    return f"The network runs on {report.actual}, not on {provider_title(report.requested)}."
