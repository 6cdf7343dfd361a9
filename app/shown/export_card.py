"""Export, on the picture: what to write and where, then how far it is."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.basics.focus_keys import return_keys
from app.held.export_plan import ExportPlan
from app.shown.controls.caution import Caution
from app.shown.controls.elided import ElidedLabel
from app.shown.controls.scrolled import Scrolled
from app.shown.controls.widgets import Switch, button, plain_tip, tool
from app.shown.export_kinds import KindChooser, overlay_texts
from app.shown.export_part import PartChooser
from app.shown.export_progress import ProgressPage
from engine.source.base import SourceInfo
from engine.source.endings import without_ending

WIDTH_PX = 400
_LEFT_PX, _RIGHT_PX = 16, 16
_FRAME_PX = 1

NEWCOMERS = "Whoever the film has not shown yet will be visible. Safer: Look › New people › Hide."
IN_PART = (
    "Whoever was not seen in this part yet will be visible, also if hidden elsewhere. "
    "Safer: Look › New people › Hide."
)


class ExportCard(QFrame):
    """wanted: an `ExportPlan`. cancelled, folder_wanted: buttons. Never modal.

    posted_at_s: of `time.monotonic()`, when it was asked for last; 0 where it is not wanted.
    """

    wanted = pyqtSignal(object)
    cancelled = pyqtSignal()
    folder_wanted = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("card")
        self.posted_at_s = 0.0
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Maximum)
        self._source: SourceInfo | None = None
        self._folder = Path()
        self._title = ElidedLabel("heading")
        self.overlay = Switch("")
        self.kinds = KindChooser()
        self.kinds.changed.connect(self._on_kind)
        self.part = PartChooser()
        self.part.changed.connect(self._on_part)
        self.masks = Switch(
            "Masks as PNG",
            "One label picture per frame: 0 nobody, 1, 2, … people.",
        )
        self.json = Switch(
            "Masks as COCO JSON",
            "Run-length masks with confidence, identity and name.",
        )
        self.hidden_too = Switch(
            "Shapes of hidden people, too",
            "In masks and JSON, without their names. Without it these do not tell of them at all.",
        )
        self.newcomers = Caution(NEWCOMERS)
        self._folder_text = ElidedLabel("soft")
        self.start_button = button("Export", self._on_start, "primary")
        self._page, self.progress = self._make_choices(), ProgressPage()
        self.progress.cancelled.connect(self.cancelled)
        self.progress.hide()
        self._lay_out()
        self.fit_width(WIDTH_PX)
        self.overlay.setChecked(True)
        for switch in (self.overlay, self.masks, self.json):
            switch.toggled.connect(lambda _on: self._refresh())
        self.hide()

    @property
    def busy(self) -> bool:
        """True while the progress shows."""
        return not self.progress.isHidden()

    def open(
        self,
        source: SourceInfo,
        folder: Path,
        position_s: Callable[[], float],
        conceals_some: bool = False,
    ) -> None:
        """Ask what to write of this film or these photos.

        position_s: where the film stands, seconds from its beginning. conceals_some: single
        people are hidden or blurred, and others are not.
        """
        self._source = source
        self.part.show_film(source, position_s)
        self._show_title("Export")
        self.kinds.show_source(source)
        self._show_texts()
        self._turn(busy=False)
        self.set_folder(folder)
        self.tell_of_newcomers(conceals_some)
        self.show()
        picture = self.parentWidget()
        if picture is not None:
            picture.setFocus()  # from there Tab comes to the card next

    def tell_of_newcomers(self, conceals_some: bool) -> None:
        """Some people are hidden or blurred, and others are not: as it is now."""
        pictures = self._source is not None and bool(self._source.pictures)
        self.newcomers.setVisible(conceals_some and not pictures)
        self.raise_()

    def set_folder(self, folder: Path) -> None:
        """Where the files will go."""
        self._folder = folder
        self._folder_text.setText(str(folder))
        self._folder_text.setToolTip(str(folder))
        self._refresh()

    def fit_width(self, room_px: int) -> None:
        """Take at most that many pixels across."""
        self.setFixedWidth(min(WIDTH_PX, room_px))
        self._choices.fit_width(self._text_px)
        self.part.stack(self.width() < WIDTH_PX)
        self._show_texts()

    def begin(self) -> None:
        """Show progress from nothing."""
        return_keys(self)  # else Space, which plays, would press "Cancel"
        self._show_title(f"Exporting {self._source.name if self._source else ''}")
        is_of_pictures = self._source is not None and bool(self._source.pictures)
        self.progress.begin("pictures" if is_of_pictures else "frames")
        self._turn(busy=True)
        self.show()

    def show(self) -> None:
        """Come to the front."""
        self.posted_at_s = time.monotonic()
        super().show()
        self.raise_()

    def hide(self) -> None:
        """Go, and leave the keys to the picture."""
        self.posted_at_s = 0.0
        return_keys(self)
        super().hide()

    def set_waiting(self, waiting: bool) -> None:
        """Leave the room to others for now, or come back."""
        if waiting and not self.isHidden():
            return_keys(self)
        self.setVisible(not waiting)

    def _show_title(self, text: str) -> None:
        self._title.setText(text)
        self._title.setToolTip(plain_tip(text))

    @property
    def _text_px(self) -> int:
        """Between the frame of the card and its margins."""
        return self.width() - _LEFT_PX - _RIGHT_PX - 2 * _FRAME_PX

    def _on_start(self) -> None:
        if self._source is None:
            return
        self.wanted.emit(
            ExportPlan(
                self._source,
                self._folder,
                f"{without_ending(Path(self._source.name).name)} people",
                overlay=self.overlay.isChecked(),
                ending=self.kinds.kind.ending,
                cut_out=self.kinds.kind.cut_out,
                masks=self.masks.isChecked(),
                json=self.json.isChecked(),
                hidden_too=self.hidden_too.isChecked(),
                section=self.part.section,
            )
        )

    def _on_part(self) -> None:
        self._show_texts()
        self._refresh()
        self.raise_()

    def _on_kind(self) -> None:
        self._show_texts()
        self.raise_()

    def _show_texts(self) -> None:
        self.newcomers.set_text(IN_PART if self.part.is_chosen else NEWCOMERS)
        # The card's least height does not count on lines that wrap.
        self.newcomers.setFixedHeight(self.newcomers.heightForWidth(self._text_px))
        if self._source is not None:
            text, tip = overlay_texts(self._source, self.kinds.kind)
            self.overlay.setText(text)
            self.overlay.setToolTip(tip)

    def _refresh(self) -> None:
        any_on = any(switch.isChecked() for switch in (self.overlay, self.masks, self.json))
        problem = self.part.problem if any_on else "Nothing is chosen to be written."
        self.start_button.setEnabled(not problem)
        self.start_button.setToolTip(problem)
        self.kinds.setEnabled(self.overlay.isChecked())
        self.hidden_too.setEnabled(self.masks.isChecked() or self.json.isChecked())

    def _turn(self, busy: bool) -> None:
        self._page.setVisible(not busy)
        self.progress.setVisible(busy)

    def _make_choices(self) -> QWidget:
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        for choice in (self.part, self.overlay, self.kinds, self.masks, self.json, self.hidden_too):
            column.addWidget(choice)
            if choice in (self.part, self.kinds):
                column.addSpacing(8)
        row = QHBoxLayout()
        row.addWidget(self._folder_text, 1)
        row.addWidget(button("Choose…", self.folder_wanted.emit))
        column.addSpacing(4)
        column.addLayout(row)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        self._choices = Scrolled(content)
        column.addWidget(self._choices)
        column.addWidget(self.newcomers)  # not scrolled out of sight
        column.addWidget(self.start_button)
        return page

    def _lay_out(self) -> None:
        close = tool("close", "Close", "small")
        close.clicked.connect(lambda _checked=False: self.hide())
        top = QHBoxLayout()
        top.addWidget(self._title, 1)
        top.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(_LEFT_PX, 12, _RIGHT_PX, 16)
        column.setSpacing(12)
        column.addLayout(top)
        column.addWidget(self._page)
        column.addWidget(self.progress)
