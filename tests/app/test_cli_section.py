"""`bbe segment --start --end`: a part of a film."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.app.cli_cases import frame_count, has_audio, run_bbe, tiny_model, write_photo
from tests.engine.clips import write_clip
from tests.engine.sink_sound_cases import RATE, make_clip, read_sound


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A second of 30 frames."""
    return write_clip(tmp_path / "clip.mp4", range(30), with_audio=True)


def test_a_part_becomes_a_film_of_its_own(tmp_path: Path, clip: Path) -> None:
    out, coco = tmp_path / "part.mp4", tmp_path / "part.json"
    result = run_bbe(
        tmp_path, "segment", clip, "-o", out, "--json", coco, "--start", "0:00.5", "--end", "0.8",
        "-m", tiny_model(tmp_path),
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    assert frame_count(out) == 9
    assert has_audio(out)
    assert len(json.loads(coco.read_text())["images"]) == 9
    assert "9 frames" in result.stdout
    assert "damaged" not in result.stderr


def test_either_end_may_be_the_films_own(tmp_path: Path, clip: Path) -> None:
    for number, (option, time, frames) in enumerate((("--start", "0.5", 15), ("--end", "0.2", 6))):
        out = tmp_path / f"{number}.mp4"
        result = run_bbe(
            tmp_path, "segment", clip, "-o", out, option, time, "-m", tiny_model(tmp_path)
        )
        assert result.exit_code == 0, result.stderr
        assert frame_count(out) == frames


def test_sound_after_the_last_picture_is_kept_to_the_end_of_the_part(tmp_path: Path) -> None:
    film = make_clip(tmp_path / "film.mp4", "aac", pictures_s=0.4)
    out = tmp_path / "part.mp4"
    result = run_bbe(tmp_path, "segment", film, "-o", out, "--end", "2", "-m", tiny_model(tmp_path))
    assert result.exit_code == 0, result.stderr
    start_s, samples = read_sound(out)
    assert start_s + len(samples) / RATE == pytest.approx(2.0, abs=0.03)


@pytest.mark.parametrize(
    ("options", "code", "told"),
    [
        (("--start", "ten"), 2, "is not a time"),
        (("--end", "1:x"), 2, "is not a time"),
        (("--start", "3", "--end", "2"), 1, "is empty"),
        (("--start", "5"), 1, "1.0 s long"),
    ],
)
def test_what_is_no_part_is_refused_and_nothing_is_written(
    tmp_path: Path, clip: Path, options: tuple[str, ...], code: int, told: str
) -> None:
    out = tmp_path / "part.mp4"
    model = tiny_model(tmp_path)
    result = run_bbe(tmp_path, "segment", clip, "-o", out, *options, "-m", model)
    assert result.exit_code == code
    assert told in " ".join(result.stderr.replace("│", " ").split())
    assert not out.exists()


def test_photos_have_no_parts(tmp_path: Path) -> None:
    photo = write_photo(tmp_path / "photo.png")
    result = run_bbe(tmp_path, "segment", photo, "-o", tmp_path / "out.png", "--start", "1")
    assert result.exit_code == 2
    assert "pictures have no parts" in " ".join(result.stderr.replace("│", " ").split())
