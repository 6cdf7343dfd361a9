"""A picture of one's own behind people."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.backdrop import filling
from engine.effects import conceal
from engine.errors import SourceNotFound, SourceUnreadable
from engine.render import render
from engine.source.backdrop import LONGEST_PX, open_backdrop
from engine.styles import Backdrop, BackdropPicture, PersonEffect, PersonStyle, RenderOptions
from engine.types import Frame, Instances, UInt8Array
from tests.engine.people import frame_like, people

SIZE_HW = (240, 320)


def stripes(height: int = 240, width: int = 320) -> BackdropPicture:
    """Columns of one pixel, black and white by turns: whatever blurs them shows."""
    image = np.zeros((height, width, 3), np.uint8)
    image[:, ::2] = 255
    return BackdropPicture(Path("stripes.png"), image)


def before(picture: BackdropPicture | None, *effects: PersonEffect) -> RenderOptions:
    """People of ids 1, 2, … in front of the picture, each with an effect."""
    return RenderOptions(
        backdrop=Backdrop.PICTURE,
        backdrop_picture=picture,
        styles={i: PersonStyle(effect) for i, effect in enumerate(effects, 1)},
    )


def two_people() -> Instances:
    return people([(30, 60, 110, 240), (200, 40, 300, 240)], SIZE_HW, track_ids=[1, 2])


def test_it_takes_the_place_of_all_but_the_people_shown() -> None:
    found, picture = two_people(), stripes()
    options = before(picture, PersonEffect.PLAIN, PersonEffect.HIDE)
    frame = frame_like(found)
    drawn = render(frame, found, options)
    shown = found.mask(0)
    assert np.array_equal(drawn[~shown], picture.image_bgr[~shown])
    assert np.array_equal(drawn[80:230, 50:90], frame.image_bgr[80:230, 50:90])
    assert np.array_equal(conceal(frame.image_bgr, found, options), drawn)


def test_it_stays_sharp_beside_somebody_blurred() -> None:
    found, picture = two_people(), stripes()
    drawn = render(frame_like(found), found, before(picture, PersonEffect.BLUR, PersonEffect.PLAIN))
    assert np.array_equal(drawn[:30], picture.image_bgr[:30])
    beside = np.s_[60:, 160:180]
    assert np.array_equal(drawn[beside], picture.image_bgr[beside])


def test_nothing_of_somebody_hidden_shines_through_it_or_through_somebody_blurred() -> None:
    found = people([(60, 60, 140, 240), (140, 40, 240, 240)], SIZE_HW, track_ids=[1, 2])
    options = before(stripes(), PersonEffect.BLUR, PersonEffect.HIDE)
    drawn = []
    for level in (0, 255):
        image = np.full((*SIZE_HW, 3), 90, np.uint8)
        image[found.mask(1)] = level
        drawn.append(render(Frame(image, 0, 0.0, 0.0), found, options))
    assert np.array_equal(*drawn)


def test_as_long_as_it_is_not_there_nothing_of_the_room_is_shown() -> None:
    found = two_people()
    options = before(None, PersonEffect.PLAIN, PersonEffect.HIDE)
    drawn = render(frame_like(found), found, options)
    assert np.all(drawn[~found.mask(0)] == options.backdrop_bgr)


@pytest.mark.parametrize("frame_hw", [(240, 320), (480, 200), (1, 1), (90, 1280), (33, 47)])
@pytest.mark.parametrize("picture_hw", [(60, 400), (400, 60), (1, 1), (1000, 1300)])
def test_its_middle_fills_frames_of_any_shape(
    frame_hw: tuple[int, int], picture_hw: tuple[int, int]
) -> None:
    """Neither squeezed nor moved: a ramp keeps its slope, and its middle is in the middle."""
    across = np.linspace(0, 255, picture_hw[1]).astype(np.uint8)
    down = np.linspace(0, 255, picture_hw[0]).astype(np.uint8)
    image = np.dstack([*np.meshgrid(across, down), np.zeros(picture_hw, np.uint8)])
    filled = filling(BackdropPicture(Path("ramp.png"), image), *frame_hw)
    assert filled.shape == (*frame_hw, 3)
    assert filled.dtype == np.uint8
    if min(*picture_hw, *frame_hw) < 30:
        return
    scale = max(frame_hw[0] / picture_hw[0], frame_hw[1] / picture_hw[1])
    seen = frame_hw[1] / scale / picture_hw[1]
    row = filled[frame_hw[0] // 2, :, 0].astype(int)
    assert row[-1] - row[0] == pytest.approx(255 * seen, abs=8)
    assert row[frame_hw[1] // 2] == pytest.approx(127, abs=6)
    assert filled[frame_hw[0] // 2, frame_hw[1] // 2, 1] == pytest.approx(127, abs=6)


def test_frames_of_another_size_get_it_fitted_anew() -> None:
    picture = stripes(60, 400)
    assert filling(picture, 240, 320).shape == (240, 320, 3)
    assert filling(picture, 320, 240).shape == (320, 240, 3)
    assert filling(picture, 240, 320) is filling(picture, 240, 320)


def written(path: Path, image_rgb: UInt8Array, orientation: int = 1) -> Path:
    picture = Image.fromarray(image_rgb)
    exif = picture.getexif()
    exif[0x0112] = orientation
    picture.save(path, exif=exif)
    return path


def test_a_file_is_read_upright_and_in_bgr(tmp_path: Path) -> None:
    image = np.zeros((20, 40, 3), np.uint8)
    image[:, :20] = (255, 0, 0)
    path = written(tmp_path / "phone.png", image, orientation=6)
    opened = open_backdrop(path)
    assert opened.path == path
    assert opened.image_bgr.shape == (40, 20, 3)
    assert tuple(opened.image_bgr[5, 5]) == (0, 0, 255)
    assert tuple(opened.image_bgr[35, 5]) == (0, 0, 0)


def test_a_huge_file_does_not_stay_in_memory_as_it_is(tmp_path: Path) -> None:
    path = written(tmp_path / "wall.png", np.full((300, 2 * LONGEST_PX, 3), 70, np.uint8))
    opened = open_backdrop(path)
    assert opened.image_bgr.shape == (150, LONGEST_PX, 3)
    assert np.all(opened.image_bgr == 70)


def test_what_cannot_be_put_behind_people_is_said(tmp_path: Path) -> None:
    with pytest.raises(SourceNotFound):
        open_backdrop(tmp_path / "none.jpg")
    text = tmp_path / "text.jpg"
    text.write_text("no picture")
    with pytest.raises(SourceUnreadable, match=r"text\.jpg is not a picture"):
        open_backdrop(text)
    film = tmp_path / "film.gif"
    one = Image.new("RGB", (8, 8), "red")
    one.save(film, save_all=True, append_images=[Image.new("RGB", (8, 8), "blue")], duration=100)
    with pytest.raises(
        SourceUnreadable, match=r"film\.gif is not a picture that can be put behind"
    ):
        open_backdrop(film)
