"""What sources and sinks read in the same way."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

from engine.sink.audio import AudioCopy
from engine.sink.film import count_pictures, is_last_picture
from engine.source import open_source
from tests.engine.clips import write_clip

TITLE = "Café".encode()
OTHER_TITLE = "Caf\xe9.".encode("latin-1")


@pytest.fixture
def clip_with_latin_title(tmp_path) -> Path:
    """Ten pictures and a sound track under a title that is not UTF-8."""
    plain = write_clip(tmp_path / "plain.mp4", range(10), with_audio=True)
    clip = tmp_path / "clip.mkv"
    with av.open(str(plain)) as read, av.open(str(clip), "w") as written:
        written.metadata["title"] = TITLE.decode()
        copies = {s: written.add_stream_from_template(s) for s in read.streams}
        for packet in read.demux():
            if packet.dts is not None:
                packet.stream = copies[packet.stream]
                written.mux(packet)
    data = clip.read_bytes()
    assert TITLE in data
    clip.write_bytes(data.replace(TITLE, OTHER_TITLE))
    return clip


def test_a_title_that_is_not_utf_8_keeps_no_film_from_playing(clip_with_latin_title):
    source = open_source(str(clip_with_latin_title))
    assert source.read() is not None
    source.close()


def test_a_title_that_is_not_utf_8_keeps_no_film_from_its_sound(clip_with_latin_title):
    sound = AudioCopy(clip_with_latin_title)
    assert (sound.warning, sound.codec_name) == ("", "aac")
    sound.close()


def test_a_title_that_is_not_utf_8_keeps_no_film_from_being_searched(clip_with_latin_title):
    assert count_pictures(clip_with_latin_title) == 10
    assert is_last_picture(clip_with_latin_title, time_s=1.0)


def test_a_name_with_a_colon_keeps_no_film_from_its_sound(tmp_path, monkeypatch):
    write_clip(tmp_path / "plain.mp4", range(10), with_audio=True).rename(tmp_path / "12:30.mp4")
    monkeypatch.chdir(tmp_path)
    film = Path("12:30.mp4")
    sound = AudioCopy(film)
    assert (sound.warning, sound.codec_name) == ("", "aac")
    sound.close()
    assert count_pictures(film) == 10
    assert is_last_picture(film, time_s=1.0)
