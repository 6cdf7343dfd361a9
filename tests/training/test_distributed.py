"""Several processes train one model."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="training needs PyTorch: uv sync --extra train")

import os
import socket
import subprocess
import sys
from itertools import islice
from pathlib import Path

import torch
from torch import Tensor

from engine.network import NetworkOptions
from engine.training import run as runs
from engine.training.checkpoint import load_checkpoint
from engine.training.crops import make_crops
from engine.training.distributed import Team
from engine.training.feed import Feed
from engine.training.loss import compute_loss
from engine.training.recipe import BatchNormMode, Precision, ScheduleOptions, TrainOptions
from engine.training.samples import BatchOptions
from engine.training.targets import build_targets
from tests.training.conftest import Annotate, two_people, two_people_picture

# pycocotools 2.0 hands out arrays that know no copy argument of NumPy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

TWO_PROCESSES = """
import sys
from pathlib import Path
import torch
torch.set_num_threads(1)
from engine.training.train import main
from tests.training.test_distributed import options_of_two
main(options_of_two(Path(sys.argv[1]), Path(sys.argv[2])))
"""


def options_of_two(data: Path, out: Path) -> TrainOptions:
    """One crop per step and process."""
    return TrainOptions(
        data=data,
        out=out,
        schedule=ScheduleOptions(images=8, lr=1e-3, ema=0.0),
        network=NetworkOptions(width=8, skip_width=8),
        batch=BatchOptions(size=1, long_sides=(65,)),
        pretrained=False,
        batchnorm=BatchNormMode.FOLDED,
        freeze=0,
        hold_out=False,
        precision=Precision.FLOAT32,
        workers=0,
        augment_on="device",  # the processes must agree that the photos fit
        threads=1,
        picture_minutes=1e9,
    )


def averaged_by_hand(options: TrainOptions) -> dict[str, Tensor]:
    """Weights after four steps on the mean gradient of two batches each."""
    maker = make_crops(options)
    run = runs.start_run(options, maker)
    run.network.train()
    batches = Feed(options, maker, Team(), 0)
    for step in range(4):
        run.optimizer.zero_grad()
        for batch in islice(batches, 2):
            logits, deltas = run.network(batch.images)
            terms = compute_loss(logits, deltas, build_targets(batch), options.loss)
            (terms.total / 2).backward()
        torch.nn.utils.clip_grad_norm_(run.network.parameters(), options.schedule.clip)
        for parameters in run.optimizer.param_groups:
            rate = options.schedule.rate(2 * step / 8)
            parameters["lr"] = options.schedule.lr * rate * parameters["factor"]
        run.optimizer.step()
    return run.network.state_dict()


@pytest.mark.slow
def test_two_processes_train_one_model_on_the_mean_of_their_gradients(
    coco_folder: Annotate, tmp_path: Path
) -> None:
    root = coco_folder([(two_people_picture(seed), two_people(seed)) for seed in (1, 2)])
    script = tmp_path / "two.py"
    script.write_text(TWO_PROCESSES)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    project = Path(__file__).parents[2]
    subprocess.run(
        [
            *(sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"),
            *("--master-addr", "127.0.0.1", "--master-port", str(port)),
            *(str(script), str(root), str(tmp_path / "run")),
        ],
        check=True,
        capture_output=True,
        timeout=1800,
        cwd=project,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(project)},
    )
    both = load_checkpoint(tmp_path / "run")
    assert (both.progress.images, both.progress.step, both.progress.batch) == (8, 4, 8)
    wanted = averaged_by_hand(options_of_two(root, tmp_path / "alone"))
    for name, value in wanted.items():
        torch.testing.assert_close(both.model[name], value, rtol=1e-3, atol=2e-5)
