"""The input size of a session's next frame: `engine.adaptive` under the user's options."""

from __future__ import annotations

from engine.adaptive import SizeState, Timing, ladder, observe
from engine.config import AdaptiveOptions
from engine.playback import Playback
from engine.predictor import Predictor
from engine.source.base import SourceInfo
from engine.types import Prediction


class InputSizing:
    """Chooses sizes and learns from results; used by the session's thread alone."""

    def __init__(self) -> None:
        self._state: SizeState | None = None
        self._wished_fps = 0.0
        self._speed = 1.0

    def forget(self) -> None:
        """Another network: what was learned of the last one means nothing."""
        self._state = None

    def choose(
        self,
        predictor: Predictor,
        info: SourceInfo | None,
        playback: Playback,
        options: AdaptiveOptions,
    ) -> int | None:
        """Longer side of the next frame's input; None is that of the network as opened."""
        moves = info is not None and (info.live or info.fps is not None)  # pictures have no rate
        if not (options.enabled and moves) or predictor.provider.fixed_size:
            self._state = None
            return None
        if playback.paused:
            return None  # a picture that stands has all the time
        sides = ladder(predictor.long_side, options.lowest_long_side)
        if self._state is None or self._state.sides != sides:
            self._state = SizeState(sides, sides[-1])
        self._wished_fps = options.fps
        self._speed = 1.0 if info is None or info.live else playback.speed
        return self._state.long_side

    def learn(self, prediction: Prediction, finished_at_s: float) -> None:
        """How long a frame took, finished at that time of `time.perf_counter()`."""
        if self._state is None:
            return
        frame, stage_ms = prediction.frame, prediction.stage_ms
        timing = Timing(
            finished_at_s=finished_at_s,
            due_s=frame.shown_s / self._speed,
            frame_index=frame.index,
            long_side=max(prediction.geometry.input_hw),
            network_ms=stage_ms.get("preprocess", 0.0) + stage_ms.get("network", 0.0),
        )
        self._state = observe(self._state, timing, self._wished_fps)
