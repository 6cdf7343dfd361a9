"""Stands in for `engine.tensorrt.child`: speaks as it does, and does what its argument says.

    python tests/fake_engine_builder.py builds|waits|fails|crashes|ignores [FILE]

waits: builds once FILE exists. ignores: goes on although it is told to end.
"""

from __future__ import annotations

import json
import signal
import sys
import time
from pathlib import Path


def say(**message: object) -> None:
    print(json.dumps(message), flush=True)


def main() -> int:
    what = sys.argv[1]
    if what == "ignores":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    request = json.loads(sys.stdin.readline())
    print("a library greets", flush=True)
    print("[1, 2]", flush=True)
    print("a warning", file=sys.stderr, flush=True)
    say(phase="loading")
    say(phase="building")
    if what == "crashes":
        print("out of memory", file=sys.stderr, flush=True)
        return 7
    if what == "fails":
        say(error="TensorRT takes no part of this model.", hint="Choose CUDA.")
        return 1
    while what == "ignores" or (what == "waits" and not Path(sys.argv[2]).exists()):
        time.sleep(0.02)
    folder = Path(request["folder"])
    (folder / "network.engine").write_text(json.dumps(request), encoding="utf-8")
    say(phase="trying")
    say(done=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
