"""Work that is done when it is due, also on Windows and macOS."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

_PERIOD_MS = 1


@contextmanager
def on_time() -> Iterator[None]:
    """Meanwhile the system does not hold up the program.

    Windows otherwise ends waits with its clock, 64 times a second, so that the pictures of a film
    come up to 15.6 ms late, each by another time. macOS slows down a program whose window is hidden
    or behind others (App Nap), though it may record, export or feed a video call.
    """
    with ExitStack() as ending:
        if sys.platform == "win32":
            import ctypes

            multimedia = ctypes.WinDLL("winmm")
            multimedia.timeBeginPeriod(_PERIOD_MS)
            ending.callback(multimedia.timeEndPeriod, _PERIOD_MS)
        elif sys.platform == "darwin":
            try:
                import Foundation
            except ImportError:  # PyObjC's parts do not fit each other: then it may be slow
                pass
            else:
                info = Foundation.NSProcessInfo.processInfo()
                activity = info.beginActivityWithOptions_reason_(
                    Foundation.NSActivityUserInitiatedAllowingIdleSystemSleep
                    | Foundation.NSActivityLatencyCritical,
                    "pictures are shown, recorded or sent on",
                )
                ending.callback(info.endActivity_, activity)
        yield
