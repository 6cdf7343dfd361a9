"""Exceptions nobody caught are logged and shown; without a hook PyQt6 aborts the process."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable
from types import TracebackType

from PyQt6.QtCore import QObject, pyqtSignal

log = logging.getLogger(__name__)


class ExceptionReporter(QObject):
    """Takes over `sys.excepthook` and `threading.excepthook` until `remove`.

    reported: a short text for people; delivered in the GUI thread.
    """

    reported = pyqtSignal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._old_hook: Callable[..., object] = sys.excepthook
        self._old_thread_hook = threading.excepthook

    def install(self) -> None:
        """Start catching."""
        self._old_hook, sys.excepthook = sys.excepthook, self._report
        self._old_thread_hook = threading.excepthook
        threading.excepthook = self._report_thread

    def remove(self) -> None:
        """Give the hooks back."""
        sys.excepthook = self._old_hook
        threading.excepthook = self._old_thread_hook

    def _report(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        log.critical("unexpected error", exc_info=(kind, error, trace))
        self.reported.emit(f"{kind.__name__}: {error}")

    def _report_thread(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            self._report(args.exc_type, args.exc_value, args.exc_traceback)
