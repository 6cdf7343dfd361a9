"""What a session's state says that a user must know, told once each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from app.banner import Choice, Level
from app.clock_text import clock_text
from app.controls.model import provider_title
from engine.board import SessionState
from engine.config import Provider, RuntimeOptions
from engine.errors import EngineError, ModelError, RuntimeUnavailable
from engine.predictor import ProviderReport
from engine.reader import Hole
from engine.source.base import SourceInfo
from engine.styles import NewPeople, PersonEffect

if TYPE_CHECKING:
    from app.main_window import MainWindow
    from app.options import Guard


_REASONS_TOLD = 3
_NO_PICTURE = "No picture can be decoded from"


class Notices:
    """Posts a banner when an error or a fallback first appears in the state."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._error: object = None
        self._cut_short: object = None
        self._left_out = self._holes = 0
        self._model_error: object = None
        self._report: ProviderReport | None = None
        self._told_unkept = False

    def tell(self, error: EngineError) -> None:
        """An error outside any session."""
        self._window.stage.banner.post(Level.ERROR, error.message, error.hint)

    def tell_unkept(self, path: str) -> None:
        """The file of the settings cannot be written; told once, in passing."""
        if not self._told_unkept:
            self._told_unkept = True
            self._window.stage.toast.post(
                Level.WARNING,
                "What you choose is not kept for the next start.",
                f"{path} cannot be written.",
            )

    def tell_left_out(self, reasons: Sequence[str]) -> None:
        """Pictures of a folder that cannot be read; reasons: a sentence on each, at least one."""
        title, hint = reasons[0], "It is left out."
        if len(reasons) > 1:
            title = f"{len(reasons)} pictures cannot be read and are left out."
            others = len(reasons) - _REASONS_TOLD
            hint = " ".join(reasons[:_REASONS_TOLD]) + (
                f" And {others} more." if others > 0 else ""
            )
        self._window.stage.banner.post(Level.WARNING, title, hint)

    def tell_of_newcomers(self, track_id: int) -> None:
        """Somebody was hidden or blurred who may come back under a new number; told once ever."""
        window, state = self._window, self._window.player.state()
        source = state.source if state is not None else None
        nobody_comes = source is not None and source.frame_count == 1
        if nobody_comes or window.kept.view.knows_newcomers:
            return
        window.kept.change_view(knows_newcomers=True)
        hides = window.options.style_of(track_id).effect is PersonEffect.HIDE
        done, verb, choice = (
            ("hidden", "Hide", NewPeople.HIDE) if hides else ("blurred", "Blur", NewPeople.BLUR)
        )
        window.stage.banner.post(
            Level.INFO,
            f"{window.options.name_of(track_id)} is {done}, but may come back as somebody new.",
            f"Whoever leaves the picture can get another number on returning and is then {done} "
            "only if new people are: Look › New people.",
            [Choice(f"{verb} new people", lambda: window.options.set_new_people(choice))],
        )

    def tell_untracked(self, effect: PersonEffect) -> None:
        """Identities are not held any more, so what was done with somebody is with everybody."""
        done, options = _done(effect), self._window.options
        self._window.stage.banner.post(
            Level.INFO,
            f"Without identities everybody is {done}, because somebody was.",
            f"Nobody can be told from anybody else now, and with identities again everybody is "
            f"new. New people stay {done} until you choose otherwise: Look › New people.",
            [Choice("Show everybody", lambda: options.set_new_people(NewPeople.AS_EVERYBODY))],
        )

    def tell_guard(self, guard: Guard) -> None:
        """What was lost is back, and the people in it count as new."""
        done = _done(guard.effect)
        self._window.stage.banner.post(
            Level.INFO,
            f"Whoever is not recognised is {done}, because somebody was.",
            "The picture did not go on where it stopped. "
            f"New people stay {done} until you choose otherwise: Look › New people.",
            [Choice("Show them", lambda: self._window.options.lift(guard))],
        )

    def show_state(self, state: SessionState | None) -> None:
        """Tell what is new."""
        if state is None:
            self._error = self._model_error = self._cut_short = None
            if self._holes and self._window.stage.toast.text.startswith(_NO_PICTURE):
                self._window.stage.toast.dismiss()  # or it would seem to be of the next film
            self._left_out = self._holes = 0
            return
        if state.error is not None and state.error is not self._error:
            self._error = state.error
            if isinstance(state.error, (ModelError, RuntimeUnavailable)):
                self._tell_model(state.error.message, state.error.hint)
            else:
                self._window.sources.show_error(state.error)
        if state.cut_short is not None and state.cut_short is not self._cut_short:
            self._cut_short = state.cut_short
            self._window.sources.show_error(state.cut_short)
        if len(state.left_out) > self._left_out:
            self._left_out = len(state.left_out)
            self.tell_left_out(state.left_out)
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
        self._window.stage.toast.post(
            Level.INFO,
            f"{_NO_PICTURE} {times}.",
            "The film is damaged there and goes on after it.",
        )

    def _tell_model(self, message: str, hint: str) -> None:
        self._window.stage.banner.post(
            Level.ERROR,
            message,
            hint,
            [
                Choice("Use the default model", lambda: self._use(model="")),
                Choice("Use the CPU", lambda: self._use(provider=Provider.CPU)),
            ],
        )

    def _tell_model_refused(self, error: EngineError) -> None:
        """Another network could not be opened; the last one goes on, also in the next film."""
        hint = f"{error.hint} The last one goes on.".strip()
        last = self._window.player.opened_runtime
        if last is None or last == self._window.player.runtime:
            self._tell_model(error.message, hint)
            return
        self._use_runtime(last)
        choices = [Choice("Choose network…", self._window.sources.choose_model)]
        self._window.stage.banner.post(Level.ERROR, error.message, hint, choices)

    def _tell_fallback(self, report: ProviderReport) -> None:
        self._window.stage.banner.post(
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
        return [Choice(f"Stay with {report.actual}", lambda: self._use(provider=runs))]

    def _use(self, **changes: object) -> None:
        self._use_runtime(replace(self._window.player.runtime, **changes))  # type: ignore[arg-type]

    def _use_runtime(self, runtime: RuntimeOptions) -> None:
        self._window.panel.model.show_runtime(runtime)
        self._window.set_runtime(runtime)


def _done(effect: PersonEffect) -> str:
    return "hidden" if effect is PersonEffect.HIDE else "blurred"


def fallback_title(report: ProviderReport) -> str:
    """One sentence on where the network runs when that is not all that was asked for."""
    if report.actual != "CPU" and report.requested in ("auto", report.actual.lower()):
        return f"The network runs on {report.actual}, but not all is as asked for."
    if report.requested == "auto":
        return f"The network runs on {report.actual}."
    return f"The network runs on {report.actual}, not on {provider_title(report.requested)}."
