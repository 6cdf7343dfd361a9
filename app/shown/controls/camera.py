"""Of which size the camera is asked, and whether it is a mirror."""

from __future__ import annotations

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout

from app.shown.controls.combo import Combo
from app.shown.controls.section import Section
from app.shown.controls.widgets import Switch, label

_SIZES = ("", "640x480", "1280x720", "1920x1080", "3840x2160")


class CameraSection(Section):
    """Size asked of the camera and what came of it, and whether it is a mirror.

    wanted: "" or e.g. "1280x720". mirror_wanted: on or off.
    """

    wanted = pyqtSignal(str)
    mirror_wanted = pyqtSignal(bool)

    def __init__(self, size: str, mirror: bool) -> None:
        super().__init__("camera", "Camera")
        self.size_combo = Combo("The camera is opened again in this size.")
        for value in dict.fromkeys((*_SIZES, size)):  # the command line may ask for any
            self.size_combo.addItem(value.replace("x", " × ") if value else "Automatic", value)
        self.size_combo.setCurrentIndex(self.size_combo.findData(size))
        self.size_combo.activated.connect(
            lambda _i: self.wanted.emit(str(self.size_combo.currentData()))
        )
        self.mirror = Switch(
            "Mirror",
            "The picture is turned as in a mirror, here and in all that is recorded or sent on:\n"
            "writing is then the wrong way round. The camera is opened again.",
        )
        self.mirror.clicked.connect(self.mirror_wanted)
        self.show_mirror(mirror)
        self._detail = label("", "faint")
        self._detail.setWordWrap(True)
        row = QHBoxLayout()
        title = label("Size")
        title.setFixedWidth(80)
        self.size_combo.setAccessibleName("Size of the camera's picture")
        row.addWidget(title)
        row.addWidget(self.size_combo, 1)
        self.column.addLayout(row)
        self.column.addWidget(self._detail)
        self.column.addWidget(self.mirror)

    def show_mirror(self, on: bool) -> None:
        """Whether the camera shown is a mirror."""
        self.mirror.setChecked(on)

    def show_detail(self, detail: str) -> None:
        """What the camera really delivers."""
        self._detail.setText(f"Delivers {detail}" if detail else "")
        self._detail.setVisible(bool(detail))
