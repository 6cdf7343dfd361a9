"""Small building blocks in the application's look."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from PyQt6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PyQt6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.basics.focus_keys import keeps_key
from app.basics.icons import icon
from app.basics.theme import colour

_ARROWS = (
    Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home,
    Qt.Key.Key_End,
)  # fmt: skip

LONGEST_NAME = 40
"""Letters of a name in a menu."""


def label(text: str = "", role: str = "") -> QLabel:
    """A label in one of the roles of the style sheet."""
    result = QLabel(text)
    result.setTextFormat(Qt.TextFormat.PlainText)
    if role:
        result.setProperty("role", role)
    return result


def button(
    text: str, on_click: Callable[[], None], kind: str = "", icon_name: str = ""
) -> QPushButton:
    """A push button; kind "primary" or "quiet"."""
    result = QPushButton(text)
    result.setCursor(Qt.CursorShape.PointingHandCursor)
    result.setAutoDefault(False)
    result.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    if kind:
        result.setProperty("kind", kind)
    if icon_name:
        result.setIcon(icon(icon_name, "on_fill" if kind == "primary" else "text"))
        result.setIconSize(QSize(18, 18))
    result.clicked.connect(lambda _checked=False: on_click())
    return result


def tool(icon_name: str, tip: str, kind: str = "", checkable: bool = False) -> QToolButton:
    """An icon button of a bar; `tip` is also what a screen reader says."""
    result = QToolButton()
    result.setIcon(icon(icon_name, "text_soft" if kind == "small" else "text"))
    result.setIconSize(QSize(16, 16) if kind == "small" else QSize(20, 20))
    result.setToolTip(tip)
    result.setAccessibleName(tip)
    result.setCheckable(checkable)
    if kind:
        result.setProperty("kind", kind)
    return result


def plain_tip(*lines: str) -> str:
    """A tool tip of lines that may hold anything, without Qt taking it for HTML."""
    return f"<qt>{'<br>'.join(escape(line) for line in lines)}</qt>"


def as_it_stands(text: str) -> str:
    """For a menu or a button, to which & would be the mark of a key."""
    return text.replace("&", "&&")


def menu_text(name: str) -> str:
    """A name as a menu shows it: not too long, and as it stands."""
    return as_it_stands(shortened(name))


def shortened(name: str) -> str:
    """A name, or its beginning where it is long."""
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def restyle(widget: QWidget) -> None:
    """Make the style sheet look at changed properties again."""
    style = widget.style()
    if style is not None:
        style.unpolish(widget)
        style.polish(widget)


class Slider(QSlider):
    """A horizontal slider that keeps its arrow keys and leaves the wheel to the panel."""

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)

    def event(self, event: QEvent | None) -> bool:
        """Arrow keys move this slider, not the film, while it has the focus."""
        return keeps_key(event, _ARROWS) or super().event(event)

    def wheelEvent(self, event: QWheelEvent | None) -> None:  # noqa: N802 - Qt's name
        """Scrolling the panel must not change values under the pointer."""
        if event is not None:
            event.ignore()


class SliderRow(QWidget):
    """A titled slider over `low`…`high` in `steps` steps, its value shown beside the title.

    changed: the value after a move by the user; `set_value` is silent. A double click on
    the title goes back to `default`.
    """

    changed = pyqtSignal(float)

    def __init__(
        self, title: str, tip: str, low: float, high: float, steps: int,
        default: float, show: Callable[[float], str],
    ) -> None:  # fmt: skip
        super().__init__()
        self._low, self._high, self._steps = low, high, steps
        self._default, self._show = default, show
        self._title, self._value = label(title), label("", "value")
        self.slider = Slider()
        self.slider.setRange(0, steps)
        self.slider.setPageStep(max(1, steps // 10))
        self.slider.setAccessibleName(title)
        self.setToolTip(f"{tip}\nDouble click the name for the default, {show(default)}.")
        top = QHBoxLayout()
        top.addWidget(self._title)
        top.addStretch()
        top.addWidget(self._value)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(top)
        column.addWidget(self.slider)
        self.set_value(default)
        self.slider.valueChanged.connect(self._on_moved)

    @property
    def value(self) -> float:
        """What the slider says."""
        return self._low + self.slider.value() * (self._high - self._low) / self._steps

    def set_value(self, value: float) -> None:
        """Show `value` without telling anybody."""
        blocked = self.slider.blockSignals(True)
        self.slider.setValue(round((value - self._low) / (self._high - self._low) * self._steps))
        self.slider.blockSignals(blocked)
        self._value.setText(self._show(self.value))

    def mouseDoubleClickEvent(self, _event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Back to the default."""
        self.set_value(self._default)
        self.changed.emit(self.value)

    def _on_moved(self) -> None:
        self._value.setText(self._show(self.value))
        self.changed.emit(self.value)


