"""`bbe segment` on what is missing, damaged or full: what is told, and what is kept."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.errors import SinkError, SourceLost
from engine.sink.masks import LabelPngSink
from engine.source.video_file import VideoFileSource
from engine.types import Frame, Result
from tests.app.cli_cases import frame_count, run_bbe, tiny_model, write_photo
from tests.engine.clips import write_clip
from tests.engine.sink_cases import file_size_limit, playable_times_s
from tests.fakes import FakePredictor


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return tiny_model(tmp_path)


def test_a_bad_input_is_reported_and_the_others_are_done(tmp_path: Path, model: Path) -> None:
    good = write_clip(tmp_path / "good.mp4", range(3))
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(b"no video at all")
    result = run_bbe(tmp_path, "segment", bad, good, "-o", tmp_path / "out", "-m", model)
    assert result.exit_code == 1
    assert "bad.mp4" in result.stderr
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["good.mp4"]


def test_a_missing_input_is_told_without_offering_a_camera(tmp_path: Path, model: Path) -> None:
    result = run_bbe(
        tmp_path, "segment", tmp_path / "nowhere.mp4", "-o", tmp_path / "out.mp4", "-m", model
    )
    assert result.exit_code == 1
    assert "There is no" in result.stderr
    assert "Check the name and the folder." in result.stderr
    assert "camera" not in result.stderr


def test_what_was_read_of_a_damaged_video_is_kept_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(frame: Frame) -> None:
        if frame.index == 8:
            raise SourceLost("The disk was pulled.")

    monkeypatch.setattr("engine.gpu.open_predictor", lambda _: FakePredictor(before=fail))
    clip, out = write_clip(tmp_path / "clip.mp4", range(20)), tmp_path / "out.mp4"
    result = run_bbe(tmp_path, "segment", clip, "-o", out)
    assert result.exit_code == 1
    assert "out.mp4: 8 frames were written before this" in result.stderr
    assert "The disk was pulled." in result.stderr
    assert frame_count(out) == 8


def test_a_first_frame_that_fails_leaves_nothing_in_the_way_of_another_try(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_frame: Frame) -> None:
        raise SourceLost("The disk was pulled.")

    clip, masks, json_file = write_clip(tmp_path / "clip.mp4", range(2)), "masks", "people.json"
    command = ["segment", clip, "--masks", tmp_path / masks, "--json", tmp_path / json_file]
    with monkeypatch.context() as broken:
        broken.setattr("engine.gpu.open_predictor", lambda _: FakePredictor(before=fail))
        assert run_bbe(tmp_path, *command).exit_code == 1
    result = run_bbe(tmp_path, *command, "-m", model)
    assert result.exit_code == 0, result.stderr
    assert len(json.loads((tmp_path / json_file).read_text())["images"]) == 2


def test_how_many_masks_there_are_is_told_where_no_more_can_be_written(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = LabelPngSink._write

    def fail_later(sink: LabelPngSink, result: Result) -> None:
        if result.frame.index == 3:
            raise SinkError("No space is left.")
        write(sink, result)

    monkeypatch.setattr(LabelPngSink, "_write", fail_later)
    clip, masks = write_clip(tmp_path / "clip.mp4", range(6)), tmp_path / "masks"
    result = run_bbe(tmp_path, "segment", clip, "--masks", masks, "-m", model)
    assert result.exit_code == 1
    assert f"{masks}: 3 frames were written before this" in result.stderr
    assert len(list(masks.glob("*.png"))) == 3


def test_frames_of_a_video_that_cannot_be_decoded_are_counted(tmp_path: Path, model: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", range(60), gop=10)
    content = bytearray(clip.read_bytes())
    middle = content.index(b"mdat") + (content.rindex(b"moov") - content.index(b"mdat")) // 2
    content[middle : middle + 800] = bytes(800)
    clip.write_bytes(content)
    readable = frame_count_of_damaged(clip)
    assert readable < 60
    result = run_bbe(tmp_path, "segment", clip, "-o", tmp_path / "out.mp4", "-m", model)
    assert result.exit_code == 0, result.stderr
    words = " ".join(result.stderr.split())
    assert f"Warning: {60 - readable} of 60 frames cannot be decoded" in words


def frame_count_of_damaged(clip: Path) -> int:
    return sum(1 for _ in iter(VideoFileSource(clip).read, None))


def test_a_video_that_breaks_off_is_told_and_what_there_is_of_it_is_written(
    tmp_path: Path, model: Path
) -> None:
    clip, out = write_clip(tmp_path / "clip.mkv", range(120)), tmp_path / "out.mp4"
    clip.write_bytes(clip.read_bytes()[: clip.stat().st_size // 2])
    readable = frame_count(clip)
    result = run_bbe(tmp_path, "segment", clip, "-o", out, "-m", model)
    assert result.exit_code == 1
    assert "clip.mkv breaks off after 0:0" in result.stderr
    assert f"out.mp4: {readable} frames were written before this" in result.stderr
    assert frame_count(out) == readable


@pytest.mark.skipif(sys.platform == "win32", reason="needs RLIMIT_FSIZE")
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_after_a_full_disk_the_frames_in_the_file_are_told(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.gpu.open_predictor", lambda _: FakePredictor())
    random = np.random.default_rng(0)
    noise = [random.integers(0, 256, (64, 160, 3), np.uint8) for _ in range(60)]
    clip = write_clip(tmp_path / "clip.mp4", range(60), images=noise)
    out = tmp_path / f"out{suffix}"
    with file_size_limit(100_000):
        result = run_bbe(tmp_path, "segment", clip, "-o", out)
    assert result.exit_code == 1
    assert "No space is left" in result.stderr
    assert f"{out.name}: {len(playable_times_s(out))} frames were written" in result.stderr


def test_an_unreadable_picture_is_left_out_and_named(tmp_path: Path, model: Path) -> None:
    write_photo(tmp_path / "in" / "good.png")
    (tmp_path / "in" / "torn.png").write_bytes(b"\x89PNG but torn")
    result = run_bbe(tmp_path, "segment", tmp_path / "in", "-o", tmp_path / "out", "-m", model)
    assert result.exit_code == 1
    assert "torn.png" in result.stderr
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["good.png"]
