"""What fills the window: header, picture beside panel, transport, and the page of keys over all."""

from __future__ import annotations

from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.held.options import OptionsModel
from app.held.preferences import Preferences
from app.shown.header import Header
from app.shown.help_overlay import HelpOverlay
from app.shown.side_panel import SidePanel
from app.shown.stage import Stage
from app.shown.transport import Transport


class Body(QWidget):
    """Makes these and lays them out. actions: of the commands, by name."""

    def __init__(
        self, actions: dict[str, QAction], options: OptionsModel, preferences: Preferences
    ) -> None:
        super().__init__()
        self.setObjectName("root")
        self.stage = Stage()
        self.header = Header(actions)
        self.transport = Transport(actions)
        self.panel = SidePanel(options, preferences)
        self._lay_out()
        self.help = HelpOverlay(self)
        self.help.closed.connect(self.help.hide)
        self.help.left.connect(self.stage.view.setFocus)
        self.stage.view.double_clicked.connect(actions["fullscreen"].trigger)

    def _lay_out(self) -> None:
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self.stage, 1)
        middle.addWidget(self.panel)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addLayout(middle, 1)
        column.addWidget(self.transport)
