"""The picture as it is painted, with what stands out in it."""

from __future__ import annotations

import numpy as np
import pytest

from app.shown.video_view import VideoView
from engine.render import place_labels, render
from engine.styles import RenderOptions
from engine.types import BoolArray, Result
from tests.app.contrast import pixels_of
from tests.engine.people import frame_like, people

HW = (240, 320)


def crowd(options: RenderOptions) -> Result:
    """A tall person whose label lies on them, since there is no room above, and another one."""
    found = people([(70, 0, 90, 240), (200, 60, 300, 240)], HW, track_ids=[1, 2])
    frame = frame_like(found)
    chips, _ = place_labels(found, options)
    picture = render(frame, found, options, chips=chips)
    boxes = tuple(chip.xyxy for chip in chips)
    return Result(frame, found, picture, render=options, label_boxes=boxes)


def changed_by_selecting(view: VideoView, track_id: int) -> BoolArray:
    view.select(-1)
    before = pixels_of(view)
    view.select(track_id)
    return np.any(before != pixels_of(view), axis=2)


@pytest.mark.parametrize("scale", [1, 2])
def test_labels_lie_on_top_of_the_outline_of_who_is_selected(qtbot, scale):
    view = VideoView()
    qtbot.addWidget(view)
    view.resize(HW[1] * scale, HW[0] * scale)
    result = crowd(RenderOptions())
    view.show_result(result)
    changed = changed_by_selecting(view, 1)
    boxes = result.label_boxes
    assert len(boxes) == 2
    x0, y0, x1, y1 = (scale * side for side in boxes[0])
    assert x0 < scale * 64 < scale * 96 < x1  # its corners are beside the lines
    assert not changed[y0:y1, x0:x1].any()
    assert changed[: y0 - 1, x0:x1].any()
    assert changed[y1 + 1 :, x0:x1].any()
    view.show_result(crowd(RenderOptions(show_labels=False)))
    assert changed_by_selecting(view, 1)[y0:y1, x0:x1].any()
