"""Seconds from the command to the window on the screen; needs an X server and xdotool.

    uv run --no-sync python docs/start_up.py --starts 5

Each start is a process of its own with settings of its own, so nothing is remembered from
the last one but what the disk keeps.
"""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time

POLL_S = 0.01
LONGEST_S = 30.0


def start_once() -> float:
    """Open the window, wait until it is mapped, close it."""
    with tempfile.TemporaryDirectory() as settings:
        started_s = time.perf_counter()
        window = subprocess.Popen(
            [sys.executable, "-m", "app"], env={**os.environ, "XDG_CONFIG_HOME": settings}
        )
        try:
            while not _is_mapped(window.pid):
                if window.poll() is not None or time.perf_counter() - started_s > LONGEST_S:
                    raise SystemExit("No window came.")
                time.sleep(POLL_S)
            return time.perf_counter() - started_s
        finally:
            window.send_signal(signal.SIGINT)
            window.wait()


def _is_mapped(pid: int) -> bool:
    query = ["xdotool", "search", "--onlyvisible", "--pid", str(pid), "--name", "BBE"]
    return bool(subprocess.run(query, capture_output=True, check=False).stdout.strip())


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--starts", type=int, default=5)
    taken_s = [start_once() for _ in range(parser.parse_args().starts)]
    print(", ".join(f"{s:.2f}" for s in taken_s), f"s; median {statistics.median(taken_s):.2f} s")


if __name__ == "__main__":
    main()
