"""One line of text as a mask of coverage, each piece made once per size and kept.

Pillow carries a font with the letters of English. Of all others, the typesetter that
`RenderOptions` name is asked first; without one, the font that Matplotlib carries has those
of Europe and the Near East.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from engine.styles import Typesetter
from engine.types import UInt8Array

LONGEST_NAME = 20
"""A longer name is cut to so many letters in the picture."""

_NO_LETTER = "\U0010ffff"
"""No font has it, so it looks like everything else that a font lacks."""

_ZERO_WIDTH_JOINER = "\u200d"
_LEAN_ON_ANOTHER = {"Mn", "Mc", "Me", "Cf", "Sk"}
"""Categories of what belongs to the letter before: accents, joiners, skin tones."""

_INVISIBLE = " \u200d\ufe0f"
"""What may be left over between letters that were left out."""

_PROBE_PX = 16


@lru_cache(maxsize=1024)
def shown_name(name: str, typesetter: Typesetter | None) -> str:
    """A name as it stands in the picture: not too long, and "" where none of it can be set."""
    line = _shortened(name)
    if typesetter is not None:
        return line
    kept, is_kept = "", True
    for letter in line:
        is_kept = _is_in(letter, wide=True) and (is_kept or not _leans(letter))
        kept += letter if is_kept else ""
    kept = kept.strip(_INVISIBLE)
    return kept if kept.strip("…") else ""


@lru_cache(maxsize=1024)
def text_mask(
    text: str, text_px: int, bold: bool = False, typesetter: Typesetter | None = None
) -> UInt8Array:
    """(h, w) uint8 coverage of one line; every line of a size has the same height."""
    ascent, descent = _font(text_px).getmetrics()
    height, baseline = ascent + descent, ascent + descent // 2
    is_plain = all(_is_in(letter, wide=False) for letter in text)
    if typesetter is not None and not is_plain:
        return typesetter(text, text_px, height, baseline)
    font = _font(text_px) if is_plain else _wide_font(text_px)
    weight = text_px / 40 if bold else 0.0
    width = round(font.getlength(text) + 2 * weight) if text else 0
    image = Image.new("L", (max(width, 1), height), 0)
    draw = ImageDraw.Draw(image)
    draw.text((weight, baseline), text, fill=255, font=font, stroke_width=weight, anchor="ls")
    return np.asarray(image, np.uint8)[:, :width].copy()


def _shortened(name: str) -> str:
    """At most LONGEST_NAME letters, not cut between a letter and its accents."""
    if len(name) <= LONGEST_NAME:
        return name
    end = LONGEST_NAME - 1
    while end > 1 and (_leans(name[end]) or name[end - 1] == _ZERO_WIDTH_JOINER):
        end -= 1
    return name[:end].rstrip() + "…"


def _leans(letter: str) -> bool:
    return unicodedata.category(letter) in _LEAN_ON_ANOTHER


@lru_cache(maxsize=4096)
def _is_in(letter: str, wide: bool) -> bool:
    font = _wide_font(_PROBE_PX) if wide else _font(_PROBE_PX)
    return letter.isspace() or bytes(font.getmask(letter)) != bytes(font.getmask(_NO_LETTER))


@lru_cache(maxsize=16)
def _font(text_px: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(text_px)
    assert isinstance(font, ImageFont.FreeTypeFont)
    return font


@lru_cache(maxsize=16)
def _wide_font(text_px: int) -> ImageFont.FreeTypeFont:
    import matplotlib  # takes a while, and few names need it

    path = Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")
    return ImageFont.truetype(str(path), text_px)
