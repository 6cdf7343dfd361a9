"""Options are checked where they are made, long before a stage meets them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from engine.config import RuntimeOptions
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
