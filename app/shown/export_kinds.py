"""What an exported picture or film can be, and where it can be played."""

from __future__ import annotations

from dataclasses import dataclass

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QToolButton, QVBoxLayout, QWidget

from app.shown.controls.widgets import Segments, label
from engine.source.base import SourceInfo


@dataclass(frozen=True, slots=True)
class ExportKind:
    """One choice of the export card.

    name: on its button. about: what is good to know of it. ending: of the file. cut_out: the
    people alone on transparent ground instead of the picture as shown.
    """

    name: str
    about: str
    ending: str
    cut_out: bool = False


PICTURE_KINDS = (
    ExportKind("PNG", "Exactly the pixels shown; a larger file.", ".png"),
    ExportKind("JPEG", "A smaller file; details change a little.", ".jpg"),
    ExportKind("Cut-out", "PNG with transparency.", ".png", cut_out=True),
)
FILM_KINDS = (
    ExportKind("MP4", "H.264: plays everywhere.", ".mp4"),
    ExportKind(
        "Cut-out MOV",
        "ProRes 4444 with transparency, for DaVinci Resolve, Premiere, Final Cut. Large.",
        ".mov",
        cut_out=True,
    ),
    ExportKind(
        "Cut-out WebM",
        "VP9 with transparency, for OBS and web pages in Chrome and Firefox. Small.",
        ".webm",
        cut_out=True,
    ),
)

CUT_OUT_RULE = "Hidden people are left out, blurred ones stay blurred."


class KindChooser(QWidget):
    """The kinds there are for what is exported, and what is good to know of the chosen one."""

    changed = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self._source: SourceInfo | None = None
        self._kinds = PICTURE_KINDS
        self._segments = {kinds: _segments(kinds) for kinds in (PICTURE_KINDS, FILM_KINDS)}
        self._about = label("", "soft")
        self._about.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        for segments in self._segments.values():
            segments.chosen.connect(self._on_chosen)
            column.addWidget(segments)
        column.addWidget(self._about)
        self._show()

    @property
    def buttons(self) -> list[QToolButton]:
        """Of the choices shown."""
        return self._segments[self._kinds].buttons

    @property
    def kind(self) -> ExportKind:
        """The choice."""
        return next(
            kind for kind, choice in zip(self._kinds, self.buttons, strict=True)
            if choice.isChecked()
        )  # fmt: skip

    def show_source(self, source: SourceInfo) -> None:
        """Offer what fits."""
        self._source = source
        self._kinds = PICTURE_KINDS if source.pictures else FILM_KINDS
        self._show()

    def _on_chosen(self, _index: int) -> None:
        self._show()
        self.changed.emit()

    def _show(self) -> None:
        for kinds, segments in self._segments.items():
            segments.setVisible(kinds is self._kinds)
        about = [self.kind.about, _sound_text(self._source)]
        if self.kind.cut_out:
            about.append(CUT_OUT_RULE)
        self._about.setText(" ".join(filter(None, about)))


def _segments(kinds: tuple[ExportKind, ...]) -> Segments:
    segments = Segments("Kind of file", tuple((kind.name, kind.about) for kind in kinds))
    segments.set_index(0)
    return segments


def overlay_texts(source: SourceInfo, kind: ExportKind) -> tuple[str, str]:
    """The card's first choice and its tool tip."""
    what, how = ("people cut out", "As they are") if kind.cut_out else ("overlay", "As shown")
    if len(source.pictures) > 1:
        return f"Pictures with {what}", f"{how}, each under its own name, in a new folder."
    if source.pictures:
        return f"Picture with {what}", f"{how}."
    return f"Video with {what}", " ".join(filter(None, (f"{how}.", _sound_text(source))))


def _sound_text(source: SourceInfo | None) -> str:
    has_sound = source is not None and source.sound_from is not None
    return "The sound of the film is kept." if has_sound else ""
