"""What sources and sinks read in the same way."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

from engine.media_file import packets_of
from engine.sink.audio import AudioCopy
from engine.sink.film import count_pictures, is_last_picture
from engine.sound.track import SoundTrack
from engine.source import open_source
from tests.engine.clips import write_clip
from tests.engine.sink_sound_cases import RATE, SOURCE_S, grid, make_clip, record, sync_error_s

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


@pytest.fixture
def broadcast(tmp_path) -> Path:
    """Four seconds in a transport stream with a gap in the middle, where libav finds nothing for
    a while, and which it cannot search."""
    content = make_clip(tmp_path / "whole.ts", "aac").read_bytes()
    middle = len(content) // 376 * 188
    film = tmp_path / "broadcast.ts"
    film.write_bytes(content[:middle] + bytes(200_000) + content[middle:])
    return film


@pytest.mark.parametrize("from_s", [0.0, 2.4])
def test_the_sound_of_a_transport_stream_goes_on_after_a_gap(broadcast, tmp_path, from_s):
    start_s = first_time_s(broadcast)
    times_s = [start_s + t for t in grid(from_s, SOURCE_S)]
    recorder = record(tmp_path / "out.mp4", broadcast, times_s)
    assert recorder.audio_warning == ""
    late_s = SOURCE_S - 0.5
    whole, out = broadcast.with_name("whole.ts"), tmp_path / "out.mp4"
    assert abs(sync_error_s(out, whole, late_s - from_s, start_s + late_s)) < 0.001


@pytest.mark.parametrize("from_s", [0.0, 3.0])
def test_the_sound_of_a_transport_stream_is_heard_after_a_gap(broadcast, from_s):
    start_s = first_time_s(broadcast)
    track = SoundTrack(broadcast, RATE)
    track.seek(start_s + from_s, 1.0)
    pieces = list(iter(track.read, None))
    assert pieces[0].time_s == pytest.approx(start_s + from_s, abs=0.05)
    assert pieces[-1].end_s == pytest.approx(start_s + SOURCE_S, abs=0.05)
    track.close()


def first_time_s(film: Path) -> float:
    source = open_source(film)
    source.close()
    return source.info.start_s


def test_a_name_with_a_colon_keeps_no_film_from_its_sound(tmp_path, monkeypatch):
    write_clip(tmp_path / "plain.mp4", range(10), with_audio=True).rename(tmp_path / "12:30.mp4")
    monkeypatch.chdir(tmp_path)
    film = Path("12:30.mp4")
    sound = AudioCopy(film)
    assert (sound.warning, sound.codec_name) == ("", "aac")
    sound.close()
    assert count_pictures(film) == 10
    assert is_last_picture(film, time_s=1.0)


def test_a_stream_that_begins_midway_does_not_break_the_end_of_a_film(tmp_path):
    """Seen in a damaged transport stream, and not each time: PyAV reads what it never wrote."""

    class WithLateStream:
        """What a container does then, at its end."""

        def demux(self, stream):
            yield from container.demux(stream)
            raise IndexError("list index out of range")

    with av.open(str(write_clip(tmp_path / "a.ts"))) as container:
        stream = container.streams.video[0]
        packets = packets_of(WithLateStream(), stream)
        assert sum(packet.size > 0 for packet in packets) == 40
