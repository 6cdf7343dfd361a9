"""People found on the GPU of whom tracking leaves some out, drawn there all the same."""

from __future__ import annotations

import numpy as np
import pytest

from engine import gpu
from engine.gpu_predictor import GpuPredictor
from engine.render import render as render_on_cpu
from engine.styles import Backdrop, RenderOptions
from engine.tracking.regroup import regroup
from tests.cuda_host import HostBackend
from tests.engine.gpu_cases import people_in, red_frame


@pytest.mark.parametrize(
    "options", [RenderOptions(), RenderOptions(outline_px=9, backdrop=Backdrop.BLUR)]
)
@pytest.mark.parametrize("unwanted", [0, 1])
def test_who_is_left_out_is_not_drawn_and_the_others_are_on_the_gpu(
    predictor: GpuPredictor, backend: HostBackend, unwanted: int, options: RenderOptions
) -> None:
    frame = red_frame()
    people, _ = regroup(people_in(predictor, frame), [0, 1], {}, [unwanted])
    people = people.with_track_ids(np.array([1]))
    drawn = gpu.render(frame, people, options)
    assert backend.launched[-1] == "composite"
    assert np.array_equal(drawn, render_on_cpu(frame, people, options))
    nobody, _ = regroup(people, [0], {}, [0])
    assert np.array_equal(gpu.render(frame, nobody, options), render_on_cpu(frame, nobody, options))


def test_people_who_were_joined_are_drawn_as_one(predictor: GpuPredictor) -> None:
    frame = red_frame()
    people, _ = regroup(people_in(predictor, frame), [0, -1], {1: 0}, [])
    drawn = gpu.render(frame, people, RenderOptions())
    assert len(people) == 1
    assert np.array_equal(drawn, render_on_cpu(frame, people, RenderOptions()))
