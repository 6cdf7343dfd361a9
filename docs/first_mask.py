"""Seconds from the start of the process to the first frame with its people.

    uv run --no-sync python docs/first_mask.py CLIP
    NUMBA_CACHE_DIR=$(mktemp -d) uv run --no-sync python docs/first_mask.py CLIP

The second is the very first start on a machine, which compiles the kernels; `--wait` leaves
out what plain NumPy shows meanwhile.
"""

from __future__ import annotations

import argparse
import threading
import time

import psutil

from engine import session as sessions
from engine.config import RuntimeOptions
from engine.gpu import open_predictor
from engine.kernels import on_cpu
from engine.pipeline import warm_up_beside
from engine.session import Phase, Playback, Session
from engine.source import open_source
from engine.types import Result

LONGEST_S = 60.0


class Moments:
    """When frames were finished, seconds since the process began; a `Sink`."""

    def __init__(self) -> None:
        self.plain: list[float] = []
        self.compiled: list[float] = []

    def write(self, _result: Result) -> None:
        """Note the time, and which kernels serve by now."""
        now_s = time.time() - psutil.Process().create_time()
        serving = getattr(on_cpu.kernels(), "__name__", "")
        (self.plain if serving.endswith(".plain") else self.compiled).append(now_s)

    def close(self) -> None:
        """Nothing to finish."""


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("clip")
    parser.add_argument("--wait", action="store_true", help="for the compiled kernels")
    options = parser.parse_args()
    if options.wait:
        sessions.warm_up_beside = lambda plain_meanwhile: warm_up_beside(not plain_meanwhile)
    moments = Moments()
    session = Session(
        lambda: open_source(options.clip),
        lambda: open_predictor(RuntimeOptions()),
        playback=Playback(loop=True),
    )
    session.add_sink(moments)
    thread = threading.Thread(target=session.run)
    thread.start()
    until_s = time.monotonic() + LONGEST_S
    while len(moments.compiled) < 2 and time.monotonic() < until_s:
        time.sleep(0.01)
        if session.state().phase is Phase.FAILED:
            break
    session.stop()
    thread.join()
    for name, times_s in (("plain NumPy", moments.plain), ("compiled", moments.compiled)):
        if times_s:
            print(f"{name}: first frame after {times_s[0]:.2f} s, {len(times_s)} frames")


if __name__ == "__main__":
    main()
