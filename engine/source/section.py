"""A part of a film, as a film of its own."""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.errors import ConfigError, SourceError
from engine.source.base import Source, SourceInfo
from engine.types import Frame

_SAME_TIME_S = 1e-3
"""Less than between any two pictures, and more than a film's clock is off: some count whole
milliseconds."""


@dataclass(frozen=True, slots=True)
class Section:
    """From when to when, in seconds from the film's first picture; end_s: None is its end.

    Raises `ConfigError` where nothing lies between.
    """

    start_s: float = 0.0
    end_s: float | None = None

    def __post_init__(self) -> None:
        if not self.start_s >= 0:
            raise ConfigError(f"A part cannot begin at {self.start_s:g} s.", "Give 0 or more.")
        if self.end_s is not None and not self.end_s > self.start_s:
            raise ConfigError(
                f"A part from {self.start_s:g} s to {self.end_s:g} s is empty.",
                "Let it end later than it begins.",
            )

    def ends_at(self, film: SourceInfo) -> float | None:
        """When it is over on the clock of the film's frames; None at the film's own end."""
        return None if self.end_s is None else film.start_s + self.end_s


class SectionSource:
    """What a film shows from the start of a section to its end.

    It begins with the picture that is shown at the start, as number 0, for as long as that stands
    from then on (`Frame.lead_s` below 0). Times remain those of the film, by which its sound and
    its people are found. Owns `film`, also when this raises `SourceError`: for what is no film,
    or one that is over before the section begins.
    """

    def __init__(self, film: Source, section: Section) -> None:
        self._film = film
        self._ahead: Frame | None = None
        self._failure: SourceError | None = None
        whole = film.info
        try:
            _refuse(whole, section)
            self._start_s = whole.start_s + section.start_s
            self._end_s = section.ends_at(whole)
            first = self._fetch_from(self._start_s) if section.start_s > 0 else self._fetch()
            if first is None:
                raise self._failure or SourceError(f"{whole.name} shows nothing of the part.")
        except BaseException:
            film.close()
            raise
        self._first_index = first.index
        self._info = _part_of(whole, section, first)

    @property
    def info(self) -> SourceInfo:
        """The film's, but for its length and beginning; how many frames it has is not known."""
        return self._info

    def read(self) -> Frame | None:
        """The next frame that begins before the section ends; the last one stands until then."""
        frame = self._ahead
        if frame is None:
            if self._failure is not None:
                raise self._failure
            return None
        following = self._fetch()
        if self._end_s is not None:
            if following is not None and following.shown_s > self._end_s - _SAME_TIME_S:
                self._ahead = following = None
                frame = replace(frame, duration_s=self._end_s - frame.time_s)
            elif following is None and frame.duration_s is not None:
                left_s = self._end_s - frame.time_s
                frame = replace(frame, duration_s=min(frame.duration_s, left_s))
        lead_s = min(frame.lead_s, frame.time_s - self._start_s)
        return replace(frame, index=frame.index - self._first_index, lead_s=lead_s)

    def seek(self, time_s: float) -> None:
        """Go to the last frame of the section at or before `time_s` of the film."""
        last_s = float("inf") if self._end_s is None else self._end_s - 2 * _SAME_TIME_S
        self._fetch_from(max(min(time_s, last_s), self._start_s))

    def close(self) -> None:
        """Close the film. May be called twice."""
        self._ahead = self._failure = None
        self._film.close()

    def _fetch_from(self, time_s: float) -> Frame | None:
        self._film.seek(time_s + _SAME_TIME_S)
        return self._fetch()

    def _fetch(self) -> Frame | None:
        """One frame ahead, by which the last one of the section is known in time."""
        self._ahead = self._failure = None
        try:
            self._ahead = self._film.read()
        except SourceError as error:  # its turn comes after the frame before
            self._failure = error
        return self._ahead


def _refuse(film: SourceInfo, section: Section) -> None:
    if film.live or film.pictures or not film.seekable:
        raise SourceError(
            f"{film.name} is no film of which a part can be taken.", "Take all of it."
        )
    if film.duration_s is not None and section.start_s >= film.duration_s:
        raise SourceError(
            f"{film.name} is {film.duration_s:.1f} s long, over before {section.start_s:g} s.",
            "Let the part begin earlier.",
        )


def _part_of(film: SourceInfo, section: Section, first: Frame) -> SourceInfo:
    ends_s = [end_s for end_s in (section.end_s, film.duration_s) if end_s is not None]
    duration_s = min(ends_s) - section.start_s if ends_s else None
    start_s = max(first.shown_s, film.start_s + section.start_s)
    return replace(
        film,
        duration_s=duration_s,
        frame_count=None,
        start_s=start_s,
        sound_until_s=section.ends_at(film),
    )
