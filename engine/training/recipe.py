"""Everything a training run depends on, and the two recipes.

"paper" is §4.4 of arXiv 1807.07674 to the letter. "plus" is what does better in the same
number of pictures here; each of its parts is an option.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Literal, get_args

from engine.errors import ConfigError
from engine.network import NetworkOptions
from engine.training.augment import PAPER_AUGMENT, AugmentOptions
from engine.training.loss_options import PAPER_LOSS, LossOptions
from engine.training.samples import BatchOptions

AugmentOn = Literal["auto", "loader", "device"]


class BatchNormMode(StrEnum):
    """What becomes of batch norm while training."""

    TRAIN = "train"
    """As loaded."""
    FOLDED = "folded"
    """Folded into the convolutions; none is left."""
    UNFOLD = "unfold"
    """Put back into weights that came folded, with statistics of training pictures."""


class Precision(StrEnum):
    """Arithmetic of the network while training; weights are float32 in both."""

    AUTO = "auto"
    """bf16 where the device is quick in it, see `engine.training.arithmetic`."""
    BF16 = "bf16"
    """bfloat16 where PyTorch's autocast deems it safe."""
    FLOAT32 = "float32"
    """Single precision throughout."""


@dataclass(frozen=True, slots=True)
class ScheduleOptions:
    """How long and how fast.

    images: stop after that many pictures; or minutes: after that much wall-clock time,
    pauses between a kill and a resume left out. Exactly one is given. lr: peak rate of
    everything but the backbone, which has backbone_factor times it. muon: 1×1 convolutions
    are stepped by Muon at that many times the rate (`engine.training.optimizer`), 0 leaves
    them to AdamW. warmup: share of the run over which the rate rises. decay: "linear" to
    zero, or "step": a tenth from step_at (share of the run) on. ema: decay of the averaged
    weights per step, 0 for none. clip: largest gradient norm, 0 for none. pull: how strongly the
    backbone is held to where it came from, 0 for not (`engine.training.pull`).
    """

    images: int | None = None
    minutes: float | None = None
    lr: float = 6e-4
    backbone_factor: float = 0.15
    muon: float = 3.0
    warmup: float = 0.02
    decay: Literal["linear", "step"] = "linear"
    step_at: float = 185 / 265
    weight_decay: float = 0.01
    ema: float = 0.998
    clip: float = 5.0
    pull: float = 0.0

    def __post_init__(self) -> None:
        if (self.images is None) == (self.minutes is None):
            raise ConfigError("Say how long to train.", "Give either images or minutes.")
        if self.decay not in ("linear", "step"):
            raise ConfigError(f"There is no decay {self.decay!r}.", "Take linear or step.")

    def rate(self, progress: float) -> float:
        """Learning rate as a share of the peak, `progress` in 0..1 of the run."""
        if self.warmup and progress < self.warmup:
            return progress / self.warmup + 1e-3
        if self.decay == "step":
            return 1.0 if progress < self.step_at else 0.1
        return max(0.0, (1 - progress) / (1 - self.warmup))


