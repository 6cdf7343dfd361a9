"""Cut-out people: opaque where they are, transparent elsewhere, in every kind of file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from engine.errors import SinkError
from engine.render import render
from engine.sink.alpha import AlphaRecorder, CutoutPngSink, cut_out_shown
from engine.styles import Backdrop, PersonEffect, PersonStyle, RenderOptions
from engine.types import Result
from tests.engine.sink_cases import (
    LOSSLESS,
    ORANGE_BGR,
    make_result,
    make_results,
    read_bgra,
    write_all,
)

INSIDE_FIRST, INSIDE_SECOND, OUTSIDE = (16, 6), (16, 14), (40, 40)
"""Row and column of pixels of `make_result`."""


@pytest.mark.parametrize(
    ("suffix", "codec"), [(".mov", "prores_ks"), (".webm", "libvpx-vp9")], ids=str
)
def test_videos_carry_transparency(suffix: str, codec: str, tmp_path: Path) -> None:
    path = tmp_path / f"people{suffix}"
    recorder = AlphaRecorder(path, options=LOSSLESS)
    write_all(recorder, make_results([0.0, 0.1, 0.2]))
    assert recorder.codec_name == codec
    picture = read_bgra(path)
    assert picture[INSIDE_FIRST][3] > 250
    assert picture[INSIDE_SECOND][3] > 250
    assert picture[OUTSIDE][3] < 5
    assert picture[INSIDE_FIRST][:3] == pytest.approx(ORANGE_BGR, abs=6)


HIDE, BLUR = PersonStyle(PersonEffect.HIDE), PersonStyle(PersonEffect.BLUR)
ONLY_SEVEN = RenderOptions(
    default_style=HIDE, styles={7: PersonStyle(PersonEffect.OVERLAY)}, backdrop=Backdrop.COLOUR
)


def test_one_identity_can_be_recorded_alone(tmp_path: Path) -> None:
    path = tmp_path / "seven.mov"
    results = make_results([0.0, 0.1], render=ONLY_SEVEN)
    write_all(AlphaRecorder(path, options=LOSSLESS), results)
    picture = read_bgra(path)
    assert picture[INSIDE_FIRST][3] < 5
    assert picture[INSIDE_SECOND][3] > 250
    assert picture[INSIDE_SECOND][:3] == pytest.approx(ORANGE_BGR, abs=6)  # without tint


@pytest.mark.parametrize("suffix", [".mov", ".webm"])
def test_a_film_of_cut_outs_shows_nothing_of_who_is_hidden_and_blurs_who_is_blurred(
    suffix: str, tmp_path: Path
) -> None:
    path, options = tmp_path / f"people{suffix}", RenderOptions(styles={3: HIDE, 7: BLUR})
    results = [half_and_half(i, i / 10, options) for i in range(2)]
    write_all(AlphaRecorder(path, options=LOSSLESS), results)
    picture = read_bgra(path).astype(int)
    assert picture[8:24, 4:10, 3].max() < 40  # but for what the codec smears
    assert not (picture[..., 1] > 200).any()  # of the green of the first person nothing
    stripes = picture[10:22, 13:17, 2]
    assert np.ptp(stripes) < 60  # of 255 in the film
    assert picture[INSIDE_SECOND][3] > 250


def half_and_half(index: int, time_s: float, options: RenderOptions) -> Result:
    """A green person, whose rim of two pixels no mask holds, beside a striped one."""
    result = make_result(index, time_s, render=options)
    image = np.zeros_like(result.frame.image_bgr)
    image[6:26, 2:12, 1] = 255
    image[8:24:2, 12:18] = 255
    return replace(result, frame=replace(result.frame, image_bgr=image))


def test_beside_somebody_cut_out_nothing_is_left_of_who_is_hidden() -> None:
    picture = cut_out_shown(half_and_half(0, 0.0, RenderOptions(styles={3: HIDE})))
    assert picture[INSIDE_SECOND][3] == 255
    assert not (
        picture[..., 1] > picture[..., 0].astype(int) + 20
    ).any()  # nor in its unseen colours


def test_around_a_cut_out_the_colours_are_those_of_the_picture_and_further_away_black() -> None:
    """Where a codec or an editor's scaling reaches beyond the mask, nothing else shines through."""
    white = make_result(0, 0.0, render=RenderOptions(backdrop=Backdrop.COLOUR))
    white.frame.image_bgr[:] = 255
    picture = cut_out_shown(white)
    shown = np.argwhere(picture[..., 3] == 255)
    below, column = shown[:, 0].max(), shown[shown[:, 0].argmax(), 1]
    assert picture[below + 5, column].tolist() == [255, 255, 255, 0]
    assert picture[OUTSIDE].tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("styles", "alpha"), [({3: HIDE}, (0, 255)), ({3: BLUR}, (255, 255)), ({}, (255, 255))]
)
def test_who_is_hidden_or_blurred_is_so_in_a_cut_out(
    styles: dict[int, PersonStyle], alpha: tuple[int, int]
) -> None:
    result = make_result(0, 0.0, noise=True, render=RenderOptions(styles=styles))
    picture = cut_out_shown(result)
    assert (picture[INSIDE_FIRST][3], picture[INSIDE_SECOND][3]) == alpha
    shown = result.instances.mask(1)
    assert np.array_equal(picture[shown][:, :3], result.frame.image_bgr[shown])
    if styles == {3: BLUR}:
        untinted = RenderOptions(outline_px=0, show_labels=False, styles=styles)
        rendered = render(result.frame, result.instances, untinted)
        first = result.instances.mask(0)
        assert np.array_equal(picture[first][:, :3], rendered[first])


