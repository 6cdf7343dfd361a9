"""The picture that is on the screen: shown, listed with its people, and cleared."""

from __future__ import annotations

from PyQt6.QtCore import QObject, Qt, pyqtSignal

from app.held.options import OptionsModel
from app.shown.controls.widgets import plain_tip
from app.shown.hud import Hud
from app.shown.people_panel import PeopleSection
from app.shown.video_view import VideoView
from engine.types import Result


class Picture(QObject):
    """Keeps the view and the list of people in step, and lets one of these stand out in both.

    begun: the first picture of a session is shown. seen: the ids of people who were painted.
    cleared: nothing of the last session is shown any more.
    """

    begun = pyqtSignal()
    seen = pyqtSignal(object)
    cleared = pyqtSignal()

    def __init__(
        self, view: VideoView, people: PeopleSection, hud: Hud, options: OptionsModel
    ) -> None:
        super().__init__(view)
        self._view, self._people, self._hud, self._options = view, people, hud, options
        # Queued: widgets must not change while the picture is being painted.
        queued = Qt.ConnectionType.QueuedConnection
        view.painted.connect(self._on_painted, type=queued)  # type: ignore[call-arg]  # not in stubs
        view.clicked.connect(self.select)
        view.hovered.connect(self._show_name)
        people.selected.connect(self.select)

    @property
    def result(self) -> Result | None:
        """What is shown."""
        return self._view.result

    @property
    def selected_id(self) -> int:
        """The person that stands out, -1 for nobody."""
        return self._view.selected_id

    def select(self, track_id: int) -> None:
        """Let a person stand out in the picture and in the list; -1 for nobody."""
        self._view.select(track_id)
        self._people.select(track_id)

    def show(self, result: Result) -> None:
        """Paint the newest result."""
        is_first = self.result is None
        self._view.show_result(result)
        if is_first:
            self.begun.emit()

    def clear(self) -> None:
        """Nothing of the last session stays on the screen."""
        self._view.clear()
        self._people.show_result(None)
        self.select(-1)
        self.cleared.emit()

    def _on_painted(self, result: Result) -> None:
        """The people of the picture that is on the screen now."""
        if self.result is None:
            return  # it was, until another source was opened
        if result.finished_at_s > self._options.began_at_s:  # else its ids mean other people
            track_ids = result.instances.track_ids.tolist()
            self._options.show_painted(track_ids)
            self.seen.emit(track_ids)
        self._people.show_result(result)
        self._hud.show_people(len(result.instances))

    def _show_name(self, track_id: int) -> None:
        name = self._options.name_of(track_id) if track_id != -1 else ""
        self._view.setToolTip(plain_tip(name) if name else "")
