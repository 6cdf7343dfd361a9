"""Where a frame lies in a widget of another shape."""

from __future__ import annotations

from app.letterbox import letterbox


def test_a_point_of_the_widget_finds_its_pixel():
    place = letterbox((100, 200), (400, 400))
    assert (place.x, place.y, place.width, place.height) == (0, 100, 400, 200)
    assert place.to_frame(0, 100) == (0, 0)
    assert place.to_frame(399, 299) == (99, 199)
    assert place.to_frame(10, 99) is None
    assert place.to_frame(10, 300) is None
    assert place.to_widget(100, 50) == (200, 200)
