"""Whether macOS lets this program see cameras; OpenCV only says that one cannot be opened."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Protocol

ANSWER_WITHIN_S = 120.0
"""So long the system's question may stand on the screen."""

_UNDECIDED, _ALLOWED = 0, 3  # AVAuthorizationStatus


class CaptureDevices(Protocol):
    """The part of AVFoundation's `AVCaptureDevice` that is used here, under PyObjC's names."""

    def authorizationStatusForMediaType_(self, media_type: str, /) -> int:  # noqa: N802
        """An `AVAuthorizationStatus`."""
        ...

    def requestAccessForMediaType_completionHandler_(  # noqa: N802
        self, media_type: str, on_answer: Callable[[bool], None], /
    ) -> None:
        """Ask the user; `on_answer` is called in a thread of the system's."""
        ...


def may_use_cameras() -> bool:
    """False where the user does not want it; who was never asked is asked now. May block.

    OpenCV asks in the main thread at most, and even there fails before the answer comes
    (opencv#16427): the first camera on every Mac would be refused.
    """
    if sys.platform == "darwin":
        try:
            import AVFoundation
        except ImportError:  # PyObjC's parts do not fit each other: OpenCV may still be allowed
            return True
        return has_consent(AVFoundation.AVCaptureDevice, AVFoundation.AVMediaTypeVideo)
    return True


def has_consent(
    devices: CaptureDevices, media_type: str, answer_within_s: float = ANSWER_WITHIN_S
) -> bool:
    """The same, of `devices`; False, too, where no answer comes."""
    if devices.authorizationStatusForMediaType_(media_type) == _UNDECIDED:
        answered = threading.Event()
        devices.requestAccessForMediaType_completionHandler_(
            media_type, lambda _allowed: answered.set()
        )
        answered.wait(answer_within_s)
    return devices.authorizationStatusForMediaType_(media_type) == _ALLOWED