def test_mp4_cannot_carry_transparency(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match=r"\.mp4.*\.mov, \.webm"):
        AlphaRecorder(tmp_path / "a.mp4")


def test_every_identity_has_a_folder_of_its_own(tmp_path: Path) -> None:
    results = [make_result(0, 0.0, track_ids=(3, 7)), make_result(1, 0.1, track_ids=(7,))]
    write_all(CutoutPngSink(tmp_path), results)
    written = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.png"))
    assert written == [
        str(Path("person 3/000000.png")),
        str(Path("person 7/000000.png")),
        str(Path("person 7/000001.png")),
    ]
    picture = cv2.imread(str(tmp_path / "person 3/000000.png"), cv2.IMREAD_UNCHANGED)
    assert picture is not None
    assert picture.shape == (48, 64, 4)
    assert picture[INSIDE_FIRST].tolist() == [*ORANGE_BGR, 255]
    assert picture[INSIDE_SECOND][3] == 0
    assert picture[OUTSIDE].tolist() == [0, 0, 0, 0]  # the background is gone, not just hidden


def test_who_is_hidden_has_no_layer_and_is_in_no_other(tmp_path: Path) -> None:
    options = RenderOptions(styles={3: HIDE})
    write_all(CutoutPngSink(tmp_path), [half_and_half(0, 0.0, options)])
    assert [path.name for path in tmp_path.iterdir()] == ["person 7"]
    picture = cv2.imread(str(tmp_path / "person 7/000000.png"), cv2.IMREAD_UNCHANGED)
    assert picture is not None
    assert not (picture[..., 1] > picture[..., 0].astype(int) + 20).any()


def test_untracked_people_are_numbered(tmp_path: Path) -> None:
    write_all(CutoutPngSink(tmp_path), [make_result(0, 0.0, track_ids=(-1, -1))])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["person 1", "person 2"]


def test_of_an_earlier_export_no_layer_is_left_and_nothing_else_is_touched(tmp_path: Path) -> None:
    earlier = [make_result(i, i / 10, track_ids=(3, 7)) for i in range(3)]
    write_all(CutoutPngSink(tmp_path), earlier)
    own = [
        "000009.png",
        "person 3/notes.txt",
        "person 3/000001 retouched.png",
        "person A/000001.png",
        "person 03/000001.png",
        "layers/person 7/000001.png",
    ]
    for name in own:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("mine")
    write_all(CutoutPngSink(tmp_path, overwrite=True), [make_result(0, 0.0, track_ids=(3,))])
    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {"person 3/000000.png", *own}
    assert not (tmp_path / "person 7").exists()


def test_layers_of_photos_have_their_names_and_replace_those_of_before(tmp_path: Path) -> None:
    names = ("portrait.png", "group.png")
    both = [make_result(i, float(i), track_ids=(-1, -1)) for i in range(2)]
    write_all(CutoutPngSink(tmp_path, names=names), both)
    own = tmp_path / "person 1" / "retouched.png"
    own.write_text("mine")
    one = [make_result(1, 1.0, track_ids=(-1,))]
    write_all(CutoutPngSink(tmp_path, overwrite=True, names=names), one)
    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.png")}
    assert left == {"person 1/group.png", "person 1/retouched.png"}


def test_layers_elsewhere_are_not_reached_through_a_link(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    write_all(CutoutPngSink(elsewhere), [make_result(0, 0.0, track_ids=(3,))])
    folder = tmp_path / "folder"
    folder.mkdir()
    try:
        (folder / "person 3").symlink_to(elsewhere / "person 3", target_is_directory=True)
    except OSError:
        pytest.skip("links need a permission here")
    write_all(CutoutPngSink(folder, overwrite=True), [make_result(0, 0.0, track_ids=(7,))])
    assert (elsewhere / "person 3" / "000000.png").exists()


def test_an_export_without_a_frame_leaves_an_earlier_one_alone(tmp_path: Path) -> None:
    write_all(CutoutPngSink(tmp_path), [make_result(0, 0.0, track_ids=(3,))])
    CutoutPngSink(tmp_path, overwrite=True).close()
    assert (tmp_path / "person 3" / "000000.png").exists()
