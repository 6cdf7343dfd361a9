"""Ctrl-C and `kill` close the window in order, so that recordings are finished."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable

from PyQt6.QtCore import QObject, QSocketNotifier
from PyQt6.sip import voidptr


class Interrupt(QObject):
    """Calls `on_signal` in the GUI thread; Python alone would wait for the next event."""

    def __init__(self, on_signal: Callable[[], None], parent: QObject) -> None:
        super().__init__(parent)
        self._on_signal = on_signal
        self._receiver, self._sender = socket.socketpair()
        for end in (self._receiver, self._sender):
            end.setblocking(False)
        signal.set_wakeup_fd(self._sender.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda _number, _frame: None)
        self._notifier = QSocketNotifier(
            voidptr(self._receiver.fileno()), QSocketNotifier.Type.Read, self
        )
        self._notifier.activated.connect(self._on_activated)

    def remove(self) -> None:
        """Give the signals back."""
        self._notifier.setEnabled(False)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        self._receiver.close()
        self._sender.close()

    def _on_activated(self) -> None:
        self._receiver.recv(64)
        self._on_signal()