@dataclass(frozen=True, slots=True)
class TrainOptions:
    """One training run.

    data: folder in COCO layout; cutouts/ and rooms/ in it are used by "plus". annotations:
    another annotation file about the same photos. out: folder of checkpoints and logs. init:
    exported ONNX of the same layout to start from (implies folded batch norm).
    backbone_weights: state dict in timm naming; without it and without init, timm's hub is
    asked unless pretrained is off. backbone_back: how far, 0 to 1, the backbone of `init`
    is taken back to `backbone_weights` before it is trained again
    (`engine.training.start`). teacher: exported ONNX of any layout to learn from as
    well (`engine.training.distil`). freeze: that many stages of the backbone, stem
    included, keep their weights. hold_out: leave the tune split out. only_people: leave
    photos out that show nobody. only_exact: leave photos out with masks drawn by a network.
    workers: loader processes, 0 for none. augment_on: where crops are made, "loader" (its
    processes), "device" (where the network trains) or "auto", see `engine.training.place`.
    augment_memory: share of the device's free memory that all pictures may take there.
    checkpoint_minutes, picture_minutes: time between checkpoints and between picture grids.
    """

    data: Path
    out: Path
    schedule: ScheduleOptions
    recipe: str = "plus"
    network: NetworkOptions = field(default_factory=NetworkOptions)
    batch: BatchOptions = field(default_factory=BatchOptions)
    augment: AugmentOptions = field(default_factory=AugmentOptions)
    loss: LossOptions = field(default_factory=LossOptions)
    init: Path | None = None
    backbone_weights: Path | None = None
    annotations: Path | None = None
    pretrained: bool = True
    backbone_back: float = 0.0
    teacher: Path | None = None
    batchnorm: BatchNormMode = BatchNormMode.FOLDED
    freeze: int = 2
    hold_out: bool = True
    only_people: bool = False
    only_exact: bool = False
    seed: int = 1
    device: str = "cpu"
    precision: Precision = Precision.AUTO
    workers: int = 1
    augment_on: AugmentOn = "auto"
    augment_memory: float = 0.5
    threads: int = 0
    cache: Path | None = None
    resume: bool = False
    checkpoint_minutes: float = 4.0
    picture_minutes: float = 15.0
    input_long_side: int = 545
    command: str = ""

    def __post_init__(self) -> None:
        if self.augment_on not in get_args(AugmentOn):
            known = ", ".join(get_args(AugmentOn))
            raise ConfigError(f"There is no augment_on {self.augment_on!r}.", f"Take {known}.")
        if not 0 <= self.backbone_back <= 1:
            raise ConfigError(f"backbone_back is {self.backbone_back}.", "Give 0 to 1.")
        if self.backbone_back and (self.init is None or self.backbone_weights is None):
            raise ConfigError(
                "backbone_back needs two backbones.", "Give --init and --backbone-weights."
            )
        if self.schedule.pull and self.backbone_weights is None:
            raise ConfigError("pull needs a backbone to pull to.", "Give --backbone-weights.")
        if self.schedule.pull and self.batchnorm is not BatchNormMode.FOLDED:
            raise ConfigError("pull knows folded weights alone.", "Use --batchnorm folded.")


def paper_options(
    data: Path, out: Path, images: int | None = None, minutes: float | None = None
) -> TrainOptions:
    """The paper's run: 265,000 steps of 12 crops of 801², Adam 1e-3 then 1e-4.

    The paper prints "10e-4" and "10e-5"; it trains on photos with people only. A length
    of one's own keeps the share after which the rate falls.
    """
    if images is None and minutes is None:
        images = 265_000 * 12
    return TrainOptions(
        data=data,
        out=out,
        recipe="paper",
        schedule=ScheduleOptions(
            images=images,
            minutes=minutes,
            lr=1e-3,
            backbone_factor=1.0,
            muon=0.0,
            warmup=0.0,
            decay="step",
            weight_decay=0.0,
            ema=0.0,
            clip=0.0,
        ),
        network=NetworkOptions(backbone="resnet50", width=256, skip_width=48),
        batch=BatchOptions(size=12, long_sides=(801,), short_over_long=1.0, room_share=0.0),
        augment=PAPER_AUGMENT,
        loss=PAPER_LOSS,
        batchnorm=BatchNormMode.TRAIN,
        freeze=0,
        only_people=True,
        input_long_side=961,
    )


def plus_options(data: Path, out: Path, schedule: ScheduleOptions) -> TrainOptions:
    """The recipe that ships: several crop sizes, pasted people, quality-aware losses."""
    options = TrainOptions(data=data, out=out, schedule=schedule)
    return replace(options, batch=BatchOptions(size=8, long_sides=(417, 481, 545, 609)))
