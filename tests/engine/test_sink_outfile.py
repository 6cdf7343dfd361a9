"""How a recording ends: full disks, killed processes, errors; what was written plays."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from engine.errors import SinkError
from engine.sink import formats
from engine.sink.outfile import OutputFile, make_folder, sink_error
from engine.sink.recorder import VideoRecorder
from tests.engine.sink_cases import (
    LOSSLESS,
    file_size_limit,
    make_result,
    make_results,
    playable_times_s,
    read_frames,
    read_times_s,
    write_all,
)

CONTAINERS = (".mp4", ".mov", ".mkv", ".webm")
MILLISECOND = 0.00051
"""Matroska rounds times to whole milliseconds."""


@pytest.mark.skipif(sys.platform == "win32", reason="needs RLIMIT_FSIZE")
@pytest.mark.parametrize("suffix", CONTAINERS)
def test_a_disk_that_fills_up_is_told_and_the_beginning_plays(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"full{suffix}"
    recorder = VideoRecorder(path, options=LOSSLESS)
    results = [make_result(i, i / 10, (120, 160), noise=True) for i in range(100)]
    with file_size_limit(300_000):
        with pytest.raises(SinkError, match="No space is left"):
            write_all(recorder, results)
        recorder.close()
    assert path.stat().st_size <= 300_000
    frames = playable_times_s(path)
    assert 5 <= len(frames) < 100
    assert frames == pytest.approx([i / 10 for i in range(len(frames))], abs=MILLISECOND)


@pytest.mark.skipif(sys.platform == "win32", reason="needs RLIMIT_FSIZE")
@pytest.mark.parametrize("takes_bytes", [0, 600])
@pytest.mark.parametrize("suffix", CONTAINERS)
def test_a_disk_that_takes_not_even_a_picture_keeps_nothing_in_the_way_of_another_try(
    suffix: str, takes_bytes: int, tmp_path: Path
) -> None:
    path = tmp_path / f"full{suffix}"
    recorder = VideoRecorder(path, options=LOSSLESS)
    with file_size_limit(takes_bytes), pytest.raises(SinkError, match="No space is left"):
        write_all(recorder, make_results([0.0, 0.1, 0.2], noise=True))
    assert not path.exists()
    write_all(VideoRecorder(path, options=LOSSLESS), make_results([0.0, 0.1]))
    assert len(read_frames(path)) == 2


@pytest.mark.skipif(sys.platform == "win32", reason="needs RLIMIT_FSIZE")
def test_an_error_while_finishing_is_told_by_close(tmp_path: Path) -> None:
    path = tmp_path / "end.mp4"
    recorder = VideoRecorder(path, options=LOSSLESS)
    with file_size_limit(0):
        recorder.write(make_result(0, 0.0))
        with pytest.raises(SinkError, match="No space is left"):
            recorder.close()
        recorder.close()


CHILD = """
import sys
from engine.sink.alpha import AlphaRecorder
from engine.sink.recorder import VideoRecorder
from tests.engine.sink_cases import LOSSLESS, make_results

class TellingRecorder(AlphaRecorder if "cut out" in sys.argv[1] else VideoRecorder):
    def _encode(self, result):
        super()._encode(result)
        if result.frame.index == 149:
            print("150 frames are with the encoder", flush=True)

recorder = TellingRecorder(sys.argv[1], options=LOSSLESS)
for result in make_results([i / 30 for i in range(150)], size_hw=(120, 160), noise=True):
    recorder.write(result)
