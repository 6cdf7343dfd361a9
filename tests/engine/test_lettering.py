"""Names in the picture: in any script, of any length, each drawn once."""

from __future__ import annotations

import numpy as np
import pytest

from engine.errors import ConfigError
from engine.lettering import LONGEST_NAME, shown_name, text_mask
from engine.render import render
from engine.styles import PersonStyle, RenderOptions, one_line
from engine.types import Frame, UInt8Array
from tests.engine.people import people

MISSING_BOX = "\U0010ffff"


class BlockLetters:
    """A `Typesetter` whose letters are filled blocks."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, text: str, text_px: int, height: int, baseline: int) -> UInt8Array:
        self.asked.append(text)
        mask = np.zeros((height, len(text) * text_px), np.uint8)
        mask[baseline - text_px // 2 : baseline] = 255
        return mask


def drawn(style: PersonStyle, typesetter: BlockLetters | None = None) -> UInt8Array:
    """Where the caption of a person of that style lies, (H, W) bool."""
    found = people([(280, 60, 360, 350)], track_ids=[3])
    flat = Frame(np.full((360, 640, 3), 90, np.uint8), 0, 0.0, 0.0)
    options = RenderOptions(mask_opacity=0, outline_px=0, styles={3: style}, typesetter=typesetter)
    return np.asarray(np.any(render(flat, found, options) != 90, axis=2))


def width(shape: UInt8Array) -> int:
    return int(np.count_nonzero(shape.any(axis=0)))


def test_a_name_takes_the_place_of_the_number() -> None:
    number, name = drawn(PersonStyle()), drawn(PersonStyle(name="Anna"))
    assert width(name) > width(number)
    assert np.array_equal(drawn(PersonStyle(name="3")), number)


@pytest.mark.parametrize("letter", "éñßłőşžĐΩЖאعԱქ’")
def test_letters_of_europe_and_the_near_east_are_drawn(letter: str) -> None:
    assert shown_name(letter + "a", None) == letter + "a"
    mask = text_mask(letter, 20)
    assert mask.any()
    assert not any(np.array_equal(mask, text_mask(other, 20)) for other in (MISSING_BOX, "x"))


@pytest.mark.parametrize("name", ["田中", "สมชาย", "अंजलि", "🎉", "田" * 30])
def test_without_a_font_for_it_the_number_stays(name: str) -> None:
    assert shown_name(name, None) == ""
    assert np.array_equal(drawn(PersonStyle(name=name)), drawn(PersonStyle()))


def test_what_has_no_font_is_left_out_of_a_name() -> None:
    assert shown_name("Anna 🎉", None) == "Anna"


def test_the_typesetter_is_asked_once_for_what_the_font_lacks_and_only_for_that() -> None:
    blocks = BlockLetters()
    assert width(drawn(PersonStyle(name="田中"), blocks)) > width(drawn(PersonStyle()))
    drawn(PersonStyle(name="田中"), blocks)
    drawn(PersonStyle(name="Anna"), blocks)
    assert blocks.asked == ["田中"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("A" * LONGEST_NAME, "A" * LONGEST_NAME),
        ("A" * (LONGEST_NAME + 1), "A" * (LONGEST_NAME - 1) + "…"),
        ("A" * (LONGEST_NAME - 2) + "e\u0301clair", "A" * (LONGEST_NAME - 2) + "…"),
        ("A" * (LONGEST_NAME - 3) + "\U0001f469\u200d\U0001f9b0bc", "A" * (LONGEST_NAME - 3) + "…"),
        ("A" * (LONGEST_NAME - 2) + " Bcdef", "A" * (LONGEST_NAME - 2) + "…"),
    ],
)
def test_a_long_name_is_cut_between_letters(name: str, shown: str) -> None:
    assert shown_name(name, BlockLetters()) == shown


@pytest.mark.parametrize("name", ["a\nb", " a", "a\x07", "a  b", "\ud800"])
def test_a_name_is_one_line(name: str) -> None:
    with pytest.raises(ConfigError, match="one line"):
        PersonStyle(name=name)
    PersonStyle(name=one_line(name))


def test_the_names_are_those_of_whoever_has_one() -> None:
    styles = {1: PersonStyle(name="Anna"), 2: PersonStyle(colour_bgr=(1, 2, 3))}
    assert RenderOptions(styles=styles).names == {1: "Anna"}
