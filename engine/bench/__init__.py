"""How fast the pipeline is here: every stage alone, the whole, live latency, other models.

All figures of one run are taken in turns, in rounds, so that a machine that gets busier
or hotter meanwhile does so for everything that is compared.
"""

from engine.bench.report import BenchOptions, BenchReport, LiveRun, ModelRun, StageTimes
from engine.bench.run import Contender, run_bench

__all__ = [
    "BenchOptions",
    "BenchReport",
    "Contender",
    "LiveRun",
    "ModelRun",
    "StageTimes",
    "run_bench",
]
