"""One thing that was found out about an installation."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Verdict(Enum):
    """How good a finding is."""

    OK = "ok"
    """As it should be."""
    NOTE = "note"
    """Something is not there that not everybody needs, e.g. a camera."""
    PROBLEM = "problem"
    """Something does not work; `Finding.fix` says what to do. Makes the exit code 1."""


@dataclass(frozen=True, slots=True)
class Finding:
    """topic: the check's heading. name, value: what was looked at and found. fix: to do."""

    topic: str
    name: str
    value: str
    verdict: Verdict = Verdict.OK
    fix: str = ""
