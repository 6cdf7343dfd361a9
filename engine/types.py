"""The values that pass between stages; each carries the frame it was computed from.

Coordinates. Pixel (row i, column j) has its centre at x = j, y = i ("index
coordinates"), the convention under which `align_corners=True` resampling maps corner
pixels onto corner pixels. Boxes inside the network's world (`Prediction`, grouping) are
in index coordinates of the network input, so a person on columns 3..7 spans 2.5..7.5.
Boxes of `Instances` are in frame pixels and end-exclusive: the same person is 3..8.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from engine.styles import RenderOptions

UInt8Array = npt.NDArray[np.uint8]
Float32Array = npt.NDArray[np.float32]
Float64Array = npt.NDArray[np.float64]
Int64Array = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

MAX_PEOPLE = 255
"""Most instances that one label image (uint8, 0 is nobody) can tell apart."""

HEAD_STRIDE = 4
"""Input pixels between neighbouring cells of the network's two output maps."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One upright picture from a source.

    image_bgr: (H, W, 3) uint8, C-contiguous; treated as read-only by every stage.
    index: 0, 1, 2, … as the source produced them; a gap is a dropped frame.
    time_s: position on the source's own timeline, seconds: the pts of a file (offset so
        that the first frame of the stream is at its own start time), or seconds since
        opening for a live source. Never decreases between two seeks.
    captured_at_s: `time.perf_counter()` when the picture was grabbed or decoded.
    duration_s: for how long it is shown from then on, seconds, where the source knows; below 0
        if no more than a part of `lead_s` is.
    lead_s: for how long it is shown before that already, seconds: the first picture of a film
        whose sound begins earlier. Below 0: so much later, as where a part of a film begins.
    """

    image_bgr: UInt8Array
    index: int
    time_s: float
    captured_at_s: float
    duration_s: float | None = None
    lead_s: float = 0.0

    def __post_init__(self) -> None:
        image = self.image_bgr
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
            raise ValueError(f"image_bgr must be (H, W, 3) uint8, got {image.shape} {image.dtype}")
        if 0 in image.shape:
            raise ValueError(f"image_bgr is empty: {image.shape}")

    @property
    def size_hw(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.image_bgr.shape[0], self.image_bgr.shape[1]

    @property
    def shown_s(self) -> float:
        """From when on it is shown, on the source's own timeline."""
        return self.time_s - self.lead_s