sys.stdin.readline()
"""


@pytest.mark.parametrize(
    "name", [*(f"killed{suffix}" for suffix in CONTAINERS), "cut out.mov", "cut out.webm"]
)
def test_a_killed_process_leaves_nearly_everything(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(path)],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with child:
        assert child.stdout is not None
        assert child.stdout.readline().startswith(b"150")
        child.kill()
    if sys.platform != "win32":
        assert child.returncode == -signal.SIGKILL
    times = read_times_s(path)
    assert 120 <= len(times) <= 150  # less than a second is lost
    assert times == pytest.approx([i / 30 for i in range(len(times))], abs=MILLISECOND)


def top_level_boxes(path: Path) -> list[str]:
    """The kinds of the boxes an MP4 file consists of (ISO 14496-12 §4.2)."""
    data, kinds = path.read_bytes(), []
    while data:
        size = int.from_bytes(data[:4], "big")
        kinds.append(data[4:8].decode("ascii"))
        data = data[size:]
    return kinds


def test_a_finished_mp4_has_one_index_and_key_frames_to_seek_to(tmp_path: Path) -> None:
    path = tmp_path / "index.mp4"
    write_all(
        VideoRecorder(path, options=LOSSLESS),
        make_results([i / 30 for i in range(200)], noise=True),
    )
    assert top_level_boxes(path) == ["ftyp", "free", "mdat", "moov"]
    frames = read_frames(path)
    keys = [i for i, frame in enumerate(frames) if frame.key_frame]
    assert keys[0] == 0
    assert max(b - a for a, b in pairwise([*keys, 200])) <= formats.KEY_INTERVAL_FRAMES


def test_after_an_error_the_good_part_of_a_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "part"
    file = OutputFile(path)
    file.begin()
    with file_size_limit(8):
        assert file.write(b"0123456789") == 10
        assert file.seek(0) == 0
        assert file.write(b"overwritten") == 11
        assert file.tell() == 11
    assert path.read_bytes() == b"01234567"
    with pytest.raises(SinkError, match="No space"):
        file.raise_error()
    file.close()
    assert path.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="needs flock")
def test_a_file_that_is_being_written_is_not_overwritten_meanwhile(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    recorder = VideoRecorder(path, options=LOSSLESS)
    recorder.write(make_result(0, 0.0))
    with pytest.raises(SinkError, match="is being written"):
        VideoRecorder(path, options=replace(LOSSLESS, overwrite=True))
    recorder.write(make_result(1, 0.1))
    recorder.close()
    assert len(read_times_s(path)) == 2
    VideoRecorder(path, options=replace(LOSSLESS, overwrite=True)).close()


@pytest.mark.skipif(sys.platform == "win32", reason="needs /dev/null")
@pytest.mark.parametrize("suffix", CONTAINERS)
def test_a_film_can_be_thrown_away(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"nowhere{suffix}"
    path.symlink_to("/dev/null")
    recorder = VideoRecorder(path, options=replace(LOSSLESS, overwrite=True))
    write_all(recorder, make_results([0.0, 0.1, 0.2]))
    assert recorder.duration_s > 0.1
    assert path.is_symlink()


@pytest.mark.skipif(sys.platform == "win32", reason="needs named pipes")
def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "pipe.mkv"
    os.mkfifo(path)
    with pytest.raises(SinkError, match="it is a pipe"):
        VideoRecorder(path, options=replace(LOSSLESS, overwrite=True))
    assert path.is_fifo()


def test_system_errors_say_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    assert "No permission" in str(sink_error(path, PermissionError(13, "denied")))
    assert "can only be read" in str(sink_error(path, OSError(errno.EROFS, "read-only")))
    assert "is a folder" in str(sink_error(path, IsADirectoryError()))
    assert "Input/output error" in str(sink_error(path, OSError(5, os.strerror(5))))


def test_a_disk_that_takes_no_larger_file_is_told_from_a_full_one(tmp_path: Path) -> None:
    """As a stick with FAT32 at 4 GB, however much of it is free."""
    error = sink_error(tmp_path / "film.mp4", OSError(errno.EFBIG, "File too large"))
    assert "no file there may be larger" in str(error)
    assert "FAT32" in str(error)
    full = sink_error(tmp_path / "film.mp4", OSError(errno.ENOSPC, "No space left on device"))
    assert "FAT32" not in str(full)


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere"
)
def test_an_unwritable_folder_is_told_at_once(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(SinkError, match="No permission"):
        VideoRecorder(tmp_path / "a.mp4")


def test_a_folder_on_a_disk_that_can_only_be_read_is_told_as_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class ReadOnlyDisk:
        f_flag = getattr(os, "ST_RDONLY", 1)

    monkeypatch.setattr(os, "access", lambda *_: False)
    monkeypatch.setattr(os, "ST_RDONLY", 1, raising=False)
    monkeypatch.setattr(os, "statvfs", lambda _: ReadOnlyDisk(), raising=False)
    with pytest.raises(SinkError, match="can only be read"):
        make_folder(tmp_path)
