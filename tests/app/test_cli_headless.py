"""`bbe live --headless`: recording without a window."""

from __future__ import annotations

import errno
import threading
from itertools import count
from pathlib import Path

import pytest

from app.cli.headless import summary
from engine.effects import HIDDEN_BGR
from engine.errors import SourceCutShort, SourceLost
from engine.sink.options import RecorderOptions
from engine.sink.recorder import VideoRecorder
from engine.sink.worker import WhenFull
from engine.source.options import SourceOptions
from engine.source.synthetic import SyntheticSource
from engine.stats import SessionStats
from engine.types import Frame, Result
from tests.app.cli_cases import frame_count, kept_launches, run_bbe, tiny_model
from tests.engine.sink_cases import make_result


def test_live_records_without_a_window_until_the_time_is_up(tmp_path: Path) -> None:
    out = tmp_path / "out.mkv"
    result = run_bbe(
        tmp_path, "live", "synthetic", "--headless", "--record", out, "--seconds", "0.5",
        "--model", tiny_model(tmp_path), "--keep-fps", "20",
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    assert f"{frame_count(out)} frames recorded" in result.stdout


def test_how_to_replace_a_recording_is_told_where_it_can_be_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept_launches(monkeypatch)
    out = tmp_path / "out.mkv"
    out.write_bytes(b"precious")
    for option, told in (("--headless", True), ("--fullscreen", False)):
        result = run_bbe(tmp_path, "live", "synthetic", "--record", out, option)
        assert result.exit_code == 1
        assert ("--overwrite" in result.stderr) == told
    assert out.read_bytes() == b"precious"


def test_without_a_window_everyone_is_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write, shown = VideoRecorder.write, []

    def write_and_keep(recorder: VideoRecorder, result: Result) -> None:
        shown.append(result)
        write(recorder, result)

    monkeypatch.setattr(VideoRecorder, "write", write_and_keep)
    # The boxes of the tiny model's pixels agree so little that it is never sure of anybody.
    result = run_bbe(
        tmp_path, "live", "synthetic", "--headless", "--record", tmp_path / "out.mkv",
        "--seconds", "0.5", "--model", tiny_model(tmp_path), "--new-people", "hide",
        "--threshold", "0",
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    with_people = [found for found in shown if (found.instances.labels > 0).any()]
    assert with_people
    for found in with_people:
        assert (found.image_bgr[found.instances.labels > 0] == HIDDEN_BGR).all()


def test_live_tells_what_the_file_holds_not_what_was_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the pictures shown, an encoder that is too slow takes only some."""
    write, shown = VideoRecorder.write, count()

    def write_every_third(recorder: VideoRecorder, result: Result) -> None:
        if next(shown) % 3 == 0:
            write(recorder, result)

    monkeypatch.setattr(VideoRecorder, "write", write_every_third)
    out = tmp_path / "out.mkv"
    result = run_bbe(
        tmp_path, "live", "synthetic", "--headless", "--record", out, "--seconds", "0.5",
        "--model", tiny_model(tmp_path),
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    assert f"{frame_count(out)} frames recorded" in result.stdout


def test_a_camera_lost_while_recording_says_how_much_was_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, recorded = VideoRecorder.write, threading.Event()

    def write_and_tell(recorder: VideoRecorder, result: Result) -> None:
        write(recorder, result)
        recorded.set()

    class TornCamera(SyntheticSource):
        def read(self) -> Frame | None:
            if self._next_index == 3:
                recorded.wait(60)
                raise SourceLost("The camera does not answer any more.", "Plug it in again.")
            return super().read()

    monkeypatch.setattr(VideoRecorder, "write", write_and_tell)
    monkeypatch.setattr("engine.source.open_source", lambda *_: TornCamera((72, 128)))
    out = tmp_path / "out.mkv"
    result = run_bbe(
        tmp_path, "live", "0", "--headless", "--record", out, "--model", tiny_model(tmp_path)
    )
    assert result.exit_code == 1
    assert "does not answer" in result.stderr
    assert f"out.mkv: {frame_count(out)} frames were recorded" in " ".join(result.stderr.split())


def test_a_camera_is_asked_for_as_it_is_to_be_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[SourceOptions] = []

    def open_source(_spec: object, options: SourceOptions) -> SyntheticSource:
        asked.append(options)
        return SyntheticSource((72, 128))

    monkeypatch.setattr("engine.source.open_source", open_source)
    for number, words in enumerate((("--mirror", "--size", "640x360"), ())):
        result = run_bbe(
            tmp_path, "live", "0", "--headless", "--record", tmp_path / f"{number}.mkv",
            "--seconds", "0.3", "--model", tiny_model(tmp_path), *words,
        )  # fmt: skip
        assert result.exit_code == 0, result.stderr
    assert asked == [SourceOptions(camera_size_hw=(360, 640), mirror=True), SourceOptions()]


@pytest.mark.parametrize("source", ["demo", "rtsp://cam.local/door"])
def test_what_is_no_camera_is_no_mirror(tmp_path: Path, source: str) -> None:
    out = tmp_path / "out.mkv"
    result = run_bbe(tmp_path, "live", source, "--mirror", "--headless", "--record", out)
    assert result.exit_code == 2
    assert "only a camera can be one" in result.stderr
    assert not out.exists()


def test_a_film_from_the_net_that_breaks_off_while_recorded_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class TornFilm(SyntheticSource):
        def read(self) -> Frame | None:
            frame = super().read()
            if frame is None:
                raise SourceCutShort("The film breaks off.", "Check the network.")
            return frame

    torn = TornFilm((72, 128), frame_count=5)
    monkeypatch.setattr("engine.source.open_source", lambda *_: torn)
    result = run_bbe(
        tmp_path, "live", "http://film", "--headless", "--record", tmp_path / "out.mkv",
        "--model", tiny_model(tmp_path),
    )  # fmt: skip
    assert result.exit_code == 1
    assert "The film breaks off. Check the network." in " ".join(result.stderr.split())


def test_a_recording_ends_where_nobody_reads_what_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed_pipe(*_: object) -> str:
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    monkeypatch.setattr("app.cli.headless._line", closed_pipe)
    out = tmp_path / "out.mkv"
    result = run_bbe(
        tmp_path, "live", "synthetic", "--headless", "--record", out,
        "--model", tiny_model(tmp_path),
    )  # fmt: skip
    assert result.exit_code != 0
    assert not any(thread.name == "bbe-session" for thread in threading.enumerate())


def test_a_latency_that_was_not_measured_is_not_told(tmp_path: Path) -> None:
    recorder = VideoRecorder(tmp_path / "out.mkv", options=RecorderOptions(when_full=WhenFull.WAIT))
    recorder.write(make_result(0, 0.0))
    recorder.close()
    assert summary(SessionStats(), recorder).endswith("1 frames recorded, 0 dropped")
    known = SessionStats(latency_p50_ms=24.0, latency_p95_ms=35.0)
    assert summary(known, recorder).endswith("latency 24 ms (p95 35 ms)")
