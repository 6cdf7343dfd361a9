"""What an evaluation has found."""

from __future__ import annotations

from dataclasses import dataclass

from engine.models import ModelFile
from engine.predictor import ProviderReport
from engine.training.eval_options import EvalOptions
from engine.training.eval_run import SizeReport


@dataclass(frozen=True, slots=True, eq=False)
class EvalReport:
    """What was measured, on what, and how."""

    model: ModelFile
    provider: ProviderReport
    options: EvalOptions
    photos: int
    people: int
    sizes: tuple[SizeReport, ...]
