"""macOS asks its user whether a program may see cameras, once."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from types import ModuleType

import pytest

from engine.source.camera_consent import has_consent, may_use_cameras

UNDECIDED, RESTRICTED, DENIED, ALLOWED = range(4)


class FakeDevices:
    """`AVCaptureDevice`; answer: what the user says, from a thread of the system's; None never."""

    def __init__(self, status: int, answer: int | None = None) -> None:
        self.status, self._answer = status, answer
        self.questions: list[str] = []

    def authorizationStatusForMediaType_(self, media_type: str, /) -> int:  # noqa: N802
        assert media_type == "vide"
        return self.status

    def requestAccessForMediaType_completionHandler_(  # noqa: N802
        self, media_type: str, on_answer: Callable[[bool], None], /
    ) -> None:
        self.questions.append(media_type)
        if self._answer is not None:
            threading.Timer(0.05, self._reply, (on_answer, self._answer)).start()

    def _reply(self, on_answer: Callable[[bool], None], answer: int) -> None:
        self.status = answer
        on_answer(answer == ALLOWED)


@pytest.mark.parametrize("answer", [ALLOWED, DENIED])
def test_who_was_never_asked_is_asked_and_the_answer_is_waited_for(answer: int) -> None:
    devices = FakeDevices(UNDECIDED, answer)
    assert has_consent(devices, "vide") is (answer == ALLOWED)
    assert devices.questions == ["vide"]


@pytest.mark.parametrize("status", [RESTRICTED, DENIED, ALLOWED])
def test_who_has_decided_is_not_asked_again(status: int) -> None:
    devices = FakeDevices(status)
    assert has_consent(devices, "vide") is (status == ALLOWED)
    assert devices.questions == []


def test_a_question_that_nobody_answers_is_no_consent() -> None:
    assert not has_consent(FakeDevices(UNDECIDED), "vide", answer_within_s=0.05)


def test_avfoundation_is_asked_on_macos_and_nobody_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    framework = ModuleType("AVFoundation")
    framework.AVCaptureDevice = FakeDevices(DENIED)  # type: ignore[attr-defined]
    framework.AVMediaTypeVideo = "vide"  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "AVFoundation", framework)
    for platform, allowed in (("darwin", False), ("linux", True), ("win32", True)):
        monkeypatch.setattr(sys, "platform", platform)
        assert may_use_cameras() is allowed


def test_a_pyobjc_that_cannot_be_loaded_leaves_it_to_opencv(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "AVFoundation", None)
    monkeypatch.setattr(sys, "platform", "darwin")
    assert may_use_cameras()
