"""Files dragged from elsewhere and dropped on the window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import QEvent, QMimeData, QObject
from PyQt6.QtGui import QDragEnterEvent, QDropEvent
from PyQt6.QtWidgets import QWidget


class FileDrop(QObject):
    """Watches a widget for drops. on_path: the file. on_hover: whether one hangs above."""

    def __init__(
        self, target: QWidget, on_path: Callable[[Path], None], on_hover: Callable[[bool], None]
    ) -> None:
        super().__init__(target)
        self._on_path, self._on_hover = on_path, on_hover
        target.setAcceptDrops(True)
        target.installEventFilter(self)

    def eventFilter(self, _target: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 - Qt's name
        """Take drags that carry a local file."""
        if isinstance(event, QDropEvent) and event.type() is QEvent.Type.Drop:
            self._on_hover(False)
            path = dropped_path(event.mimeData())
            if path is not None:
                event.acceptProposedAction()
                self._on_path(path)
            return True
        if isinstance(event, QDragEnterEvent):
            if dropped_path(event.mimeData()) is not None:
                event.acceptProposedAction()
                self._on_hover(True)
            return True
        if event is not None and event.type() is QEvent.Type.DragLeave:
            self._on_hover(False)
        return False


def dropped_path(data: QMimeData | None) -> Path | None:
    """The first local file of what is dragged, None where there is none."""
    urls = data.urls() if data is not None else []
    return next((Path(url.toLocalFile()) for url in urls if url.isLocalFile()), None)
