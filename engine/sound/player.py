"""The sound of the film on the screen: follows its pictures into a loudspeaker."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

from engine.errors import SoundError
from engine.sound.feeder import Feeder
from engine.sound.output import SoundOutput
from engine.sound.piece import silence
from engine.sound.screen import FASTEST_HEARD, SLOWEST_HEARD, FilmTime, Screen
from engine.sound.track import SoundTrack

log = logging.getLogger(__name__)

FEED_EVERY_S = 0.025
"""A loudspeaker has to hold some times as much."""

RETRY_S = 2.0
"""So often a loudspeaker is looked for where there is none."""


class SoundPlayer:
    """Plays the sound that belongs to the pictures it is shown; they lead, it follows.

    The methods up to `problem` may be called from any thread and return at once. `pump` and
    `close` belong to one thread, the only one that reads the file and plays; both may block.

    open_output: called in that thread; raises `SoundError`. on_wake: called when `pump` has
    something to do before the time it gave. on_problem: called when `problem` changes.
    now_s: the clock of everything here, seconds.
    """

    def __init__(
        self,
        open_output: Callable[[], SoundOutput],
        on_wake: Callable[[], None] = lambda: None,
        on_problem: Callable[[], None] = lambda: None,
        now_s: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._open_output = open_output
        self._on_wake, self._on_problem, self._now_s = on_wake, on_problem, now_s
        self._lock = threading.Lock()
        self._screen = Screen()
        self._path: Path | None = None
        self._gain = 1.0
        self._cuts = 0
        self._followed: tuple[int, float] | None = None
        self._left_jumps: int | None = None
        self._problem = ""
        # The rest belongs to the thread that pumps.
        self._output: SoundOutput | None = None
        self._track: SoundTrack | None = None
        self._feeder: Feeder | None = None
        self._opened: Path | None = None
        self._unreadable: Path | None = None
        self._fed_cuts = -1

    def open(self, path: Path | None, picture_s: float = 0.0) -> None:
        """Another film, silent until its first picture; None for no film.

        picture_s: how long a picture stands at speed 1, as far as is known.
        """
        with self._lock:
            self._path, self._screen = path, Screen(picture_s)
            self._followed = self._left_jumps = None
            self._cuts += 1
        self._on_wake()

    def show(self, time_s: float, jumps: int, speed: float, stands_s: float = 0.0) -> None:
        """That picture is on the screen now, and the film goes on from there.

        time_s, jumps: of the frame, from when on it is shown, and of the result. speed: silent
        where not understood. stands_s: for how long it is shown at speed 1, as far as is known.
        """
        if not SLOWEST_HEARD <= speed <= FASTEST_HEARD:
            self.hold()
            return
        now_s = self._now_s()
        with self._lock:
            if self._path is None or jumps == self._left_jumps:
                return
            was_silent = self._screen.film_time(now_s) is None
            if was_silent or (jumps, speed) != self._followed:
                self._screen.forget()
                self._cuts += 1
            self._followed, self._left_jumps = (jumps, speed), None
            self._screen.show(time_s, speed, now_s, stands_s)
        if was_silent:
            self._on_wake()

    def hold(self) -> None:
        """Silence until the next picture: the film is paused, over or muted."""
        with self._lock:
            was_blank = self._screen.is_blank
            self._screen.forget()
        if not was_blank:
            self._on_wake()

    def jump(self) -> None:
        """Silence until the first picture after a jump: a seek is under way."""
        with self._lock:
            if self._followed is not None:
                self._left_jumps = self._followed[0]
        self.hold()

    def set_gain(self, gain: float) -> None:
        """Factor of the volume, from 0 to 1."""
        with self._lock:
            self._gain = gain

    @property
    def problem(self) -> str:
        """Why nothing can be heard, "" where nothing is wrong."""
        with self._lock:
            return self._problem

    def pump(self) -> float | None:
        """Do what is due; seconds until it has to be called again, None for not unasked."""
        now_s = self._now_s()
        with self._lock:
            path, cuts, gain = self._path, self._cuts, self._gain
            film = self._screen.film_time(now_s)
        try:
            if path != self._opened:
                self._leave_film()
            if film is None or path is None or path == self._unreadable:
                self._rest()
                return None
            return self._play(path, cuts, film, gain)
        except SoundError as error:
            self._tell(str(error))
            return RETRY_S

    def close(self) -> None:
        """Give loudspeaker and file back. May be called twice."""
        self._leave_film()
        self._leave_output()

    def _play(self, path: Path, cuts: int, film: FilmTime, gain: float) -> float:
        self._opened = path
        if self._output is not None and self._output.failed:
            self._leave_output()
        if self._output is None:
            self._output = self._open_output()
            # Devices take a while to begin; what waits until then must not be missed later.
            self._output.write(silence(self._output.room))
        if self._track is None:
            self._unreadable = path  # until it was read
            self._track = SoundTrack(path, self._output.rate_hz)
            self._unreadable = None
        if self._feeder is None:
            self._feeder, self._fed_cuts = Feeder(self._track, self._output), -1
        self._tell("")
        if cuts != self._fed_cuts:
            self._fed_cuts = cuts
            self._feeder.restart(film, self._now_s())
        self._feeder.feed(film, self._now_s(), gain)
        return FEED_EVERY_S

    def _rest(self) -> None:
        """Be silent. The loudspeaker stays: to open it takes up to a second."""
        if self._feeder is not None:
            self._feeder.fall_silent()

    def _leave_film(self) -> None:
        self._rest()
        if self._track is not None:
            self._track.close()
        self._feeder = self._track = self._opened = self._unreadable = None
        self._tell("")

    def _leave_output(self) -> None:
        if self._output is not None:
            self._output.close()
        self._output = None
        # What is decoded has the rate of the loudspeaker.
        if self._track is not None:
            self._track.close()
        self._feeder = self._track = None

    def _tell(self, problem: str) -> None:
        with self._lock:
            is_news = problem != self._problem
            self._problem = problem
        if is_news and problem:
            log.info("no sound: %s", problem)
        if is_news:
            self._on_problem()
