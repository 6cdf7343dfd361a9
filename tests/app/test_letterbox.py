"""Where a frame lies in a widget of another shape."""

from __future__ import annotations

from app.basics.letterbox import letterbox


def test_a_point_of_the_widget_finds_its_pixel():
    place = letterbox((100, 200), (400, 400))
    assert (place.x, place.y, place.width, place.height) == (0, 100, 400, 200)
    assert place.to_frame(0, 100) == (0, 0)
    assert place.to_frame(399, 299) == (99, 199)
    assert place.to_frame(10, 99) is None
    assert place.to_frame(10, 300) is None
    assert place.to_widget(100, 50) == (200, 200)
    assert place.box_to_widget((100, 50, 110, 70)) == (200, 200, 20, 40)


def test_a_rectangle_of_the_widget_finds_its_rows_and_columns_as_far_as_there_are_any():
    place = letterbox((100, 200), (400, 400))
    assert place.crop(20, 120, 40, 60) == (slice(10, 40), slice(10, 30))
    assert place.crop(-50, 0, 100, 140) == (slice(0, 20), slice(0, 25))
    assert place.crop(380, 280, 100, 100) == (slice(90, 100), slice(190, 200))
    assert place.crop(0, 0, 400, 100) == (slice(0, 0), slice(0, 200))
