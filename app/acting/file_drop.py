"""Files and links dragged from elsewhere and dropped on the window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import unquote

from PyQt6.QtCore import QEvent, QMimeData, QObject, QUrl
from PyQt6.QtGui import QDragEnterEvent, QDropEvent
from PyQt6.QtWidgets import QWidget


class FileDrop(QObject):
    """Watches a widget for drops. on_dropped: what. on_hover: whether something hangs above."""

    def __init__(
        self,
        target: QWidget,
        on_dropped: Callable[[Sequence[Path | str]], None],
        on_hover: Callable[[bool], None],
    ) -> None:
        super().__init__(target)
        self._on_dropped, self._on_hover = on_dropped, on_hover
        target.setAcceptDrops(True)
        target.installEventFilter(self)

    def eventFilter(self, _target: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 - Qt's name
        """Take drags that carry a local file or a link."""
        if isinstance(event, QDropEvent) and event.type() is QEvent.Type.Drop:
            self._on_hover(False)
            items = dropped_items(event.mimeData())
            if items:
                event.acceptProposedAction()
                self._on_dropped(items)
            return True
        if isinstance(event, QDragEnterEvent):
            if dropped_items(event.mimeData()):
                event.acceptProposedAction()
                self._on_hover(True)
            return True
        if event is not None and event.type() is QEvent.Type.DragLeave:
            self._on_hover(False)
        return False


def dropped_items(data: QMimeData | None) -> tuple[Path | str, ...]:
    """The local files and the http(s) links of what is dragged, in its order."""
    urls = data.urls() if data is not None else []
    return tuple(item for url in urls if (item := _item(url)) is not None)


def _item(url: QUrl) -> Path | str | None:
    if url.isLocalFile():
        return Path(_local_name(url))
    if url.scheme() in ("http", "https"):
        return url.toString(QUrl.ComponentFormattingOption.FullyEncoded)
    return None


def _local_name(url: QUrl) -> str:
    """As Python calls the file, also where its name is no Unicode: Qt replaces the odd bytes."""
    name = url.toLocalFile()
    if "\ufffd" not in name:
        return name
    return unquote(url.path(QUrl.ComponentFormattingOption.FullyEncoded), errors="surrogateescape")
