"""Whether people keep their identities: clips in which it is known who is who in every frame.

    uv run python docs/identity_truth.py

Cut-out people walk through rooms by a plan (`identity_scenes.py`), and people of a film who were
filmed one at a time stand and walk in it together (`identity_filmed.py`). All goes through the
application's own stages as a camera would, at 20 and at 10 frames a second. What is counted:
`engine/training/identity.py`.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from pathlib import Path

from identity_filmed import FILMED, filmed_frames
from identity_filmed import FPS as FILMED_FPS
from identity_scenes import SCENES, drawn_frames

from engine.config import Provider, RuntimeOptions, Settings
from engine.gpu import open_predictor
from engine.pipeline import Pipeline
from engine.predictor import Predictor
from engine.training.eval_clips import QUICK_LOOK
from engine.training.identity import Identity, IdentityMeter, identity_table
from engine.training.walks import Truth
from engine.types import Frame, Prediction, UInt8Array

FPS = 20
SETTINGS = Settings(render=QUICK_LOOK)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--model", default="")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--only", help="clips whose name has this in it")
    parsed = parser.parse_args()
    options = RuntimeOptions(parsed.model, Provider.CPU, threads=parsed.threads)
    predictor = open_predictor(options)
    rows: dict[str, Identity] = {}
    try:
        for name in (*SCENES, *FILMED):
            if parsed.only is None or parsed.only in name:
                rows.update(_measured(parsed.data, predictor, name))
    finally:
        predictor.close()
    print(identity_table("clip, frames/s", rows))


def _measured(data: Path, predictor: Predictor, name: str) -> Iterator[tuple[str, Identity]]:
    """The network sees each frame once, also where several rates are measured."""
    if name in SCENES:
        frames = drawn_frames(data / "people", name, FPS)
        rates = (FPS, FPS // 2)
    else:
        frames = filmed_frames(data / "clips" / "one-by-one-walking.mp4", predictor, name)
        rates = (FILMED_FPS,)
    predicted = list(_predicted(predictor, frames))
    for rate in rates:
        yield f"{name}, {rate}", _identity(predictor, predicted[:: rates[0] // rate])


def _predicted(
    predictor: Predictor, frames: Iterable[tuple[float, UInt8Array, Truth]]
) -> Iterator[tuple[Prediction, Truth]]:
    for n, (time_s, image_bgr, truth) in enumerate(frames):
        yield predictor.predict(Frame(image_bgr, n, time_s, 0.0)), truth


def _identity(predictor: Predictor, predicted: list[tuple[Prediction, Truth]]) -> Identity:
    pipeline, meter = Pipeline(predictor), IdentityMeter()
    for prediction, truth in predicted:
        result = pipeline.finish(prediction, SETTINGS)
        meter.write(truth, result.instances, result.frame.time_s)
    return meter.report()


if __name__ == "__main__":
    main()
