"""What a recording shows: the choice of the record button and of `--record-as`."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.sink.recorder import VideoRecorder


class Recorded(Enum):
    """What goes into the file. Who is hidden or blurred is so in all of them."""

    SHOWN = "shown"
    """The picture on the screen."""
    PLAIN = "plain"
    """The picture without overlay."""
    CUT_OUT = "cut-out"
    """People on transparent ground."""

    @property
    def recorder(self) -> type[VideoRecorder]:
        """What records it; imported here, because a window opens without."""
        from engine.sink.alpha import AlphaRecorder
        from engine.sink.recorder import PlainRecorder, VideoRecorder

        recorders = {Recorded.SHOWN: VideoRecorder, Recorded.PLAIN: PlainRecorder}
        return recorders.get(self, AlphaRecorder)
