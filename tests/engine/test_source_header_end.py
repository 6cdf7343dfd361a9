"""A film that breaks off is told from one that is over."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.errors import SourceCutShort
from engine.source.video_file import VideoFileSource
from engine.types import Frame
from tests.engine.clips import read_all, write_clip


def halved(content: bytes) -> bytes:
    return content[: len(content) // 2]


def zeroed_from_the_middle(content: bytes) -> bytes:
    """Where MP4 has its pictures; what describes them comes after them and stays."""
    end = content.rindex(b"moov") - 4
    return content[: end // 2] + bytes(end - end // 2) + content[end:]


@pytest.mark.parametrize("sound", [False, True])
@pytest.mark.parametrize(
    ("name", "damage"), [("torn.mkv", halved), ("hurt.mp4", zeroed_from_the_middle)]
)
def test_a_film_that_breaks_off_says_so_at_its_end_and_can_be_searched(
    tmp_path: Path, name: str, damage: Callable[[bytes], bytes], sound: bool
) -> None:
    clip = write_clip(tmp_path / name, range(180), with_audio=sound)
    clip.write_bytes(damage(clip.read_bytes()))
    source = VideoFileSource(clip)
    frames: list[Frame] = []
    with pytest.raises(SourceCutShort, match=r"breaks off after 0:0\d of 0:06\."):
        frames.extend(iter(source.read, None))
    assert 20 < frames[-1].index < 140
    with pytest.raises(SourceCutShort):
        source.read()
    source.seek(frames[5].time_s)
    again = source.read()
    assert again is not None
    assert again.index == 5
    source.close()
    assert source.read() is None


@pytest.mark.parametrize("name", ["long sound.mkv", "long sound.mp4", "long sound.mov"])
def test_sound_that_goes_on_alone_is_no_film_that_breaks_off(tmp_path: Path, name: str) -> None:
    clip = write_clip(tmp_path / name, range(30), with_audio=True, audio_s=4.0)
    assert len(read_all(VideoFileSource(clip))) == 30
