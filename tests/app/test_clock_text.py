"""Times as people read and write them."""

from __future__ import annotations

import pytest

from app.basics.clock_text import clock_text, parse_clock


@pytest.mark.parametrize(
    ("time_s", "duration_s", "text"),
    [(0, 0, "0:00.0"), (65.37, 100, "1:05.3"), (3725, 4000, "1:02:05"), (59.99, 4000, "0:00:59")],
)
def test_times_are_written_for_people(time_s: float, duration_s: float, text: str) -> None:
    assert clock_text(time_s, duration_s) == text


def test_every_tenth_of_a_minute_and_more_is_written_as_it_was_read() -> None:
    for tenths in range(36_000):
        minutes, rest = divmod(tenths, 600)
        text = f"{minutes}:{rest // 10:02d}.{rest % 10}"
        assert clock_text(parse_clock(text)) == text


@pytest.mark.parametrize(
    ("text", "time_s"),
    [("90", 90), ("90.25", 90.25), ("1:05.3", 65.3), ("1:02:05", 3725), (" 0:00,5 ", 0.5)],
)
def test_times_are_understood_as_people_write_them(text: str, time_s: float) -> None:
    assert parse_clock(text) == pytest.approx(time_s)


@pytest.mark.parametrize(
    "text",
    ["", "-1", "1:", ":5", "1:2:3:4", "ten", "1e3", "nan", "1.2:3", "9" * 400, "9" * 400 + ":00"],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a time"):
        parse_clock(text)