@dataclass(frozen=True, slots=True)
class InputGeometry:
    """How a frame was resized to the network input, corner pixels on corner pixels.

    frame_hw: size of the frame in pixels. input_hw: size of the network input, each of
    the form 16·k + 1. Both axes are scaled on their own, by less than 3 % apart for
    common sizes; there is no padding, so every output cell lies on the picture.
    """

    frame_hw: tuple[int, int]
    input_hw: tuple[int, int]

    def __post_init__(self) -> None:
        for side in self.input_hw:
            if side < 17 or side % 16 != 1:
                raise ValueError(
                    f"input sides must be 16·k + 1 and at least 17, got {self.input_hw}"
                )

    @property
    def grid_hw(self) -> tuple[int, int]:
        """Rows and columns of the network's output maps."""
        return (
            (self.input_hw[0] - 1) // HEAD_STRIDE + 1,
            (self.input_hw[1] - 1) // HEAD_STRIDE + 1,
        )

    @property
    def frame_per_input_xy(self) -> tuple[float, float]:
        """Frame pixels per input pixel along x and y."""
        return (
            (self.frame_hw[1] - 1) / (self.input_hw[1] - 1),
            (self.frame_hw[0] - 1) / (self.input_hw[0] - 1),
        )

    def boxes_to_frame(self, boxes_xyxy: Float32Array) -> Float32Array:
        """Input boxes (N, 4) in index coordinates → frame boxes, end-exclusive, clipped."""
        scale_x, scale_y = self.frame_per_input_xy
        scale = np.array([scale_x, scale_y, scale_x, scale_y], np.float32)
        height, width = self.frame_hw
        limit = np.array([width, height, width, height], np.float32)
        return np.asarray(np.clip(boxes_xyxy * scale + np.float32(0.5), 0, limit), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A frame made ready for the network, for the predictor that made it ready and no other.

    preprocess_ms: milliseconds that it took.
    """

    frame: Frame
    preprocess_ms: float


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """What the network said about one frame.

    person_logits: (h, w) float32. box_deltas: (4, h, w) float32, order dx, dy, dw, dh
    relative to an anchor of `anchor_wh` input pixels centred on each cell, which lies on
    input pixel (4·row, 4·column). stage_ms: milliseconds of preprocessing and network.
    input_rgb: (H, W, 3) uint8, what the network saw; None where that lies on a GPU.
    """

    frame: Frame
    geometry: InputGeometry
    person_logits: Float32Array
    box_deltas: Float32Array
    anchor_wh: tuple[float, float]
    stage_ms: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    input_rgb: UInt8Array | None = None

    def __post_init__(self) -> None:
        grid = self.geometry.grid_hw
        if self.person_logits.shape != grid or self.box_deltas.shape != (4, *grid):
            raise ValueError(
                f"maps {self.person_logits.shape} and {self.box_deltas.shape} "
                f"do not belong to a grid of {grid}"
            )


@dataclass(frozen=True, slots=True, eq=False)
class Instances:
    """N people found in one frame, in frame pixels; their masks never overlap.

    labels: (H, W) uint8; 0 is nobody, i + 1 is person i.
    boxes_xyxy: (N, 4) float32, end-exclusive: the box the network predicted, clipped;
        that around the mask is `engine.extent.mask_boxes`.
    scores: (N,) float32 in [0, 1]: mean person probability over the mask.
    track_ids: (N,) int64, from 1; -1 before tracking.
    """

    labels: UInt8Array
    boxes_xyxy: Float32Array
    scores: Float32Array
    track_ids: Int64Array

    def __post_init__(self) -> None:
        count = len(self.scores)
        if count > MAX_PEOPLE:
            raise ValueError(f"at most {MAX_PEOPLE} people fit a label image, got {count}")
        if self.labels.ndim != 2 or self.labels.dtype != np.uint8:
            raise ValueError(
                f"labels must be (H, W) uint8, got {self.labels.shape} {self.labels.dtype}"
            )
        if self.boxes_xyxy.shape != (count, 4) or self.track_ids.shape != (count,):
            raise ValueError(
                f"{count} scores, boxes {self.boxes_xyxy.shape}, track_ids {self.track_ids.shape}"
            )

    def __len__(self) -> int:
        return len(self.scores)

    def mask(self, i: int) -> BoolArray:
        """(H, W) bool mask of person `i`, 0 ≤ i < N."""
        if not 0 <= i < len(self):
            raise IndexError(f"person {i} of {len(self)}")
        return np.equal(self.labels, i + 1)

    def masks(self) -> Iterator[BoolArray]:
        """The (H, W) bool masks, one person after the other."""
        return (self.mask(i) for i in range(len(self)))

    def with_track_ids(self, track_ids: Int64Array) -> Instances:
        """The same people under the identities `track_ids` (N,) int64."""
        return replace(self, track_ids=track_ids)

    def regrouped(
        self,
        labels: UInt8Array,
        new_labels: UInt8Array,  # noqa: ARG002 - for labels that also lie on a GPU
        keep: Sequence[int],
    ) -> Instances:
        """The people `keep` alone, in that order.

        labels: (H, W) uint8, what `self.labels` become by the table new_labels (256,) uint8.
        """
        return replace(
            self,
            labels=labels,
            boxes_xyxy=self.boxes_xyxy[keep],
            scores=self.scores[keep],
            track_ids=self.track_ids[keep],
        )

    @classmethod
    def none(cls, frame_hw: tuple[int, int]) -> Instances:
        """Nobody, in a frame of that size."""
        return cls(
            labels=np.zeros(frame_hw, np.uint8),
            boxes_xyxy=np.zeros((0, 4), np.float32),
            scores=np.zeros(0, np.float32),
            track_ids=np.zeros(0, np.int64),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """One frame with its people and, where rendering is on, the picture to show.

    image_bgr: (H, W, 3) uint8, the rendered frame. stage_ms: milliseconds spent per
    stage, in the order of the stages. finished_at_s: `time.perf_counter()` at the end.
    jumps: how often the source was told to go elsewhere before this frame; time that passes
    between two frames of the same count passed in the film, too. render: what the picture was
    drawn by; who is hidden in it is so in all that sinks make of the frame and its people.
    label_boxes: where labels lie on it, (x0, y0, x1, y1) in pixels, end-exclusive. percents:
    how sure the network is of each of the people, as labels tell it: steady, 0 to 100.
    """

    frame: Frame
    instances: Instances
    image_bgr: UInt8Array
    stage_ms: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    finished_at_s: float = 0.0
    jumps: int = 0
    render: RenderOptions = field(default_factory=RenderOptions)
    label_boxes: tuple[tuple[int, int, int, int], ...] = ()
    percents: tuple[int, ...] = ()
