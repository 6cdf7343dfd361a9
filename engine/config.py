"""The options of every stage, as frozen dataclasses: units, ranges and defaults.

Settings reach a running pipeline as one immutable `Settings` value that is read between
two frames, so no stage ever sees half of a change. Every value is checked when the
dataclass is made; a wrong one raises `ConfigError`. Those of drawing lie in
`engine.styles`, below `engine.types`, because every result carries them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum

from engine.errors import check_choice, check_range, check_whole
from engine.styles import RenderOptions
from engine.types import MAX_PEOPLE


@dataclass(frozen=True, slots=True)
class GroupOptions:
    """Pixels into people (paper section 3.3, and what measurably improves on it).

    voting: proposed boxes are ranked by the votes of the pixels that agree with them and
        replaced by those pixels' mean box; off, ranked by their peak, as in the paper.
    vote_iou: a pixel votes for the boxes that its own overlaps by more.
    agreement_score: confidence also counts how well pixels and box agree, and is the
        share of people so scored who are real; off, it is the mean person probability, as
        in the paper.
    min_score: people less sure than this are dropped, but for those whom
        `TrackOptions.keep_share` keeps. Accuracy is measured with 0, which
        leaves the ranking to COCO's rules.
    peak_probability: t_c, a box is proposed at local peaks of the person map above it.
    mask_probability: a pixel is person from here on.
    nms_iou: two proposed boxes that overlap more are one person.
    assign_iou: t_iou, a pixel whose own box overlaps no person's box by more is nobody's.
    max_people: at most this many people per frame; with voting, those with the most votes. The
        paper has 20; whoever is more can be neither hidden nor blurred.
    peak_radius: half the side of the square window, in cells of the output map, in which
        a peak must be the largest logit.
    min_cells: people with fewer cells of the output map than this are dropped.
    fine_edges: the edges of people follow the colours of the picture where the network is
        unsure of them (`engine.edges`).
    speck_share: pieces of a person's mask, and holes in it, of fewer pixels than this share of
        its largest piece are not kept; 0 keeps all.
    """

    peak_probability: float = 0.6
    mask_probability: float = 0.5
    nms_iou: float = 0.45
    assign_iou: float = 0.5
    max_people: int = 100
    peak_radius: int = 1
    min_cells: int = 1
    voting: bool = True
    vote_iou: float = 0.6
    agreement_score: bool = True
    min_score: float = 0.4
    fine_edges: bool = True
    speck_share: float = 0.005

    def __post_init__(self) -> None:
        for name in ("peak_probability", "mask_probability"):
            check_range(name, getattr(self, name), 0.01, 0.99)
        for name in ("nms_iou", "assign_iou", "vote_iou", "min_score"):
            check_range(name, getattr(self, name), 0.0, 1.0)
        check_whole("max_people", self.max_people, 1, MAX_PEOPLE)
        check_whole("peak_radius", self.peak_radius, 1, 16)
        check_range("speck_share", self.speck_share, 0.0, 0.5)
        check_whole("min_cells", self.min_cells, 1, 10_000)

    @classmethod
    def paper(cls) -> GroupOptions:
        """Grouping to the letter of the paper; its t_iou is not printed."""
        return cls(
            nms_iou=0.4,
            assign_iou=0.3,
            max_people=20,
            voting=False,
            agreement_score=False,
            min_score=0.0,
            fine_edges=False,
            speck_share=0.0,
        )


@dataclass(frozen=True, slots=True)
class TrackOptions:
    """Identities from frame to frame.

    enabled: off leaves every track id at -1.
    min_iou: a person and a track that overlap less are not the same.
    keep_share: people already tracked stay down to this share of `GroupOptions.min_score`.
    keep_lost_s: an unseen identity waits this many seconds for its person to return.
    keep_hidden_s: for so many somebody waits who is behind somebody else in sight, but is known
        again only if their looks agree.
    confirm_s: people who come while the picture goes on are counted from the second frame on
        in which they are found, this many seconds after the first; with 0, or where anybody is
        hidden or blurred, at once.
    """

    enabled: bool = True
    min_iou: float = 0.2
    keep_share: float = 0.4
    keep_lost_s: float = 1.5
    keep_hidden_s: float = 5.0
    confirm_s: float = 0.06

    def __post_init__(self) -> None:
        check_range("min_iou", self.min_iou, 0.0, 1.0)
        check_range("keep_share", self.keep_share, 0.0, 1.0)
        check_range("keep_lost_s", self.keep_lost_s, 0.0, 60.0)
        check_range("keep_hidden_s", self.keep_hidden_s, 0.0, 60.0)
        check_range("confirm_s", self.confirm_s, 0.0, 2.0)


class Provider(Enum):
    """Where the network is asked to run."""

    AUTO = "auto"
    """The fastest that the installed ONNX Runtime has: CUDA, OpenVINO, then the CPU."""
    CPU = "cpu"
    """By ONNX Runtime's own kernels."""
    CUDA = "cuda"
    """On an NVIDIA GPU, with all that can be done there (`engine.gpu`)."""
    TENSORRT = "tensorrt"
    """CUDA, until TensorRT's engine for the model and the input size is there."""
    OPENVINO = "openvino"
    """On the processor, where it gives the same as the CPU (`engine.openvino`)."""


