"""How a recording is made."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.errors import ConfigError
from engine.sink.worker import WhenFull


@dataclass(frozen=True, slots=True)
class RecorderOptions:
    """How a recording is made.

    codec: "h264", "vp9", … or the name of an encoder; None takes the best that works
        here for the kind of file.
    preset: of x264, "ultrafast" to "veryslow": slower makes smaller files.
    crf: constant quality on the scale of x264, 0 lossless to 51 worst; 18 looks like the
        original. Other encoders get what comes closest.
    fps: the source's nominal rate, where known; gives the duration of the last frame where
        that does not tell its own. All others last until the next one, whatever this says.
    when_full: live sources drop, files wait. queue_frames: pictures that wait at most,
        fewer where they are larger than 4K.
    overwrite: replace a file of the same name.
    audio_from: a file whose sound is copied without loss; its times are those of the
        frames recorded. Sound that goes on after the file's last picture is kept to its
        end; a recording that stops before that picture cuts the sound there.
    audio_until_s: when it ends at the latest, seconds on the clock of the frames; None at its
        own end.
    """

    codec: str | None = None
    preset: str = "veryfast"
    crf: int = 20
    fps: float | None = None
    when_full: WhenFull = WhenFull.DROP
    queue_frames: int = 16
    overwrite: bool = False
    audio_from: Path | None = None
    audio_until_s: float | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.crf <= 51:
            raise ConfigError(f"crf is {self.crf}.", "It must lie between 0 and 51.")
        if self.queue_frames < 1:
            raise ConfigError(f"queue_frames is {self.queue_frames}.", "It must be at least 1.")
        if self.fps is not None and not 0 < self.fps <= 1000:
            raise ConfigError(f"fps is {self.fps}.", "It must lie between 0 and 1000.")
