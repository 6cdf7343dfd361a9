"""`bbe` and `python -m app`: the command line, and through it the window."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path
from typing import TextIO


def main() -> None:
    """Run the command that `sys.argv` names and leave with its exit code."""
    # Started with one of them closed, Python has none, and what is printed has nowhere to go.
    sys.stdout, sys.stderr = sys.stdout or _nowhere(), sys.stderr or _nowhere()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a pipe under Windows may know no "×"
            stream.reconfigure(errors="replace")
    from app.basics.cpp_runtime import load_cpp_runtime

    load_cpp_runtime()
    try:
        from app.cli.root import cli

        cli(prog_name="bbe")
    except KeyboardInterrupt:  # before there is a command that could end in order
        _end_at_the_next_interrupt()
        sys.stderr.write("Error: Interrupted.\n")
        raise SystemExit(130) from None
    except SystemExit as leaving:
        _end_at_the_next_interrupt()
        _leave_threads_behind(leaving)
        raise


def _nowhere() -> TextIO:
    return Path(os.devnull).open("w", encoding="utf-8")


def _end_at_the_next_interrupt() -> None:
    """Let the system end the process: Python would print where it was, which tells nobody."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _leave_threads_behind(leaving: SystemExit) -> None:
    """End the process at once where something still opens or reads a network or a device.

    Libraries in C++ abort with a core dump when Python is torn down while a thread is in them.
    Threads that must come to their end, as the one that compiles kernels, do.
    """
    from engine.future import left_behind

    if not left_behind():
        return
    for thread in threading.enumerate():
        if not thread.daemon and thread is not threading.main_thread():
            thread.join()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(leaving.code if isinstance(leaving.code, int) else 0)


if __name__ == "__main__":
    main()
