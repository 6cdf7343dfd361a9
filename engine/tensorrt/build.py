"""Has an engine built by another process: minutes that no frame waits for."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from engine.errors import RuntimeUnavailable

CHILD = (sys.executable, "-m", "engine.tensorrt.child")
POLL_S = 0.1
GRACE_S = 5.0
"""How long a process may take to end before it is killed."""

LEFT_OVER_S = 24 * 3600.0
"""A folder that is still being filled after so long belongs to a builder that was killed."""

_SCRATCH = ".building-"


@dataclass(frozen=True, slots=True)
class BuildRequest:
    """model: path of the file. precision: "float16" or "float32"."""

    model: str
    input_hw: tuple[int, int]
    precision: str
    device_id: int


def build_engine(
    request: BuildRequest,
    target: Path,
    stop: threading.Event,
    tell: Callable[[str], None],
    command: Sequence[str] = CHILD,
) -> None:
    """Build into `target`, a folder that exists only when the engine is complete.

    stop: set by whoever no longer wants it; the process is then ended. tell: called with
    each phase, "loading", "building" or "trying". Raises `RuntimeUnavailable` with what the
    process said where it failed, and where it was stopped.
    """
    _clear_left_over(target.parent)
    scratch = target.with_name(f"{target.name}{_SCRATCH}{os.getpid()}")
    scratch.mkdir(parents=True)
    try:
        _run(request, scratch, stop, tell, command)
        with contextlib.suppress(OSError):  # another process may have been faster
            scratch.rename(target)
        if not target.is_dir():
            raise RuntimeUnavailable(f"TensorRT's engine could not be kept in {target}.")
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _run(
    request: BuildRequest,
    folder: Path,
    stop: threading.Event,
    tell: Callable[[str], None],
    command: Sequence[str],
) -> None:
    log_path = folder / "build.log"
    with log_path.open("wb") as log, _process(command, log) as process:
        said = _Said(process, tell)
        try:
            said.ask(json.dumps({**asdict(request), "folder": str(folder)}))
            while process.poll() is None:
                if stop.wait(POLL_S):
                    raise RuntimeUnavailable("The building of TensorRT's engine was stopped.")
        finally:
            _end(process)
            said.join()
    if not said.last.get("done"):
        raise _failure(process.returncode, said.last, log_path)


def _process(command: Sequence[str], log: IO[bytes]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except OSError as error:
        raise RuntimeUnavailable(f"TensorRT's engine cannot be built: {error}.") from error


class _Said:
    """What the process says, line by line, on a thread of its own."""

    def __init__(self, process: subprocess.Popen[bytes], tell: Callable[[str], None]) -> None:
        self.last: dict[str, Any] = {}
        self._process = process
        self._tell = tell
        self._thread = threading.Thread(target=self._listen, name="bbe-tensorrt", daemon=True)
        self._thread.start()

    def ask(self, line: str) -> None:
        """Send one line; a process that has gone already shows elsewhere."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.write(line.encode() + b"\n")
            self._process.stdin.flush()

    def join(self) -> None:
        """Return when all has been heard."""
        self._thread.join()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            # Libraries print what they like to the same place.
            with contextlib.suppress(ValueError):
                message = json.loads(line)
                if isinstance(message, dict):
                    self.last = message
                    if "phase" in message:
                        self._tell(str(message["phase"]))


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(OSError):
        process.terminate()
    try:
        process.wait(GRACE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _failure(status: int, said: dict[str, Any], log_path: Path) -> RuntimeUnavailable:
    if "error" in said:
        return RuntimeUnavailable(str(said["error"]), str(said.get("hint", "")))
    lines = log_path.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    told = f": {lines[-1]}" if lines else "."
    return RuntimeUnavailable(
        f"The process that built TensorRT's engine ended with status {status}{told}",
        "Choose CUDA, or open the model again.",
    )


def _clear_left_over(cache: Path) -> None:
    for folder in cache.glob(f"*{_SCRATCH}*"):
        with contextlib.suppress(OSError):
            if time.time() - folder.stat().st_mtime > LEFT_OVER_S:
                shutil.rmtree(folder)
