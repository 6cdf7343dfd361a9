"""Damaged sound, as of broadcasts: what there is of it is kept, and all pictures are."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import av
import pytest
from av.packet import Packet

from tests.engine.sink_cases import duration_s, read_times_s
from tests.engine.sink_sound_cases import (
    FPS,
    RATE,
    SOURCE_S,
    count_packets,
    grid,
    make_clip,
    read_sound,
    record,
    sync_error_s,
)

TS_PACKET_BYTES = 188
SOUND_PID = 0x101
NULL_PACKET = b"\x47\x1f\xff\x10" + bytes(TS_PACKET_BYTES - 4)


def with_damage(clip: Path) -> Path:
    """A copy of a transport stream whose reception was bad in the second of its four seconds."""
    content = bytearray(clip.read_bytes())
    starts = range(0, len(content), TS_PACKET_BYTES)
    sound = [i for i in starts if (content[i + 1] & 31) << 8 | content[i + 2] == SOUND_PID]
    for number, start in enumerate(sound[len(sound) // 4 : len(sound) // 2 : 2]):
        if number % 2:
            content[start + 40 : start + 120] = bytes(range(80))
        else:
            content[start : start + TS_PACKET_BYTES] = NULL_PACKET
    path = clip.with_name(f"damaged{clip.suffix}")
    path.write_bytes(content)
    return path


def with_packets(clip: Path, change: Callable[[int, bytes], bytes]) -> Path:
    """A copy in which packet `number` of the sound holds what `change` makes of it."""
    path = clip.with_name(f"changed{clip.suffix}")
    with av.open(str(clip)) as source, av.open(str(path), "w") as output:
        tracks = [output.add_stream_from_template(stream) for stream in source.streams]
        number = 0
        for packet in source.demux():
            if packet.dts is None:
                continue
            kept = packet
            if packet.stream.type == "audio":
                kept = Packet(change(number, bytes(packet)))
                kept.pts, kept.dts, kept.duration = packet.pts, packet.dts, packet.duration
                kept.time_base = packet.time_base
                number += 1
            kept.stream = tracks[packet.stream.index]
            output.mux(kept)
    return path


@pytest.mark.parametrize(
    ("codec", "suffix"), [("aac", ".mp4"), ("aac", ".mkv"), ("aac", ".webm"), ("ac3", ".webm")]
)
def test_sound_goes_on_after_a_damaged_part(codec: str, suffix: str, tmp_path: Path) -> None:
    whole = make_clip(tmp_path / "whole.ts", codec)
    film = with_damage(whole)
    times_s, path = read_times_s(film), tmp_path / f"out{suffix}"
    recorder = record(path, film, times_s)
    assert recorder.audio_warning == (
        "Parts of the sound of damaged.ts are damaged and were left out."
    )
    start_s, samples = read_sound(path)
    assert start_s + len(samples) / RATE == pytest.approx(SOURCE_S, abs=0.05)
    for time_s in (0.3, 3.0, 3.6):
        assert abs(sync_error_s(path, whole, time_s, times_s[0] + time_s)) < 0.002
    assert len(read_times_s(path)) == SOURCE_S * FPS


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
def test_packets_that_a_muxer_refuses_cost_neither_pictures_nor_the_rest_of_the_sound(
    suffix: str, tmp_path: Path
) -> None:
    whole = make_clip(tmp_path / "whole.mkv", "ac3")
    film = with_packets(
        whole, lambda number, data: b"\xff\x13\x57" * 40 if number in (50, 51) else data
    )
    times_s, path = read_times_s(film), tmp_path / f"out{suffix}"
    recorder = record(path, film, times_s)
    assert len(read_times_s(path)) == SOURCE_S * FPS
    assert "damaged and were left out" in recorder.audio_warning
    assert abs(sync_error_s(path, whole, 3.0, 3.0)) < 0.002


@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
def test_sound_on_which_a_muxer_breaks_off_ends_and_costs_no_pictures(
    suffix: str, tmp_path: Path
) -> None:
    whole = make_clip(tmp_path / "whole.mkv", "ac3")
    film = with_packets(
        whole, lambda number, data: b"\x0b\x77" + b"\xff" * 90 if number == 50 else data
    )
    path = tmp_path / f"out{suffix}"
    recorder = record(path, film, read_times_s(film))
    assert len(read_times_s(path)) == SOURCE_S * FPS
    assert "ends early" in recorder.audio_warning
    assert abs(sync_error_s(path, whole, 1.0, 1.0)) < 0.002


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm"])
def test_sound_that_does_not_tell_its_rate_costs_no_pictures(suffix: str, tmp_path: Path) -> None:
    film = make_clip(tmp_path / "film.mkv", "pcm_s16le")
    rate = b"\xb5\x88" + struct.pack(">d", RATE)
    content = film.read_bytes()
    assert rate in content
    film.write_bytes(content.replace(rate, b"\xb5\x88" + bytes(8)))
    path = tmp_path / f"out{suffix}"
    recorder = record(path, film, read_times_s(film))
    assert len(read_times_s(path)) == SOURCE_S * FPS
    assert "left out" in recorder.audio_warning


def test_a_broadcast_that_changes_to_stereo_keeps_its_sound(tmp_path: Path) -> None:
    surround = make_clip(tmp_path / "surround.mkv", "ac3", layout="5.1")
    stereo = make_clip(tmp_path / "stereo.mkv", "ac3", layout="stereo")
    with av.open(str(stereo)) as container:
        later = [bytes(packet) for packet in container.demux(audio=0) if packet.pts is not None]
    film = with_packets(surround, lambda number, data: later[number] if number >= 60 else data)
    path = tmp_path / "out.webm"
    recorder = record(path, film, read_times_s(film))
    assert recorder.audio_warning == ""
    for time_s in (1.0, 3.0, 3.6):
        assert abs(sync_error_s(path, stereo, time_s, time_s)) < 0.002


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
@pytest.mark.parametrize("codec", ["opus", "flac"])
def test_sound_that_is_not_described_costs_no_pictures(
    codec: str, suffix: str, tmp_path: Path
) -> None:
    film = make_clip(tmp_path / "film.mkv", "libopus" if codec == "opus" else codec)
    content = film.read_bytes()
    head = {"opus": b"OpusHead", "flac": b"fLaC"}[codec]
    start = content.rindex(b"\x63\xa2", 0, content.index(head))
    film.write_bytes(content[:start] + b"\x63\xa3" + content[start + 2 :])
    path = tmp_path / f"out{suffix}"
    record(path, film, read_times_s(film))
    assert len(read_times_s(path)) == SOURCE_S * FPS


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
@pytest.mark.parametrize("codec", ["ac3", "eac3"])
def test_a_part_before_the_first_sound_is_kept(codec: str, suffix: str, tmp_path: Path) -> None:
    """An MP4 file must tell what AC-3 is like, which only its packets do."""
    film = make_clip(tmp_path / "late.mkv", codec, audio_late_s=2.0, layout="stereo")
    path = tmp_path / f"out{suffix}"
    assert record(path, film, grid(0, 1)).audio_warning == ""
    assert len(read_times_s(path)) == FPS
    assert duration_s(path) == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_that_the_sound_ends_where_the_clock_of_a_film_starts_over_is_told(
    suffix: str, tmp_path: Path
) -> None:
    film = make_clip(tmp_path / "twice.ts", "aac")
    later = make_clip(tmp_path / "later.ts", "aac", start_s=1.0)
    film.write_bytes(film.read_bytes() + later.read_bytes())
    path = tmp_path / f"out{suffix}"
    recorder = record(path, film, grid(0, 2 * SOURCE_S))
    assert len(read_times_s(path)) == 2 * SOURCE_S * FPS
    start_s, samples = read_sound(path)
    assert start_s + len(samples) / RATE == pytest.approx(SOURCE_S, abs=0.05)
    assert "clock of twice.ts starts over" in recorder.audio_warning


def test_after_a_jump_back_no_clock_is_said_to_start_over(tmp_path: Path) -> None:
    film = make_clip(tmp_path / "film.ts", "aac")
    recorder = record(tmp_path / "out.mp4", film, [*grid(2.0, 3.0), *grid(0.4, 1.6)])
    assert recorder.audio_warning == ""


@pytest.mark.parametrize("wrong", [b"\x21\x00\x01\x00\x01", b"\x29\x00\x01\x00\x01"])
def test_one_wrong_time_does_not_end_the_sound(wrong: bytes, tmp_path: Path) -> None:
    """0 s, and as late as 13 hours, at which FFmpeg's muxer would end the process."""
    whole = make_clip(tmp_path / "whole.ts", "aac", start_s=2.0)
    content = bytearray(whole.read_bytes())
    head = content.index(b"\x00\x00\x01\xc0", len(content) // 2)
    content[head + 9 : head + 14] = wrong
    film = tmp_path / "wrong.ts"
    film.write_bytes(content)
    times_s, path = read_times_s(film), tmp_path / "out.mp4"
    recorder = record(path, film, times_s)
    assert recorder.audio_warning == ""
    start_s, samples = read_sound(path)
    assert start_s + len(samples) / RATE == pytest.approx(SOURCE_S, abs=0.05)
    for time_s in (0.5, 3.0, 3.6):
        assert abs(sync_error_s(path, whole, time_s, times_s[0] + time_s)) < 0.002


@pytest.mark.parametrize("until_s", [2.0, 3.8])
def test_sound_that_pauses_goes_on(until_s: float, tmp_path: Path) -> None:
    whole = make_clip(tmp_path / "whole.mkv", "aac")
    film = tmp_path / "pause.mkv"
    with av.open(str(whole)) as source, av.open(str(film), "w") as output:
        tracks = [output.add_stream_from_template(stream) for stream in source.streams]
        for packet in source.demux():
            time_s = None if packet.pts is None else packet.pts * packet.time_base
            is_pause = packet.stream.type == "audio" and time_s and 0.5 < time_s < until_s
            if packet.dts is None or is_pause:
                continue
            packet.stream = tracks[packet.stream.index]
            output.mux(packet)
    path = tmp_path / "out.mp4"
    assert record(path, film, grid(0, SOURCE_S)).audio_warning == ""
    assert count_packets(path) == count_packets(film)
    start_s, samples = read_sound(path)
    assert start_s + len(samples) / RATE == pytest.approx(SOURCE_S, abs=0.03)
