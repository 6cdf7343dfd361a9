"""What the arguments of `bbe segment` mean."""

from __future__ import annotations

from pathlib import Path

from app.cli.inputs import find_inputs


def test_numbers_in_a_name_may_be_written_as_for_ffmpeg(tmp_path: Path) -> None:
    paths = [tmp_path / f"img_{number:03d}.png" for number in (1, 2, 1000)]
    for path in (*paths, tmp_path / "img_001_mask.png"):
        path.write_bytes(b"")
    found = find_inputs([str(tmp_path / "img_%03d.png")])
    assert (found.pictures, found.videos, found.many) == (tuple(paths), (), True)