class Switch(QAbstractButton):
    """On or off, with its text to the left."""

    def __init__(self, text: str, tip: str = "") -> None:
        super().__init__()
        self.setText(text)
        self.setCheckable(True)
        self.setToolTip(tip)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """One line."""
        return QSize(self.fontMetrics().horizontalAdvance(self.text()) + 56, 28)

    def paintEvent(self, _event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Text and a pill with a knob."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(colour("text" if self.isEnabled() else "text_off"))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter, self.text())
        pill = QRectF(self.width() - 35, self.height() / 2 - 9, 34, 18)
        ring = QPen(colour("text"), 2)
        painter.setPen(ring if self.hasFocus() else QPen(Qt.PenStyle.NoPen))
        back = "fill" if self.isChecked() else "groove"
        back = f"{back}_hover" if self.underMouse() else back
        painter.setBrush(colour(back if self.isEnabled() else "control"))
        painter.drawRoundedRect(pill, 9, 9)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour("on_fill" if self.isEnabled() else "text_off"))
        x = pill.right() - 9 if self.isChecked() else pill.left() + 9
        painter.drawEllipse(QPointF(x, pill.center().y()), 6.5, 6.5)
        painter.end()


class Segments(QFrame):
    """A few exclusive choices side by side, text and tool tip of each, named as a group.

    Tab comes to the one that is made. chosen: the index, when the user picks one.
    """

    chosen = pyqtSignal(int)

    def __init__(self, name: str, choices: tuple[tuple[str, str], ...]) -> None:
        super().__init__()
        self.setObjectName("segments")
        self.setAccessibleName(name)
        row = QHBoxLayout(self)
        row.setContentsMargins(2, 2, 2, 2)
        row.setSpacing(2)
        self.buttons: list[QToolButton] = []
        for index, (text, tip) in enumerate(choices):
            choice = QToolButton()
            choice.setText(text)
            choice.setToolTip(tip)
            choice.setAccessibleName(f"{name}: {text}")  # frames are passed over in silence
            choice.setCheckable(True)
            choice.setAutoExclusive(True)
            choice.setProperty("kind", "segment")
            choice.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            choice.clicked.connect(lambda _checked=False, i=index: self.chosen.emit(i))
            choice.toggled.connect(self._on_toggled)
            row.addWidget(choice)
            self.buttons.append(choice)

    def set_index(self, index: int) -> None:
        """Show a choice without telling anybody."""
        self.buttons[index].setChecked(True)

    def _on_toggled(self, checked: bool) -> None:
        """Qt leaves Tab, and the keys, to the choice that had them before."""
        window = self.window()
        if not checked or window is None:
            return
        focused = window.focusWidget()
        for choice in self.buttons:
            if choice.isChecked() and focused in self.buttons:
                choice.setFocus(Qt.FocusReason.OtherFocusReason)
            tab_or_none = Qt.FocusPolicy.TabFocus if choice.isChecked() else Qt.FocusPolicy.NoFocus
            choice.setFocusPolicy(tab_or_none)
