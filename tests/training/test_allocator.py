"""Whether freed memory is really kept, in a process of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

from engine.training.allocator import keep_freed_memory

COUNT_FAULTS = """
import resource
import numpy as np
from engine.training.allocator import keep_freed_memory

def faults_of_round():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    blocks = [np.ones(2**22, np.uint8) for _ in range(50)]
    del blocks
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

faults_of_round()
before = faults_of_round()
kept = keep_freed_memory()
faults_of_round()
print(kept, before, faults_of_round())
"""


def test_memory_that_was_freed_is_there_for_the_next_step() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", COUNT_FAULTS], check=True, capture_output=True, text=True
    )
    kept, before, after = ran.stdout.split()
    if kept == "False":
        pytest.skip("this C library has no mallopt(3)")
    assert int(after) < 0.05 * int(before)


def test_other_systems_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    assert not keep_freed_memory()
