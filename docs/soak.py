"""Play a source in a loop for a long time and see whether memory and latency stay flat.

    uv run python docs/soak.py ../shared/data/clips/two-children-bedroom.mp4 --minutes 60

Prints a row per minute: RSS, frames per second, latency, dropped frames; then the drift of
both between the first and the last quarter. Exit code 1 if the RSS drifted by 1 % or more.
"""

from __future__ import annotations

import argparse
import statistics
import threading
import time
from dataclasses import dataclass

import psutil

from engine.config import RuntimeOptions
from engine.gpu import open_predictor
from engine.session import Phase, Playback, Session
from engine.source import open_source

MAX_RSS_DRIFT = 0.01
WARM_UP_SHARE = 0.1
"""The first rows fill caches and pools and do not count."""


@dataclass(frozen=True)
class Row:
    """One minute."""

    rss_mb: float
    fps: float
    latency_p50_ms: float
    latency_p95_ms: float
    dropped_frames: int


def soak(source: str, minutes: int) -> list[Row]:
    """Play `source` for that many minutes, results taken as a screen would."""
    arrived = threading.Event()
    session = Session(
        lambda: open_source(source),
        lambda: open_predictor(RuntimeOptions()),
        playback=Playback(loop=True),
        on_change=arrived.set,
    )
    thread = threading.Thread(target=session.run)
    thread.start()
    rows: list[Row] = []
    next_row_s = time.monotonic() + 60
    try:
        while len(rows) < minutes and session.state().phase is not Phase.FAILED:
            arrived.wait(1.0)
            arrived.clear()
            result = session.results.take()
            if result is not None:
                session.painted(result)
            if time.monotonic() >= next_row_s:
                next_row_s += 60
                rows.append(_row(session))
                print(f"{len(rows):4d} min  {rows[-1]}", flush=True)
    finally:
        session.stop()
        thread.join()
    if session.state().error is not None:
        raise SystemExit(str(session.state().error))
    return rows


def _row(session: Session) -> Row:
    stats = session.state().stats
    return Row(
        rss_mb=round(psutil.Process().memory_info().rss / 2**20, 1),
        fps=round(stats.fps, 1),
        latency_p50_ms=round(stats.latency_p50_ms, 1),
        latency_p95_ms=round(stats.latency_p95_ms, 1),
        dropped_frames=stats.dropped_frames,
    )


def drift(values: list[float]) -> float:
    """Median of the last quarter against that of the first, as a share."""
    quarter = max(1, len(values) // 4)
    first, last = statistics.median(values[:quarter]), statistics.median(values[-quarter:])
    return last / first - 1


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source")
    parser.add_argument("--minutes", type=int, default=60)
    options = parser.parse_args()
    rows = soak(options.source, options.minutes)
    rows = rows[int(len(rows) * WARM_UP_SHARE) :]
    rss = drift([row.rss_mb for row in rows])
    latency = drift([row.latency_p50_ms for row in rows])
    print(f"drift over {len(rows)} minutes: RSS {rss:+.2%}, latency p50 {latency:+.1%}")
    return int(abs(rss) >= MAX_RSS_DRIFT)


if __name__ == "__main__":
    raise SystemExit(main())
