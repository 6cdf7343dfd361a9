"""Films, backends and small helpers for tests that drive the real window."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import av
import numpy as np
import pytest
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QLabel, QWidget

from app.held.backend import Backend, Entry, SourceRequest
from app.main_window import MainWindow
from engine.board import Phase
from engine.config import RuntimeOptions, Settings
from engine.errors import EngineError, SourceLost
from engine.predictor import Predictor, ProviderReport
from engine.session import Session
from engine.sound.output import SoundOutput
from engine.source.base import Source, SourceInfo
from engine.types import Frame, UInt8Array
from tests.fake_speaker import FakeSpeaker
from tests.fakes import FakePredictor, HoledSource, ListSource, TornSource, coloured_box_image

STRICT = [
    pytest.mark.qt_log_level_fail("WARNING"),
    pytest.mark.qt_log_ignore("This plugin does not support"),  # of the offscreen platform
]
"""`pytestmark` of every file that drives the window: a warning of Qt fails the test."""


def walk(frames: int) -> list[UInt8Array]:
    """One person who walks to the right, two pixels a frame, and begins again."""
    return [coloured_box_image(8 + 2 * (i % 40)) for i in range(frames)]


def two_people() -> UInt8Array:
    """Two people side by side, the left one brighter."""
    image = coloured_box_image(8, 220)
    return np.maximum(image, coloured_box_image(80, 120))


class Film(ListSource):
    """A list of pictures with any fields of its `SourceInfo`."""

    def __init__(self, images: Sequence[UInt8Array], fps: float = 50.0, **info: object) -> None:
        super().__init__(images, fps, live=bool(info.get("live", False)))
        self._film_info = replace(super().info, **info)  # type: ignore[arg-type]

    @property
    def info(self) -> SourceInfo:
        return self._film_info


class HoledFilm(Film, HoledSource):
    """Cannot be decoded in the middle."""


class TornFilm(Film, TornSource):
    """Breaks off where its pictures end."""


class LiveCamera(Film):
    """Delivers pictures at its rate until it is closed.

    Fails after `fail_after` of them, or once it is `unplugged`.
    """

    def __init__(self, fps: float = 50.0, fail_after: int | None = None, **info: object) -> None:
        super().__init__(walk(40), fps, live=True, **info)
        self.unplugged = threading.Event()
        self._fail_after = fail_after
        self._count = 0

    def read(self) -> Frame | None:
        if self.closed.wait(1 / (self.info.fps or 50.0)):
            return None
        if self.unplugged.is_set() or self._count == self._fail_after:
            raise SourceLost("The camera does not answer any more.", "Plug it in again.")
        self._count += 1
        image = self.images[self._count % len(self.images)]
        return Frame(image, self._count, self._count / 50, time.perf_counter())


class TellingPredictor(FakePredictor):
    """Says of its provider what it was told to say."""

    def __init__(self, report: ProviderReport) -> None:
        super().__init__()
        self._report = report

    @property
    def provider(self) -> ProviderReport:
        return self._report


class SpySession(Session):
    """The real session; remembers what it began with and what it was told."""

    configured: list[Settings]

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        SpySession.configured = [settings for settings in args if isinstance(settings, Settings)]

    def configure(self, settings: Settings) -> None:
        SpySession.configured.append(settings)
        super().configure(settings)


@dataclass
class FakeScene:
    """A backend of fakes whose answers a test may change at any time."""

    open_source: Callable[[SourceRequest], Source] = lambda _request: Film(walk(60))
    open_predictor: Callable[[RuntimeOptions], Predictor] = lambda _runtime: FakePredictor()
    cameras: Sequence[Entry] = ()
    open_speaker: Callable[[], SoundOutput] = FakeSpeaker
    load_session: Callable[[], type[Session]] = lambda: SpySession
    models: Sequence[Entry] = (Entry("fake", "fake"), Entry("other", "other"))
    requests: list[SourceRequest] = field(default_factory=list)
    runtimes: list[RuntimeOptions] = field(default_factory=list)

    def backend(self) -> Backend:
        def open_source(request: SourceRequest) -> Source:
            self.requests.append(request)
            return self.open_source(request)

        def open_predictor(runtime: RuntimeOptions) -> Predictor:
            self.runtimes.append(runtime)
            return self.open_predictor(runtime)

        return Backend(
            open_source,
            open_predictor,
            lambda: self.cameras,
            lambda: self.models,
            lambda: self.load_session(),
            lambda: self.open_speaker(),
        )


def raising(error: EngineError) -> Callable[[object], object]:
    """Something that cannot be opened."""

    def fail(_wanted: object) -> object:
        raise error

    return fail


def engine_threads() -> set[str]:
    """Names of the program's own threads alive now."""
    return {thread.name for thread in threading.enumerate() if thread.name.startswith("bbe")}


def phase(window: MainWindow) -> Phase | None:
    state = window.player.state()
    return state.phase if state is not None else None


def shown_index(window: MainWindow) -> int:
    """Index of the frame on the screen, -1 for none."""
    result = window.stage.view.result
    return result.frame.index if result is not None else -1


def shown_text(widget: QWidget) -> str:
    """All lines of text that can be read on a widget."""
    labels = widget.findChildren(QLabel)
    return "\n".join(label.text() for label in labels if label.isVisibleTo(widget))


def reached_by_tab(start: QWidget) -> list[QWidget]:
    """All controls in the order in which Tab comes to them after `start`."""
    order: list[QWidget] = []
    window, widget = start.window(), start.nextInFocusChain()
    while widget is not None and widget is not start:
        can_focus = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
        if can_focus and widget.isEnabled() and widget.isVisibleTo(window):
            order.append(widget)
        widget = widget.nextInFocusChain()
    return order


def listed_ids(window: MainWindow) -> list[int]:
    return [row.track_id for row in window.panel.people.rows]


def click(widget: QWidget, at: QPoint | None = None) -> None:
    QTest.mouseClick(
        widget, Qt.MouseButton.LeftButton, pos=at if at is not None else widget.rect().center()
    )


def point_of(window: MainWindow, track_id: int) -> QPoint:
    """A point of the view on that person."""
    view = window.stage.view
    for y in range(0, view.height(), 4):
        for x in range(0, view.width(), 4):
            if view.person_at(QPointF(x, y)) == track_id:
                return QPoint(x, y)
    raise AssertionError(f"person {track_id} is not on the screen")


def any_file(folder: Path, name: str = "film.mp4") -> Path:
    path = folder / name
    path.write_bytes(b"")
    return path


def frames_in(path: Path) -> int:
    """How many pictures a film has."""
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def only_file(folder: Path, ending: str) -> Path:
    """The one file of that ending."""
    found = list(folder.glob(f"*{ending}"))
    assert len(found) == 1, found
    return found[0]
