"""Results and settings can be copied and sent to other processes."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from engine.config import Settings
from engine.errors import SourceNotFound
from engine.styles import PersonEffect, PersonStyle, RenderOptions
from tests.engine.sink_cases import make_result

RENDER = RenderOptions(
    styles=MappingProxyType({7: PersonStyle(PersonEffect.HIDE), 3: PersonStyle(name="Ada")})
)


def sent(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))


@pytest.mark.parametrize("copied", [sent, copy.deepcopy])
def test_a_copy_of_a_result_has_the_same_people_and_hides_the_same(
    copied: Callable[[Any], Any],
) -> None:
    result = make_result(4, 0.2, render=RENDER)
    other = copied(result)
    np.testing.assert_array_equal(other.instances.labels, result.instances.labels)
    np.testing.assert_array_equal(other.frame.image_bgr, result.frame.image_bgr)
    assert other.render == RENDER
    assert other.stage_ms == result.stage_ms
    with pytest.raises(TypeError):
        other.render.styles[8] = PersonStyle()


@pytest.mark.parametrize("copied", [sent, copy.deepcopy])
def test_settings_can_be_copied(copied: Callable[[Any], Any]) -> None:
    settings = Settings(render=RENDER)
    assert copied(settings) == settings


def test_an_error_reaches_another_process_with_its_hint() -> None:
    error = sent(SourceNotFound("No file.", "Look for it."))
    assert (type(error), error.message, error.hint) == (SourceNotFound, "No file.", "Look for it.")
