"""Two things never have the same name, whatever the others are called."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.unique import unique_names


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ((), ()),
        (("a", "b"), ("a", "b")),
        (("a", "a", "a"), ("a", "a 2", "a 3")),
        (("a", "a", "a 2"), ("a", "a 3", "a 2")),
        (("IMG", "img", "Img 2"), ("IMG", "img 3", "Img 2")),  # one file on a USB stick
        (("caf\u00e9", "cafe\u0301"), ("caf\u00e9", "cafe\u0301 2")),  # one file on a Mac
    ],
)
def test_a_name_that_comes_again_gets_a_number(
    names: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    assert unique_names(names) == expected


@given(st.lists(st.sampled_from(["a", "A", "a 2", "a 3", "a 2 2", "b"])))
def test_no_name_is_given_twice(names: list[str]) -> None:
    unique = unique_names(names)
    assert len(unique) == len(set(unique)) == len(names)
