"""What is recorded, and where pictures and films are kept."""

from __future__ import annotations

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout

from app.held.preferences import RecordKind
from app.shown.controls.combo import Combo
from app.shown.controls.section import Section
from app.shown.controls.widgets import Switch, button, label

_RECORDINGS = (
    (RecordKind.SHOWN, "As shown (MP4)"),
    (RecordKind.PLAIN, "Without overlay (MP4)"),
    (RecordKind.CUT_OUT_MOV, "Cut-outs (MOV)"),
    (RecordKind.CUT_OUT_WEBM, "Cut-outs (WebM)"),
)


class SavingSection(Section):
    """What is recorded, and where pictures go.

    record_wanted: a `RecordKind`. folder_wanted: the user wants to choose one; the rest: switches.
    """

    record_wanted = pyqtSignal(object)
    folder_wanted = pyqtSignal()
    clean_wanted = pyqtSignal(bool)
    camera_wanted = pyqtSignal(bool)

    def __init__(self, folder: str, clean: bool, record: RecordKind) -> None:
        super().__init__("saving", "Output")
        self.record = Combo(
            "What the record button records, from the next recording on. Cut-outs are the people\n"
            "on transparent ground: ProRes 4444 for video editors (large), VP9 for web pages and\n"
            "OBS. Who is hidden or blurred is so in all of them."
        )
        for kind, text in _RECORDINGS:
            self.record.addItem(text, kind)
        self.record.setCurrentIndex([kind for kind, _ in _RECORDINGS].index(record))
        self.record.activated.connect(lambda i: self.record_wanted.emit(_RECORDINGS[i][0]))
        self.record.setAccessibleName("What is recorded")
        self._folder = label("", "soft")
        self.choose = button("Choose…", self.folder_wanted.emit)
        self.clean = Switch(
            "Screenshots without overlay too",
            "Saves the plain picture as well; who is hidden or blurred stays so.",
        )
        self.clean.setChecked(clean)
        self.clean.clicked.connect(self.clean_wanted)
        self.camera = Switch(
            "Virtual camera", "Other programs can choose this picture as their camera."
        )
        self.camera.clicked.connect(self.camera_wanted)
        row = QHBoxLayout()
        row.addWidget(self._folder, 1)
        row.addWidget(self.choose)
        record_row = QHBoxLayout()
        title = label("Record")
        title.setFixedWidth(80)
        record_row.addWidget(title)
        record_row.addWidget(self.record, 1)
        self.column.addLayout(record_row)
        self.column.addLayout(row)
        self.column.addWidget(self.clean)
        self.column.addWidget(self.camera)
        self.show_folder(folder)

    def show_folder(self, folder: str) -> None:
        """Where things go now; "" is the system's own folders."""
        text = folder or "Pictures and Videos"
        self._folder.setToolTip(folder)
        metrics = self._folder.fontMetrics()
        self._folder.setText(metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, 168))
