"""The loudspeaker of this machine, or why there is none.

As a program of its own it prints the name, for `bbe doctor`: Qt's sound may hang or abort.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from PyQt6.QtCore import QCoreApplication, QLoggingCategory

from app.basics.qt_check import missing_library_hint
from engine.errors import SoundError

if TYPE_CHECKING:
    from app.basics.qt_sound import QtSpeaker


def open_speaker() -> QtSpeaker:
    """The default device. Raises `SoundError`: no library for sound, no device."""
    # Else Qt tells the terminal what it did not need.
    QLoggingCategory.setFilterRules("qt.multimedia*=false")
    try:
        from app.basics.qt_sound import QtSpeaker
    except ImportError as error:
        hint = missing_library_hint(error)
        raise SoundError("Films play without sound.", hint) from error
    return QtSpeaker()


def main() -> int:
    """Print the name of the default device, or what is wrong and what to do, and return 1."""
    app = QCoreApplication(sys.argv[:1])
    try:
        speaker = open_speaker()
    except SoundError as error:
        print(error.message, error.hint, sep="\n")
        return 1
    print(speaker.name)
    speaker.close()
    del speaker, app
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
