"""Light or dark: as the user wants it, or as the system has it; strong where the system asks."""

from __future__ import annotations

from PyQt6.QtCore import QObject, Qt
from PyQt6.QtGui import QGuiApplication, QStyleHints
from PyQt6.QtWidgets import QApplication

from app.basics.colours import DARK, LIGHT, STRONG_DARK, STRONG_LIGHT, Colours
from app.basics.theme import apply_theme, colours_shown
from app.held.preferences import Appearance

_SCHEMES = {
    Appearance.SYSTEM: Qt.ColorScheme.Unknown,
    Appearance.LIGHT: Qt.ColorScheme.Light,
    Appearance.DARK: Qt.ColorScheme.Dark,
}


def system_hints() -> QStyleHints:
    """What Qt knows of the system; there is an application."""
    hints = QGuiApplication.styleHints()
    assert hints is not None
    return hints


class AppearanceKeeper(QObject):
    """Keeps the application in the colours wanted, also when the system changes its own.

    A system that does not say which it has, such as X11 without a desktop, gets the dark look.
    Where it is set to more contrast, either look is a strong one; Qt tells that from 6.10 on.
    """

    def __init__(self, wanted: Appearance, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._wanted = wanted
        self._hints = system_hints()
        self._hints.colorSchemeChanged.connect(self._show)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            # PyQt6 6.10 has contrastPreferenceChanged as a method, which cannot be connected;
            # but whoever was in the settings of the system comes back.
            app.applicationStateChanged.connect(self._show)
        self.want(wanted)

    @property
    def wanted(self) -> Appearance:
        """What the user chose."""
        return self._wanted

    def want(self, wanted: Appearance) -> None:
        """Show it so from now on, title bar and dialogs of the system included."""
        self._wanted = wanted
        self._hints.setColorScheme(_SCHEMES[wanted])
        self._show()

    def _show(self) -> None:
        colours, app = self._colours(), QApplication.instance()
        if isinstance(app, QApplication) and colours is not colours_shown():
            apply_theme(app, colours)

    def _colours(self) -> Colours:
        scheme = _SCHEMES[self._wanted]
        if self._wanted is Appearance.SYSTEM:
            scheme = self._hints.colorScheme()
        is_light = scheme is Qt.ColorScheme.Light
        if self._wants_contrast():
            return STRONG_LIGHT if is_light else STRONG_DARK
        return LIGHT if is_light else DARK

    def _wants_contrast(self) -> bool:
        if not hasattr(self._hints, "accessibility"):
            return False
        wish = self._hints.accessibility()
        return wish is not None and wish.contrastPreference() is Qt.ContrastPreference.HighContrast
