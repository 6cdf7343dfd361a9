"""All checks in order."""

from __future__ import annotations

import logging
from collections.abc import Callable

from app.doctor import devices, network, packages, sound, system
from app.doctor.finding import Finding, Verdict
from engine.config import Provider
from engine.errors import EngineError

log = logging.getLogger(__name__)

Check = Callable[[], list[Finding]]


def examine(
    requested: Provider = Provider.AUTO, on_topic: Callable[[str], None] = lambda _: None
) -> tuple[Finding, ...]:
    """Every finding, in the order of the checks.

    requested: where the network is asked to run in the trial. on_topic: called with what
    is looked at next, for a display of progress.
    """
    findings: list[Finding] = []
    for topic, check in _checks(requested):
        on_topic(topic)
        findings += _guarded(topic, check)
    return tuple(findings)


def _checks(requested: Provider) -> list[tuple[str, Check]]:
    return [
        ("system", system.check_system),
        ("system", system.check_gpu),
        ("packages", packages.check_packages),
        ("packages", packages.check_runtime_wheels),
        ("packages", packages.check_opencv_wheel),
        ("models", network.check_models),
        ("network", lambda: network.check_providers(requested)),
        ("cameras", devices.check_cameras),
        ("window", devices.check_display),
        ("sound", sound.check_sound),
        ("codecs", devices.check_codecs),
        ("folders", devices.check_folders),
    ]


def _guarded(topic: str, check: Check) -> list[Finding]:
    try:
        return check()
    except EngineError as error:
        return [Finding(topic, "check", error.message, Verdict.PROBLEM, error.hint)]
    except Exception as error:
        log.exception("the check of %s failed", topic)
        value = f"the check failed: {type(error).__name__}: {error}"
        return [Finding(topic, "check", value, Verdict.PROBLEM, "Run `uv sync --reinstall`.")]
