"""The loudspeaker of the bar: silence, volume, and why nothing can be heard."""

from __future__ import annotations

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtGui import QAction, QWheelEvent
from PyQt6.QtWidgets import QHBoxLayout, QWidget

from app.basics.icons import icon
from app.held.shortcuts import with_key
from app.shown.controls.widgets import Slider, tool

STEPS = 20
SLIDER_WIDTH_PX = 64


class Volume(QWidget):
    """A button for silence and a slider; over both, the wheel makes louder and quieter.

    volume_chosen: 0 to 1, while the slider is moved.
    """

    volume_chosen = pyqtSignal(float)

    def __init__(self, mute: QAction) -> None:
        super().__init__()
        self.button = tool("sound", with_key("mute", "Mute"))
        self.button.clicked.connect(lambda _checked=False: mute.trigger())
        self.slider = Slider()
        self.slider.setRange(0, STEPS)
        self.slider.setFixedWidth(SLIDER_WIDTH_PX)
        self.slider.setAccessibleName("Volume")
        self.slider.valueChanged.connect(lambda value: self.volume_chosen.emit(value / STEPS))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 4, 0)
        row.setSpacing(4)
        row.addWidget(self.button)
        row.addWidget(self.slider)

    def show_sound(self, volume: float, muted: bool, problem: str) -> None:
        """How loud it is. problem: why nothing can be heard, "" where all is well."""
        silent = muted or volume == 0.0
        self.setEnabled(not problem)
        self.button.setIcon(icon("muted" if silent or problem else "sound"))
        tip = with_key("mute", "Sound on" if silent else "Mute")
        self.button.setToolTip(problem or tip)
        self.button.setAccessibleName(problem or ("Sound on" if silent else "Mute"))
        self.slider.setToolTip(f"Volume {volume:.0%}")
        blocked = self.slider.blockSignals(True)
        self.slider.setValue(0 if muted else round(volume * STEPS))
        self.slider.blockSignals(blocked)

    def wheelEvent(self, event: QWheelEvent | None) -> None:  # noqa: N802 - Qt's name
        """Here the wheel means the volume; the slider itself leaves it to its parent."""
        if event is not None and event.angleDelta().y():
            up = event.angleDelta().y() > 0
            self.slider.setValue(self.slider.value() + (1 if up else -1))
            event.accept()
