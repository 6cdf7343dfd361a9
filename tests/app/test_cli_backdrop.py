"""What `bbe segment` puts behind people."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.app.cli_cases import run_bbe, tiny_model, write_photo


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    return write_photo(tmp_path / "photo.png")


def segmented(tmp_path: Path, photo: Path, *options: str | Path) -> set[tuple[int, int, int]]:
    """The colours (red, green, blue) of a photo all of whose people are hidden."""
    out = tmp_path / "out.png"
    result = run_bbe(
        tmp_path, "segment", photo, "-o", out, "-m", tiny_model(tmp_path), "--people", "hide",
        "--overwrite", *options,
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    return set(map(tuple, np.asarray(Image.open(out).convert("RGB")).reshape(-1, 3).tolist()))


def test_a_picture_of_the_users(tmp_path: Path, photo: Path) -> None:
    beach = tmp_path / "beach.png"
    Image.new("RGB", (40, 40), (10, 120, 200)).save(beach)
    assert segmented(tmp_path, photo, "--backdrop-picture", beach) == {(10, 120, 200)}


@pytest.mark.parametrize("colour", ["#0a78c8", "rgb(10, 120, 200)"])
def test_a_colour_as_it_is_usually_written(tmp_path: Path, photo: Path, colour: str) -> None:
    assert segmented(tmp_path, photo, "--backdrop-colour", colour) == {(10, 120, 200)}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--backdrop", "picture"), "--backdrop-picture FILE"),
        (("--backdrop", "blur", "--backdrop-picture", "x.png"), "does not go with --backdrop blur"),
        (("--backdrop", "keep", "--backdrop-colour", "red"), "does not go with --backdrop keep"),
        (("--backdrop-picture", "x.png", "--backdrop-colour", "red"), "leaves no room"),
        (("--backdrop-colour", "reddish"), "not a colour"),
        (("--alpha", "--backdrop-colour", "red"), "leaves nothing behind people"),
        (("--alpha", "--backdrop-picture", "x.png"), "leaves nothing behind people"),
        (("--alpha", "--backdrop", "blur"), "leaves nothing behind people"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(
    tmp_path: Path, photo: Path, options: tuple[str, ...], told: str
) -> None:
    out = tmp_path / "out.png"
    result = run_bbe(tmp_path, "segment", photo, "-o", out, *options)
    assert result.exit_code == 2
    assert told in " ".join(result.stderr.replace("│", " ").split())
    assert not out.exists()


def test_a_picture_that_cannot_be_read_ends_it_before_anything_is_written(
    tmp_path: Path, photo: Path
) -> None:
    out = tmp_path / "out.png"
    result = run_bbe(
        tmp_path, "segment", photo, "-o", out, "--backdrop-picture", tmp_path / "none.jpg"
    )
    assert result.exit_code == 1
    assert "none.jpg" in result.stderr
    assert not out.exists()
