"""How people and what is around them are shown: for everybody, for newcomers, for each.

Who is hidden or blurred is decided here alone (`RenderOptions.style_of`); whatever draws or
writes people asks.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from engine.errors import ConfigError, check_choice, check_colour, check_range, check_whole

Typesetter = Callable[[str, int, int, int], npt.NDArray[np.uint8]]
"""Sets a line of text: text, size of the font, height and row of the base line in pixels →
(height, w) uint8 coverage. Called in any thread."""

_UNWRITABLE = {"Cc", "Cs"}
"""Categories of Unicode: control characters and halves of characters."""


class Backdrop(Enum):
    """What becomes of the pixels that belong to nobody shown."""

    KEEP = "keep"
    """Left as they are."""
    BLUR = "blur"
    """Gaussian blur."""
    COLOUR = "colour"
    """One flat colour (`RenderOptions.backdrop_bgr`)."""
    PICTURE = "picture"
    """Another picture (`RenderOptions.backdrop_picture`), which fills the frame."""


@dataclass(frozen=True, slots=True, eq=False)
class BackdropPicture:
    """A picture to put behind people. image_bgr: (h, w, 3) uint8, of any size.

    `engine.source.backdrop.open_backdrop` reads one.
    """

    path: Path
    image_bgr: npt.NDArray[np.uint8]


class PersonEffect(Enum):
    """What is done with one person."""

    OVERLAY = "overlay"
    """Tinted in the person's colour, outlined and labelled: the default."""
    PLAIN = "plain"
    """Shown untouched."""
    BLUR = "blur"
    """Made unrecognisable by blur."""
    HIDE = "hide"
    """Treated as background: takes the backdrop, flat grey where the backdrop is kept."""

    @property
    def conceals(self) -> bool:
        """Whether the person cannot be recognised."""
        return self in (PersonEffect.BLUR, PersonEffect.HIDE)


@dataclass(frozen=True, slots=True)
class PersonStyle:
    """How one identity is shown. colour_bgr: None takes the identity's own colour.

    name: one line that takes the place of the id, "" is none.
    """

    effect: PersonEffect = PersonEffect.OVERLAY
    colour_bgr: tuple[int, int, int] | None = None
    name: str = ""

    def __post_init__(self) -> None:
        check_choice("effect", self.effect, PersonEffect)
        if self.colour_bgr is not None:
            check_colour("colour_bgr", self.colour_bgr)
        if self.name != one_line(self.name):
            raise ConfigError(
                f"The name {self.name!r} is not one line of text.",
                "Leave out line ends, control characters and spaces around it.",
            )


class NewPeople(Enum):
    """What is done with those who come after it was chosen and have no effect of their own."""

    AS_EVERYBODY = "everybody"
    """What is done with everybody."""
    BLUR = "blur"
    """Blurred, or hidden where everybody is."""
    HIDE = "hide"
    """Hidden."""


@dataclass(frozen=True, slots=True)
class Newcomers:
    """The choices made for new people, each from the ids on that were free then.

    chosen: (first id, choice), ids ascending. A choice holds for the ids below the next
    one's for good: a later one uncovers nobody who was concealed by an earlier one.
    """

    chosen: tuple[tuple[int, NewPeople], ...] = ()

    @property
    def choice(self) -> NewPeople:
        """The last one, for whoever comes next."""
        return self.chosen[-1][1] if self.chosen else NewPeople.AS_EVERYBODY

    def then(self, first_id: int, choice: NewPeople) -> Newcomers:
        """With a choice for the ids from `first_id` on."""
        earlier = Newcomers(tuple(entry for entry in self.chosen if entry[0] < first_id))
        if earlier.choice is choice:
            return earlier
        return Newcomers((*earlier.chosen, (first_id, choice)))

    def choice_of(self, track_id: int) -> NewPeople:
        """The choice for an identity; whoever is not tracked may just have come."""
        if track_id < 1:
            return self.choice
        known = Newcomers(tuple(entry for entry in self.chosen if entry[0] <= track_id))
        return known.choice


def one_line(text: str) -> str:
    """`text` as a name may be: one line of what can be written to a file, single spaces."""
    kept = (" " if unicodedata.category(c) in _UNWRITABLE else c for c in text)
    return " ".join("".join(kept).split())


@dataclass(frozen=True, slots=True)
class RenderOptions:
    """People onto the picture.

    mask_opacity: 0 invisible to 1 solid. outline_px: width of the contour in frame
    pixels, 0 is none. styles: track id → style; people not named take `default_style`, and
    among them newcomers are concealed as `newcomers` say, never less than everybody.
    blur_px: strength of both blurs, radius in pixels of a frame 1280 wide. backdrop_picture:
    None, because it is not read yet or cannot be, shows `backdrop_bgr` in its place.
    typesetter: for names; None leaves out letters other than those of Europe and the Near East.
    """

    mask_opacity: float = 0.45
    outline_px: int = 2
    show_boxes: bool = False
    show_labels: bool = True
    backdrop: Backdrop = Backdrop.KEEP
    backdrop_bgr: tuple[int, int, int] = (96, 177, 0)
    backdrop_picture: BackdropPicture | None = None
    blur_px: int = 18
    default_style: PersonStyle = PersonStyle()
    newcomers: Newcomers = Newcomers()
    styles: Mapping[int, PersonStyle] = field(default_factory=lambda: MappingProxyType({}))
    typesetter: Typesetter | None = None

    def __post_init__(self) -> None:
        check_range("mask_opacity", self.mask_opacity, 0.0, 1.0)
        check_whole("outline_px", self.outline_px, 0, 20)
        check_whole("blur_px", self.blur_px, 1, 100)
        check_colour("backdrop_bgr", self.backdrop_bgr)
        check_choice("backdrop", self.backdrop, Backdrop)

    def style_of(self, track_id: int) -> PersonStyle:
        """How the identity is shown: in its own style, or as without one."""
        own = self.styles.get(track_id)
        return own if own is not None else self.unchosen_style(track_id)

    def unchosen_style(self, track_id: int) -> PersonStyle:
        """How the identity is shown as long as nothing is chosen for it; -1 is nobody yet."""
        choice = self.newcomers.choice_of(track_id)
        if choice is NewPeople.HIDE:
            return replace(self.default_style, effect=PersonEffect.HIDE)
        if choice is NewPeople.BLUR and not self.default_style.effect.conceals:
            return replace(self.default_style, effect=PersonEffect.BLUR)
        return self.default_style

    @property
    def conceals_anybody(self) -> bool:
        """Whether some people are hidden or blurred, or would be if they came."""
        effects = {self.default_style.effect, *(style.effect for style in self.styles.values())}
        return bool(self.newcomers.chosen) or any(effect.conceals for effect in effects)

    @property
    def names(self) -> dict[int, str]:
        """Track id → name, of those who have one and can be recognised."""
        return {
            track_id: style.name
            for track_id, style in self.styles.items()
            if style.name and not style.effect.conceals
        }
