"""The sound track of a film: the right one, from the right moment on, whatever the file."""

from __future__ import annotations

import io
from pathlib import Path

import av
import numpy as np
import pytest

from engine.errors import SoundError
from engine.sound.piece import SoundPiece
from engine.sound.track import SoundTrack
from engine.source.video_file import VideoFileSource
from tests.engine.sink_sound_cases import make_clip
from tests.engine.sound_cases import FILM_S, rising_tone, time_of, write_film
from tests.fake_speaker import RATE_HZ

CODECS = [("aac", ".mp4"), ("aac", ".ts"), ("libopus", ".mkv"), ("mp3", ".avi"), ("flac", ".mkv")]


def pictures_start_s(path: Path) -> float:
    source = VideoFileSource(path)
    source.close()
    return source.info.start_s


def read_from(track: SoundTrack, time_s: float, speed: float = 1.0) -> SoundPiece:
    """A second of what follows `time_s`."""
    track.seek(time_s, speed)
    sound = track.read()
    assert sound is not None
    while len(sound) < RATE_HZ and (following := track.read()) is not None:
        joined = sound.followed_by(following)
        assert joined is not None, (sound.end_s, following.time_s)
        sound = joined
    return sound


def told_time(piece: SoundPiece, at_s: float, channel: int = 0) -> float | None:
    """What the sound itself says of the moment that the piece calls `at_s`."""
    middle = round((at_s - piece.time_s) / piece.step_s)
    return time_of(piece.samples[middle - RATE_HZ // 40 : middle + RATE_HZ // 40, channel])


@pytest.mark.parametrize(("codec", "suffix"), CODECS)
def test_sound_is_that_of_the_moment_sought(codec: str, suffix: str, tmp_path: Path) -> None:
    tone = rising_tone(FILM_S, RATE_HZ)[None]
    path = write_film(tmp_path / f"film{suffix}", (tone,), codec)
    start_s = pictures_start_s(path)
    track = SoundTrack(path, RATE_HZ)
    for time_s in (5.0, 1.2, 3.0):
        piece = read_from(track, time_s + start_s)
        assert time_s - 0.1 < piece.time_s - start_s <= time_s
        told_s = told_time(piece, time_s + start_s + 0.3)
        delay_s = 0.03 if suffix == ".avi" else 0.008  # AVI does not tell that of the encoder
        assert told_s == pytest.approx(time_s + 0.3, abs=delay_s)
    track.close()
    assert track.read() is None


class CountedFile(io.FileIO):
    """Knows how many bytes were read of it."""

    bytes_read = 0

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(-1 if size is None else size) or b""
        self.bytes_read += len(data)
        return data


def test_a_long_film_is_not_read_up_to_the_moment_sought(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Matroska has an index of the pictures alone."""
    surround = rising_tone(FILM_S, RATE_HZ)[None].repeat(6, axis=0)
    path = write_film(tmp_path / "film.mkv", (surround,), layout="5.1")
    with CountedFile(path) as counted:
        monkeypatch.setattr("engine.sound.track.open_file", lambda _: av.open(counted))
        track = SoundTrack(path, RATE_HZ)
        before = counted.bytes_read
        assert told_time(read_from(track, 7.0), 7.3) == pytest.approx(7.3, abs=0.008)
        track.close()
        assert counted.bytes_read - before < path.stat().st_size / 2


@pytest.mark.parametrize("late_s", [0.7, 3.0])
def test_sound_before_the_first_picture_is_found(late_s: float, tmp_path: Path) -> None:
    path = make_clip(tmp_path / "late.mkv", "aac", pictures_late_s=late_s)
    track = SoundTrack(path, RATE_HZ)
    for time_s in (0.0, 1.0, 0.0, 3.5, 2.0, 0.5):
        piece = read_from(track, time_s)
        assert piece.time_s == pytest.approx(time_s, abs=0.03)
        assert len(piece) > RATE_HZ // 4
    track.close()


@pytest.mark.parametrize("speed", [0.5, 0.7, 1.5, 2.0])
def test_at_another_speed_the_pitch_stays_and_time_runs_faster(
    speed: float, tmp_path: Path
) -> None:
    tone = rising_tone(FILM_S, RATE_HZ)[None]
    track = SoundTrack(write_film(tmp_path / "film.mkv", (tone,)), RATE_HZ)
    piece = read_from(track, 2.0, speed)
    for ahead_s in (0.1, 0.3, 0.45):
        told_s = told_time(piece, 2.0 + ahead_s)
        assert told_s == pytest.approx(2.0 + ahead_s, abs=0.03)
    track.close()


def test_a_film_that_begins_late_and_its_sound_later_keep_their_times(tmp_path: Path) -> None:
    tone = rising_tone(4.0, RATE_HZ)[None]
    path = write_film(tmp_path / "film.mkv", (tone,), start_s=10.0, sound_late_s=0.5)
    track = SoundTrack(path, RATE_HZ)
    assert read_from(track, 10.0).time_s == pytest.approx(10.5, abs=0.002)
    assert told_time(read_from(track, 12.0), 12.3) == pytest.approx(1.8, abs=0.008)
    track.close()


def test_another_rate_and_one_channel_become_those_of_the_loudspeaker(tmp_path: Path) -> None:
    tone = rising_tone(FILM_S, 22_050)[None]
    track = SoundTrack(write_film(tmp_path / "film.mkv", (tone,), rate_hz=22_050), RATE_HZ)
    piece = read_from(track, 3.0)
    for channel in (0, 1):
        assert told_time(piece, 3.4, channel) == pytest.approx(3.4, abs=0.008)
    track.close()


def test_more_than_two_channels_are_mixed_down(tmp_path: Path) -> None:
    surround = np.zeros((6, round(FILM_S * RATE_HZ)), np.float32)
    surround[2] = rising_tone(FILM_S, RATE_HZ)  # what is said comes from the centre
    path = write_film(tmp_path / "film.mkv", (surround,), layout="5.1")
    track = SoundTrack(path, RATE_HZ)
    piece = read_from(track, 3.0)
    for channel in (0, 1):
        assert told_time(piece, 3.4, channel) == pytest.approx(3.4, abs=0.008)
    assert np.abs(piece.samples).max() <= 1.0
    track.close()


def test_of_several_tracks_the_default_one_is_heard(tmp_path: Path) -> None:
    other = np.zeros((1, round(FILM_S * RATE_HZ)), np.float32)
    tone = rising_tone(FILM_S, RATE_HZ)[None]
    track = SoundTrack(write_film(tmp_path / "film.mkv", (other, tone), default=1), RATE_HZ)
    assert told_time(read_from(track, 3.0), 3.4) == pytest.approx(3.4, abs=0.008)
    track.close()


def test_of_several_tracks_one_that_can_be_decoded_is_heard(tmp_path: Path) -> None:
    other = np.zeros((1, round(FILM_S * RATE_HZ)), np.float32)
    tone = rising_tone(FILM_S, RATE_HZ)[None]
    film = write_film(tmp_path / "film.mkv", (other, tone), default=0)
    film.write_bytes(film.read_bytes().replace(b"A_PCM", b"A_NEW", 1))
    track = SoundTrack(film, RATE_HZ)
    assert told_time(read_from(track, 3.0), 3.4) == pytest.approx(3.4, abs=0.008)
    track.close()


def test_damaged_sound_is_left_out_and_what_follows_is_in_its_place(tmp_path: Path) -> None:
    tone = rising_tone(FILM_S, RATE_HZ)[None]
    path = write_film(tmp_path / "film.ts", (tone,), "aac")
    content = bytearray(path.read_bytes())
    for at in range(len(content) // 4, len(content) // 2):
        content[at] = at % 251
    path.write_bytes(content)
    track, start_s = SoundTrack(path, RATE_HZ), pictures_start_s(path)
    told = []
    while (piece := track.read()) is not None:
        if len(piece) >= RATE_HZ // 50 and piece.time_s - start_s > 6.0:
            middle_s = piece.time_s - start_s + len(piece) / 2 / RATE_HZ
            told.append((time_of(piece.samples[:, 0]), middle_s))
    assert len(told) > 20
    for told_s, time_s in told[1:-2]:
        assert told_s == pytest.approx(time_s, abs=0.02)
    track.close()


def test_a_file_that_breaks_off_ends(tmp_path: Path) -> None:
    tone = rising_tone(FILM_S, RATE_HZ)[None]
    path = write_film(tmp_path / "film.mkv", (tone,))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    track = SoundTrack(path, RATE_HZ)
    last_s = 0.0
    while (piece := track.read()) is not None:
        last_s = piece.end_s
    assert 2.0 < last_s < 7.0
    track.close()


def test_what_has_no_sound_says_so(tmp_path: Path) -> None:
    rubbish = tmp_path / "rubbish.mp4"
    rubbish.write_bytes(b"no film" * 100)
    for path in (write_film(tmp_path / "silent.mkv", ()), rubbish, tmp_path / "missing.mp4"):
        with pytest.raises(SoundError, match=path.name):
            SoundTrack(path, RATE_HZ)
