"""Opens the window and runs it to its end; what the command line calls."""

from __future__ import annotations

import logging
import os
import sys

from PyQt6 import sip
from PyQt6.QtCore import QSize, QTimer
from PyQt6.QtGui import QIcon
from PyQt6.QtWidgets import QApplication, QStyleFactory

from app.basics.excepthook import ExceptionReporter
from app.basics.icons import logo
from app.basics.interrupt import Interrupt
from app.basics.theme import apply_theme, colours_shown
from app.held.backend import engine_backend
from app.held.launch import WindowLaunch
from app.held.settings import SettingsStore
from app.main_window import MainWindow
from app.shown.banner import Level

log = logging.getLogger(__name__)

PROGRAM_ID = "bbe-live"
"""What desktops know it by."""

SCREEN_SHARE = 0.9
"""Of the screen that the window takes at most at its first start, frame not included."""


def run_window(launch: WindowLaunch) -> int:
    """Show the window until it is closed; returns the exit code of the process."""
    app = make_application()
    reporter = ExceptionReporter()
    reporter.install()
    store = SettingsStore()
    window = MainWindow(launch, store, engine_backend())
    screen = window.screen()
    if screen is not None:
        available = screen.availableSize()
        # Else the lower bar would lie below the edge of a low one, such as 1920 × 1080 at 200 %.
        window.setMinimumHeight(first_size(window.minimumSize(), available).height())
        if store.load_geometry() is None:
            window.resize(first_size(window.size(), available))
    reporter.reported.connect(
        lambda text: window.stage.banner.post(
            Level.ERROR, "Something unexpected went wrong.", f"{text}. Details are in the log."
        )
    )
    interrupt = Interrupt(window.begin_close, app)
    window.show()
    if launch.fullscreen:
        window.chrome.set_fullscreen(True)
    QTimer.singleShot(0, window.open_launched)
    code = app.exec()
    reporter.remove()
    if window.quitter.running or window.exporting.active:
        # A device or driver hangs in a thread that cannot be ended from outside, or the user
        # did not wait for a file, which plays all the same. Destroying a running QThread
        # would abort with a core dump.
        log.warning("a thread did not end in time and was left behind")
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    # Left to the end of this function, PyQt would delete it while it walks over all wrappers to
    # find what must go before the application, and crash once in thirty times (PyQt6 6.10).
    sip.delete(window)
    # Not before: Ctrl-C once more, in what Qt calls of the window meanwhile, would be an abort.
    interrupt.remove()
    return code


def first_size(wanted: QSize, available: QSize) -> QSize:
    """The size wanted, or less on a small or much magnified screen."""
    return wanted.boundedTo(available * SCREEN_SHARE)


def make_application() -> QApplication:
    """The one application object, with the look of the program."""
    existing = QApplication.instance()
    app = existing if isinstance(existing, QApplication) else QApplication(sys.argv[:1])
    app.setApplicationName("BBE Live")
    app.setDesktopFileName(PROGRAM_ID)
    _name_for_taskbar()
    app.setWindowIcon(QIcon(logo(64, 2.0)))
    app.setStyle(QStyleFactory.create("Fusion"))
    apply_theme(app, colours_shown())
    return app


def _name_for_taskbar() -> None:
    """Windows else shows the window under the icon of Python, beside its other programs."""
    if sys.platform == "win32":
        import ctypes

        ctypes.windll.shell32.SetCurrentProcessExplicitAppUserModelID(PROGRAM_ID)
