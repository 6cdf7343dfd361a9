"""How an export ends in its thread."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.held.export_plan import ExportPlan
from app.running.export_worker import ExportThread
from engine.config import Settings
from engine.errors import SinkError
from engine.source.base import SourceInfo
from tests.app.test_recording import PulledStick
from tests.fakes import FakePredictor, ListSource, MemorySink, coloured_box_image


def test_an_export_to_a_disk_that_is_gone_tells_what_failed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    files = [MemorySink(fail_at=1)], [PulledStick("/stick/film.mp4")]
    monkeypatch.setattr("app.running.export_worker.open_sinks", lambda _plan: files)
    plan = ExportPlan(SourceInfo("film.mp4", False, (48, 64)), Path("/stick"), "film")
    film = ListSource([coloured_box_image(4 + i) for i in range(3)])
    thread = ExportThread(plan, lambda: film, FakePredictor, Settings())
    thread.run()
    assert isinstance(thread.error, SinkError)
    assert thread.outputs == ()