class Precision(Enum):
    """What the network computes in."""

    MODEL = "model"
    """What the model file holds."""
    FLOAT16 = "float16"
    """Float16 for a float32 model on an NVIDIA GPU; elsewhere the model's own."""


@dataclass(frozen=True, slots=True)
class RuntimeOptions:
    """The network and where it runs; where any of these changes the network is opened anew.

    model: a name of the manifest or the path of an .onnx file.
    input_long_side: longer side of the network input in pixels, rounded to 16·k + 1;
        None takes the model's own.
    look_twice: the network sees each frame a second time, larger, and what it says of the
        two is averaged (`engine.second_look`): slower, and finds more people.
    threads: of the network on the CPU; 0 lets the runtime choose.
    """

    model: str = ""
    provider: Provider = Provider.AUTO
    input_long_side: int | None = None
    threads: int = 0
    precision: Precision = Precision.MODEL
    look_twice: bool = False

    def __post_init__(self) -> None:
        if self.input_long_side is not None:
            check_range("input_long_side", self.input_long_side, 97, 2049)
        check_whole("threads", self.threads, 0, 256)
        check_choice("provider", self.provider, Provider)
        check_choice("precision", self.precision, Precision)


@dataclass(frozen=True, slots=True)
class AdaptiveOptions:
    """A network input that becomes smaller where the machine is too slow for a frame rate.

    For live sources and playback on the CPU; exports and pictures are never made smaller,
    nor is a picture that stands while paused.

    fps: the frame rate to keep up with, or that of the source where it has less.
    lowest_long_side: the longer side is never smaller, pixels, rounded to 16·k + 1; the
        largest is the one that the model was opened for.
    """

    enabled: bool = True
    fps: float = 30.0
    lowest_long_side: int = 321

    def __post_init__(self) -> None:
        check_range("fps", self.fps, 1.0, 240.0)
        check_range("lowest_long_side", self.lowest_long_side, 97, 2049)


@dataclass(frozen=True, slots=True)
class SteadyOptions:
    """What the network said of the frames before counts, too, where the picture is the same.

    For what moves, from frames at most 0.3 s apart: not for pictures of a folder.

    weight: of the frames before, where the picture is quite the same. Below 0.7 nobody who
        is gone stays for more than one frame, even where the picture hides it.
    max_difference: from here on a cell's picture is another and only the new frame counts,
        in levels of 0 to 255.
    """

    enabled: bool = True
    weight: float = 0.6
    max_difference: float = 24.0

    def __post_init__(self) -> None:
        check_range("weight", self.weight, 0.0, 0.95)
        check_range("max_difference", self.max_difference, 1.0, 255.0)


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """Whoever is called `wrong` is `right`, or for None nobody seen before: each is said once.

    Who that is, is decided by the picture in which it was said
    (`engine.tracking.corrections`).
    """

    wrong: int
    right: int | None


@dataclass(frozen=True, slots=True)
class Settings:
    """All that a running pipeline reads between two frames.

    said: of identities that are wrong, in the order in which it was said.
    """

    group: GroupOptions = GroupOptions()
    track: TrackOptions = TrackOptions()
    render: RenderOptions = field(default_factory=RenderOptions)
    adaptive: AdaptiveOptions = AdaptiveOptions()
    steady: SteadyOptions = SteadyOptions()
    said: tuple[Said, ...] = ()

    @property
    def candidates(self) -> GroupOptions:
        """Grouping down to those whom only tracking keeps, and to every speck of who is hidden.

        Without tracking the least confidence is that of `group`.
        """
        group = self.group
        if self.render.conceals_anybody:
            group = replace(group, speck_share=0.0)
        if not self.track.enabled:
            return group
        return replace(group, min_score=group.min_score * self.track.keep_share)
