"""The style sheet, apart from its colours."""

from __future__ import annotations

import re

import pytest
from PyQt6.QtGui import QFontDatabase

from app.basics.theme import style_sheet


@pytest.mark.parametrize(
    ("installed", "named"),
    [
        (["Arial", "Helvetica Neue", "Times"], '"Helvetica Neue"'),
        (["Segoe UI", "Roboto"], '"Segoe UI", "Roboto"'),
        (["Times"], '"sans-serif"'),
    ],
)
def test_no_font_is_named_that_is_not_there_for_which_macos_would_search_through_all(
    installed: list[str], named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFontDatabase, "families", lambda: installed)
    found = re.search(r"font-family: (.*);", style_sheet())
    assert found is not None
    assert found[1] == named
