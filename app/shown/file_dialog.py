"""Qt's dialogs for files and folders, in our look where the system has none of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from PyQt6.QtCore import QSize
from PyQt6.QtWidgets import QFileDialog, QHeaderView, QToolButton, QTreeView, QWidget

from app.basics.icons import icon

_SIZE_PX = (840, 520)
_ICONS = {
    "backButton": "back",
    "forwardButton": "forward",
    "toParentButton": "up",
    "newFolderButton": "new_folder",
    "listModeButton": "grid",
    "detailModeButton": "list",
}
"""Names that `QFileDialog` gives its own buttons. Its icons are black, also on black."""


def patterns(suffixes: Iterable[str]) -> str:
    """Endings such as ".mp4" as a filter has them."""
    return " ".join(f"*{suffix}" for suffix in sorted(suffixes))


def open_dialog(
    parent: QWidget,
    title: str,
    mode: QFileDialog.FileMode,
    folder: str,
    on_chosen: Callable[[str], None],
    filters: Sequence[str] = (),
) -> QFileDialog:
    """Ask for an existing file, several or a folder; what is shown goes on meanwhile.

    folder: where to begin, "" where the last one ended. on_chosen: what is done with a single
    one; several are told by the dialog's `filesSelected`. filters: such as "Videos (*.mp4)".
    """
    dialog = QFileDialog(parent, title)
    dialog.setFileMode(mode)
    if mode is QFileDialog.FileMode.Directory:
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    if folder:
        dialog.setDirectory(folder)
    if filters:
        dialog.setNameFilters(filters)
        dialog.setOption(QFileDialog.Option.HideNameFilterDetails)  # too long to be read
    dialog.fileSelected.connect(on_chosen)
    dialog.finished.connect(dialog.deleteLater)
    _dress(dialog)
    dialog.open()
    return dialog


def _dress(dialog: QFileDialog) -> None:
    """There is nothing to do on a dialog of the system: it has no buttons of Qt's."""
    found = dialog.findChildren(QToolButton)
    own = [button for button in found if button.objectName() in _ICONS]
    for button in own:
        button.setIcon(icon(_ICONS[button.objectName()]))
    table = dialog.findChild(QTreeView)
    if table is not None and (head := table.header()) is not None:
        head.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    parent = dialog.parentWidget()
    if own and parent is not None:
        dialog.resize(QSize(*_SIZE_PX).boundedTo(parent.size()))
