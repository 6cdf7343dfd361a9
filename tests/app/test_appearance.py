"""Light or dark: as the user or the system wants it, at once and everywhere."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import QObject, QPoint, Qt, pyqtSignal
from PyQt6.QtGui import QPalette
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QWidget

from app.basics.colours import DARK, LIGHT, STRONG_DARK, STRONG_LIGHT
from app.basics.theme import colour, colours_shown
from app.held.appearance import AppearanceKeeper
from app.held.preferences import Appearance
from app.shown.banner import Choice, Level
from tests.app.contrast import pixels_of
from tests.app.gui import STRICT, Film, click, listed_ids, two_people

pytestmark = STRICT


class System(QObject):
    """Stands in for `QStyleHints`: a system that has a look of its own."""

    colorSchemeChanged = pyqtSignal(Qt.ColorScheme)  # noqa: N815 - Qt's name

    def __init__(self, scheme: Qt.ColorScheme) -> None:
        super().__init__()
        self._own, self._asked = scheme, Qt.ColorScheme.Unknown

    def colorScheme(self) -> Qt.ColorScheme:  # noqa: N802 - Qt's name
        return self._own if self._asked is Qt.ColorScheme.Unknown else self._asked

    def setColorScheme(self, scheme: Qt.ColorScheme) -> None:  # noqa: N802 - Qt's name
        before = self.colorScheme()
        self._asked = scheme
        if self.colorScheme() is not before:
            self.colorSchemeChanged.emit(self.colorScheme())

    def change(self, scheme: Qt.ColorScheme) -> None:
        """As the user of the system would."""
        before = self.colorScheme()
        self._own = scheme
        if self.colorScheme() is not before:
            self.colorSchemeChanged.emit(self.colorScheme())


class Needs(QObject):
    """Stands in for `QAccessibilityHints`, which there is from Qt 6.10 on."""

    def __init__(self) -> None:
        super().__init__()
        self._contrast = Qt.ContrastPreference.NoPreference

    def contrastPreference(self) -> Qt.ContrastPreference:  # noqa: N802 - Qt's name
        return self._contrast

    def change(self, contrast: Qt.ContrastPreference) -> None:
        """In the settings of the system, from where the user then comes back."""
        self._contrast = contrast
        app = QApplication.instance()
        app.applicationStateChanged.emit(Qt.ApplicationState.ApplicationActive)


@pytest.fixture
def system(monkeypatch):
    made = System(Qt.ColorScheme.Light)
    monkeypatch.setattr("app.held.appearance.system_hints", lambda: made)
    return made


@pytest.fixture(autouse=True)
def dark_again(qapp):
    yield
    AppearanceKeeper(Appearance.DARK).deleteLater()


def has_colour(widget: QWidget, role: str) -> bool:
    """Whether any pixel of the widget, as it is painted now, has the colour of a role."""
    wanted = colour(role)
    rgb = (wanted.red(), wanted.green(), wanted.blue())
    return bool((pixels_of(widget) == rgb).all(axis=2).any())


def test_the_look_follows_the_system_while_it_runs(open_window, system):
    window = open_window()
    assert colours_shown() is LIGHT
    system.change(Qt.ColorScheme.Dark)
    assert colours_shown() is DARK
    window.appearance.set(Appearance.LIGHT)
    system.change(Qt.ColorScheme.Light)
    system.change(Qt.ColorScheme.Dark)
    assert colours_shown() is LIGHT
    window.appearance.set(Appearance.SYSTEM)
    assert colours_shown() is DARK


def test_the_look_is_strong_while_the_system_is_set_to_more_contrast(open_window, system):
    needs = Needs()
    system.accessibility = lambda: needs
    window = open_window()
    assert colours_shown() is LIGHT
    assert not has_colour(window.stage.empty.demo_button, "text_soft")
    needs.change(Qt.ContrastPreference.HighContrast)
    assert colours_shown() is STRONG_LIGHT
    assert has_colour(window.stage.empty.demo_button, "control_line")
    window.appearance.set(Appearance.DARK)
    assert colours_shown() is STRONG_DARK
    needs.change(Qt.ContrastPreference.NoPreference)
    assert colours_shown() is DARK


def test_title_bar_and_dialogs_of_the_system_are_told(open_window, system):
    window = open_window()
    window.appearance.set(Appearance.DARK)
    assert system.colorScheme() is Qt.ColorScheme.Dark
    window.appearance.set(Appearance.SYSTEM)
    assert system.colorScheme() is Qt.ColorScheme.Light


def test_a_system_that_does_not_say_gets_the_dark_look(open_window):
    """As the offscreen platform and X11 without a desktop (Qt 6.10)."""
    open_window()
    assert colours_shown() is DARK


def test_the_choice_is_made_in_the_panel_and_remembered(open_window, qtbot):
    window = open_window()
    click(window.panel.appearance.choices.buttons[1])
    assert colours_shown() is LIGHT
    window.close()
    qtbot.waitUntil(lambda: window.closed)
    AppearanceKeeper(Appearance.DARK).deleteLater()
    again = open_window()
    assert colours_shown() is LIGHT
    assert again.panel.appearance.choices.buttons[1].isChecked()


def test_a_key_goes_through_the_looks_and_tells_which(open_window):
    window = open_window()
    seen = []
    for _ in range(3):
        QTest.keyClick(window, Qt.Key.Key_A)
        seen.append((window.appearance.wanted, window.stage.toast.text))
    assert [wanted for wanted, _ in seen] == [
        Appearance.LIGHT, Appearance.DARK, Appearance.SYSTEM,
    ]  # fmt: skip
    assert [text for _, text in seen] == [
        "Appearance: Light", "Appearance: Dark", "Appearance: System",
    ]  # fmt: skip


def test_all_that_is_painted_follows_at_once(open_window, qtbot, scene):
    scene.open_source = lambda _r: Film([two_people()] * 2, fps=1)
    window = open_window("film.mp4")
    qtbot.waitUntil(lambda: len(listed_ids(window)) == 2)
    window.playing.pause()
    qtbot.waitUntil(window.transport.seek.isEnabled)
    window.stage.banner.post(Level.WARNING, "Look", "at this", [Choice("Ok", lambda: None)])
    painted = {
        "icon of a button": (window.transport.full, "text"),
        "icon of a message": (window.stage.banner, "warn"),
        "arrow of a list": (window.panel.model.model, "text_soft"),
        "seek bar": (window.transport.seek, "groove"),
        "switch": (window.panel.look.boxes, "groove"),
        "icon of the source": (window.header.source, "text_soft"),
    }
    for appearance in (Appearance.LIGHT, Appearance.DARK, Appearance.LIGHT):
        window.appearance.set(appearance)
        QApplication.processEvents()
        wrong = [name for name, (part, role) in painted.items() if not has_colour(part, role)]
        assert wrong == [], appearance
        assert window.grab().toImage().pixelColor(QPoint(2, 2)) == colour("window")
        palette = QApplication.palette()
        assert palette.color(QPalette.ColorRole.WindowText) == colour("text")
    window.help.open()
    assert has_colour(window.help, "raised")


def test_the_surroundings_of_a_picture_stay_dark(open_window, qtbot, scene):
    scene.open_source = lambda _r: Film([two_people()] * 2, fps=1)
    window = open_window()
    window.appearance.set(Appearance.LIGHT)
    corner = QPoint(2, 2)
    assert window.stage.view.grab().toImage().pixelColor(corner) == colour("stage")
    window.resize(1400, 700)
    window.sources.open_demo()
    qtbot.waitUntil(lambda: len(listed_ids(window)) == 2)
    assert window.stage.view.grab().toImage().pixelColor(corner) == colour("picture_back")
