"""What `open_source` makes of a word, a path, an address."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.errors import SourceNotFound, SourceUnreadable
from engine.source import open_source
from engine.source.images import ImagesSource
from engine.source.synthetic import SyntheticSource
from engine.source.video_file import VideoFileSource
from tests.engine.clips import number_of, numbered_image, read_all, write_clip


def save_pictures(folder: Path, *names: str) -> None:
    folder.mkdir(exist_ok=True)
    for name in names:
        Image.fromarray(numbered_image(1)).save(folder / name)


def test_synthetic_is_a_word() -> None:
    assert isinstance(open_source("synthetic"), SyntheticSource)


def test_demo_is_a_word() -> None:
    scene = pytest.importorskip("engine.source.demo")
    source = open_source("demo")
    assert isinstance(source, scene.DemoSource)
    assert source.info.size_hw == (720, 1280)
    source.close()


def test_files_are_told_apart_by_content(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "film.mp4").rename(tmp_path / "film.jpg")
    save_pictures(tmp_path, "still.png")
    still = (tmp_path / "still.png").rename(tmp_path / "still.mp4")
    assert isinstance(open_source(str(still)), ImagesSource)
    with pytest.raises(SourceUnreadable, match="not a picture"):
        open_source(clip)
    assert isinstance(open_source(clip.rename(tmp_path / "film")), VideoFileSource)


def test_animations_are_films_and_still_ones_are_pictures(tmp_path: Path) -> None:
    frames = [Image.fromarray(numbered_image(n)) for n in range(4)]
    for suffix in ("gif", "png"):
        moving, still = tmp_path / f"moving.{suffix}", tmp_path / f"still.{suffix}"
        frames[0].save(moving, save_all=True, append_images=frames[1:], duration=100)
        frames[0].save(still)
        film = open_source(moving)
        assert isinstance(film, VideoFileSource)
        assert film.info.frame_count == 4
        assert isinstance(open_source(still), ImagesSource)


def test_jpeg_pictures_one_after_the_other_are_a_film(tmp_path: Path) -> None:
    """As simple cameras store and send them; by its content it would be its first picture."""
    film = open_source(write_clip(tmp_path / "a.mjpeg", codec="mjpeg", pix_fmt="yuvj420p"))
    assert isinstance(film, VideoFileSource)
    assert [number_of(frame.image_bgr) for frame in read_all(film)] == list(range(40))


def test_several_pictures_are_one_source_in_the_order_given(tmp_path: Path) -> None:
    save_pictures(tmp_path, "b.png", "a.png")
    paths = (tmp_path / "b.png", tmp_path / "a.png")
    source = open_source(paths)
    assert source.info.pictures == paths
    assert source.info.name == "2 pictures"
    assert open_source(paths[:1]).info.name == "b.png"


def test_folders_and_patterns_give_their_pictures(tmp_path: Path) -> None:
    save_pictures(tmp_path / "a", "x10.png", "x9.png")
    save_pictures(tmp_path / "b", "x1.jpg")
    for spec, names in (
        (tmp_path / "a", ["x9.png", "x10.png"]),
        (f"{tmp_path}/*/x*", ["x9.png", "x10.png", "x1.jpg"]),
        (f"{tmp_path}/**/*.jpg", ["x1.jpg"]),
    ):
        source = open_source(spec)
        assert isinstance(source, ImagesSource)
        assert [path.name for path in source.paths] == names


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("x_%d.png", ["x_7.png", "x_008.png", "x_1000.png"]),
        ("x_%03d.png", ["x_008.png", "x_1000.png"]),
        ("[a]_%d_%d.png", ["[a]_1_2.png"]),
    ],
)
def test_numbers_may_be_written_as_for_ffmpeg(
    tmp_path: Path, pattern: str, names: list[str]
) -> None:
    save_pictures(
        tmp_path, "x_7.png", "x_008.png", "x_1000.png", "x_008_mask.png", "x_.png", "[a]_1_2.png"
    )
    source = open_source(tmp_path / pattern)
    assert isinstance(source, ImagesSource)
    assert [path.name for path in source.paths] == names


def test_a_file_may_have_a_percent_sign_in_its_name(tmp_path: Path) -> None:
    save_pictures(tmp_path, "x_%03d.png", "x_001.png")
    assert open_source(tmp_path / "x_%03d.png").info.name == "x_%03d.png"
    with pytest.raises(SourceNotFound, match="Nothing matches"):
        open_source(tmp_path / "y_%03d.png")
    with pytest.raises(SourceNotFound, match="There is no"):
        open_source(tmp_path / "of%20date.png")


def test_a_pattern_that_finds_one_film_opens_it(tmp_path: Path) -> None:
    write_clip(tmp_path / "only.mp4")
    assert isinstance(open_source(f"{tmp_path}/*.mp4"), VideoFileSource)


def test_a_pattern_of_films_is_refused(tmp_path: Path) -> None:
    for name in ("a.mp4", "b.mp4"):
        write_clip(tmp_path / name, (0, 1))
    with pytest.raises(SourceUnreadable, match="2 files") as caught:
        open_source(f"{tmp_path}/*.mp4")
    assert "one at a time" in caught.value.hint


def test_a_file_name_with_brackets_is_a_file_first(tmp_path: Path) -> None:
    save_pictures(tmp_path, "a[1].png")
    frame = open_source(tmp_path / "a[1].png").read()
    assert frame is not None
    np.testing.assert_array_equal(frame.image_bgr, numbered_image(1))


def test_the_home_folder_may_be_written_short(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    save_pictures(tmp_path, "a.png")
    assert open_source("~/a.png").read() is not None


@pytest.mark.parametrize("name", ["a" * 300, "closed/film.mp4"])
def test_a_path_that_the_system_refuses_is_told_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def refuse(path: Path, **_: object) -> os.stat_result:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    if name.startswith("closed"):  # whoever runs the tests may be allowed everything
        monkeypatch.setattr(Path, "stat", refuse)
    with pytest.raises(SourceUnreadable, match=r"cannot be reached: (file name too|permission)"):
        open_source(tmp_path / name)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere every name is Unicode")
def test_the_address_of_a_file_may_have_any_bytes_in_it(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9 %E9 \xc3\xa9")
    save_pictures(path, "a.png")
    assert open_source(path.as_uri()).info.pictures == (path / "a.png",)


def test_an_address_with_half_a_bracket_is_none_and_tells_no_password() -> None:
    with pytest.raises(SourceNotFound, match="not written as one") as caught:
        open_source("rtsp://me:secret@[fe80::1/stream")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "spec",
    ["", "   ", "nothing.mp4", "/no/such/*.png", Path("gone"), "~nobody-is-called-so/film.mp4"],
)
def test_what_is_unknown_tells_what_would_do(spec: str | Path) -> None:
    with pytest.raises(SourceNotFound) as caught:
        open_source(spec)
    for word in ("camera:Name", "rtsp://", "demo", "synthetic", "folder"):
        assert word in caught.value.hint
