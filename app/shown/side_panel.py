"""The side panel: one column of sections that can be folded."""

from __future__ import annotations

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from app.basics.theme import GRID_PX
from app.held.options import OptionsModel
from app.held.preferences import Preferences
from app.shown.controls.anchored import Anchored
from app.shown.controls.appearance import AppearanceSection
from app.shown.controls.camera import CameraSection
from app.shown.controls.detection import DetectionSection
from app.shown.controls.look import LookSection
from app.shown.controls.model import ModelSection
from app.shown.controls.saving import SavingSection
from app.shown.controls.section import Section
from app.shown.people_panel import PeopleSection
from app.shown.person_row import PersonRow
from engine.board import SessionState

WIDTH_PX = 312


class SidePanel(QFrame):
    """Owns the sections. folded: the names of the closed ones, comma separated."""

    folded = pyqtSignal(str)

    def __init__(self, options: OptionsModel, preferences: Preferences) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.setFixedWidth(WIDTH_PX)
        view = preferences.view
        self.people = PeopleSection(options)
        self.look = LookSection(options)
        self.detection = DetectionSection(options)
        self.model = ModelSection(preferences.runtime, options)
        self.camera = CameraSection(view.camera_size, view.mirror)
        self.saving = SavingSection(view.output_dir, view.clean_screenshot, view.record)
        self.appearance = AppearanceSection(view.appearance)
        self.sections: tuple[Section, ...] = (
            self.people, self.camera, self.look, self.detection, self.model, self.saving,
            self.appearance,
        )  # fmt: skip
        closed = set(view.closed_sections.split(","))
        for section in self.sections:
            section.set_open(section.name not in closed)
            section.toggled.connect(lambda _open: self.folded.emit(self._closed_names()))
        self._lay_out()
        self.show_state(None, is_camera=False)

    def show_state(self, state: SessionState | None, is_camera: bool) -> None:
        """What the session says of its model and, where that is its source, of its camera."""
        self.model.show_state(state)
        source = state.source if state is not None and is_camera else None
        self.camera.setVisible(source is not None)
        self.camera.show_detail(source.detail if source is not None else "")

    def rename(self, row: PersonRow) -> None:
        """Let the user type a name for somebody listed."""
        if not self.people.is_open:
            self.people.set_open(True)
            self.folded.emit(self._closed_names())
        row.name.edit()
        self._area.ensureWidgetVisible(row)

    def _closed_names(self) -> str:
        return ",".join(section.name for section in self.sections if not section.is_open)

    def _lay_out(self) -> None:
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(2 * GRID_PX, 2 * GRID_PX, 2 * GRID_PX, 2 * GRID_PX)
        column.setSpacing(2 * GRID_PX)
        for section in self.sections:
            column.addWidget(section)
        column.addStretch()
        self._area = area = QScrollArea()
        area.setWidget(content)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # it follows the focus of what it holds
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(area)
        Anchored(self.people.listing, area)
