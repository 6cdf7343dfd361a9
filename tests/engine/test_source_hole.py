"""Parts of a film that are not in its file: told where the file shows that they were there."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from engine.reader import FrameReader, Hole
from engine.source.video_file import VideoFileSource
from tests.engine.clips import read_all, write_clip
from tests.waiting import wait_until

PACKET_BYTES = 188
FPS = 30


def without_middle(whole: Path, begin: float, end: float) -> Path:
    """A copy without that part of its packets, `begin` and `end` from 0 to 1."""
    content = whole.read_bytes()
    packets = len(content) // PACKET_BYTES
    left, right = (PACKET_BYTES * int(packets * share) for share in (begin, end))
    path = whole.with_name(f"holed{whole.suffix}")
    path.write_bytes(content[:left] + content[right:])
    return path


def holes_of(path: Path) -> list[Hole]:
    reader, found = FrameReader(lambda: VideoFileSource(path)), []
    while not reader.ended:
        wait_until(lambda: reader.waiting or reader.ended)
        if reader.hole is not None:
            found.append(reader.hole)
        reader.take()
    reader.close()
    return found


@pytest.mark.parametrize("bframes", ["0", "3"])
@pytest.mark.parametrize(("begin", "end"), [(0.2, 0.6), (0.3, 0.8), (0.5, 0.7)])
def test_packets_that_a_transport_stream_lacks_are_a_hole(
    bframes: str, begin: float, end: float, tmp_path: Path
) -> None:
    whole = write_clip(tmp_path / "whole.ts", range(120), codec_options={"bf": bframes})
    path = without_middle(whole, begin, end)
    source = VideoFileSource(path)
    frames = read_all(source)
    last = frames[-1]
    assert last.index == pytest.approx((last.time_s - source.info.start_s) * FPS, abs=1)
    assert source.info.frame_count == pytest.approx(120, abs=1)
    [hole] = holes_of(path)
    before, after = max(pairwise(frames), key=lambda pair: pair[1].time_s - pair[0].time_s)
    assert hole == Hole(before.time_s, after.time_s)
    source.seek((hole.from_s + hole.to_s) / 2)
    found = source.read()
    assert found is not None
    assert found.index == before.index


def test_a_picture_that_is_meant_to_stand_is_no_hole(tmp_path: Path) -> None:
    pts = (*range(30), *range(90, 120), 240, *range(270, 300))
    path = write_clip(tmp_path / "slides.ts", pts)
    assert [frame.index for frame in read_all(VideoFileSource(path))] == list(range(len(pts)))
    assert not holes_of(path)


def test_another_clock_after_lost_packets_is_no_hole(tmp_path: Path) -> None:
    """As of a second film behind the first: nothing tells how much lies between them."""
    first = write_clip(tmp_path / "first.ts", range(60))
    second = write_clip(tmp_path / "second.ts", range(60_000, 60_060))
    both = tmp_path / "both.ts"
    both.write_bytes(first.read_bytes() + second.read_bytes()[3 * PACKET_BYTES :])
    source = VideoFileSource(both)
    assert source.info.frame_count is not None
    assert source.info.frame_count <= 120
