"""Options are checked where they are made, long before a stage meets them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from engine.config import GroupOptions, RuntimeOptions
from engine.errors import ConfigError
from engine.styles import PersonStyle, RenderOptions


@pytest.mark.parametrize(
    ("options", "name", "text", "meant"),
    [
        (RuntimeOptions, "provider", "cpu", "Provider.CPU"),
        (RuntimeOptions, "precision", "float16", "Precision.FLOAT16"),
        (RenderOptions, "backdrop", "blur", "Backdrop.BLUR"),
        (PersonStyle, "effect", "hide", "PersonEffect.HIDE"),
    ],
)
def test_the_text_of_a_choice_is_refused_and_the_choice_is_named(
    options: Callable[..., Any], name: str, text: str, meant: str
) -> None:
    with pytest.raises(ConfigError, match=rf"{name} is '{text}'.*{meant}"):
        options(**{name: text})


@pytest.mark.parametrize("wrong", ["0.4", None, float("nan"), 2])
def test_what_is_no_number_in_the_range_is_refused_by_name(wrong: Any) -> None:
    with pytest.raises(ConfigError, match=r"min_score is .*between 0\.0 and 1\.0"):
        GroupOptions(min_score=wrong)


@pytest.mark.parametrize(
    ("options", "name"),
    [
        (GroupOptions, "max_people"),
        (GroupOptions, "peak_radius"),
        (GroupOptions, "min_cells"),
        (RuntimeOptions, "threads"),
        (RenderOptions, "outline_px"),
    ],
)
def test_what_is_counted_is_a_whole_number(options: Callable[..., Any], name: str) -> None:
    with pytest.raises(ConfigError, match=rf"{name} is 2\.5\. It must be a whole number"):
        options(**{name: 2.5})
    assert getattr(options(**{name: np.int64(2)}), name) == 2


@pytest.mark.parametrize("wrong", [(0, 0, 256), (0, 0), (0.5, 0, 0), "#fff"])
@pytest.mark.parametrize(
    ("options", "name"), [(RenderOptions, "backdrop_bgr"), (PersonStyle, "colour_bgr")]
)
def test_a_colour_is_three_levels(options: Callable[..., Any], name: str, wrong: Any) -> None:
    with pytest.raises(ConfigError, match=rf"{name} is .*blue, green, red"):
        options(**{name: wrong})
