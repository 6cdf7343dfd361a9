"""Controls of a bar that leave it where it is too narrow, and are in a menu meanwhile."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QEvent, QObject, QPoint
from PyQt6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QWidget

from app.shown.controls.widgets import tool
from app.shown.person_menu import popup


class GivingWay(QObject):
    """Decides which of `groups`, the first to leave first, there is room for in the row of `bar`.

    All buttons are wanted until `want` says otherwise. more: opens the menu; the bar lays it out.
    """

    def __init__(
        self, bar: QWidget, row: QHBoxLayout, groups: Sequence[Sequence[QToolButton]]
    ) -> None:
        super().__init__(bar)
        self._bar, self._row, self._groups = bar, row, groups
        self._buttons = [button for group in groups for button in group]
        self._wanted = set(self._buttons)
        self.more = tool("more", "More")
        self.more.hide()
        self.more.clicked.connect(lambda _checked=False: self._open())
        bar.installEventFilter(self)

    def eventFilter(self, _bar: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 - Qt's name
        """The bar, or something in it, has another size."""
        if event is not None and event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest):
            self._fit()
        return False

    @property
    def least_px(self) -> int:
        """So wide the bar must be."""
        return self._taken_px() + self._needed_px([self.more])

    def want(self, button: QToolButton, wanted: bool) -> None:
        """Whether it is of use at all now."""
        if wanted != (button in self._wanted):
            self._wanted ^= {button}
            self._fit()

    def _fit(self) -> None:
        staying = [button for button in self._buttons if button in self._wanted]
        all_stay, room_px = True, self._bar.width() - self._taken_px()
        for group in self._groups:
            if self._needed_px([*staying, *([] if all_stay else [self.more])]) <= room_px:
                break
            all_stay = all_stay and not self._wanted.intersection(group)
            staying = [button for button in staying if button not in group]
        for button in self._buttons:
            button.setVisible(button in staying)
        self.more.setVisible(not all_stay)

    def _taken_px(self) -> int:
        """By all that is in the row in any case."""
        margins, taken_px = self._row.contentsMargins(), -self._row.spacing()
        for index in range(self._row.count()):
            item = self._row.itemAt(index)
            if item is None or item.widget() in (*self._buttons, self.more):
                continue
            if item.spacerItem() is not None or not item.isEmpty():
                taken_px += item.minimumSize().width() + self._row.spacing()
        return taken_px + margins.left() + margins.right()

    def _needed_px(self, buttons: Sequence[QToolButton]) -> int:
        return sum(button.sizeHint().width() + self._row.spacing() for button in buttons)

    def _open(self) -> None:
        """Above the button, as a bar lies at the window's lower edge."""
        menu = QMenu(self.more)
        menu.setToolTipsVisible(True)
        for button in self._buttons:
            if button in self._wanted and button.isHidden():
                _add(menu, button)
        popup(menu, self.more.mapToGlobal(QPoint(0, -menu.sizeHint().height() - 4)))


def _add(menu: QMenu, button: QToolButton) -> None:
    """What it does, as far as it can now."""
    action = menu.addAction(button.icon(), button.accessibleName())
    if action is not None:
        action.setCheckable(button.isCheckable())
        action.setChecked(button.isChecked())
        action.setEnabled(button.isEnabled())
        action.setToolTip(button.toolTip())
        action.triggered.connect(lambda _checked=False: button.click())
