"""People found on the GPU of whom tracking leaves some out, drawn there all the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine import gpu
from engine.config import Backdrop, RenderOptions, RuntimeOptions
from engine.gpu_predictor import GpuPredictor
from engine.models import find_model
from engine.providers import plan_providers
from engine.render import render as render_on_cpu
from engine.tracking.regroup import regroup
from tests.cuda_host import HostBackend, require_compiler
from tests.engine.test_gpu import OPTIONS, people_in, red_frame
from tests.tiny_onnx import METADATA, write_tiny_onnx


@pytest.fixture
def backend() -> HostBackend:
    require_compiler()
    return HostBackend()


@pytest.fixture
def predictor(tmp_path: Path, backend: HostBackend) -> GpuPredictor:
    wide = METADATA | {"anchor_width": "30", "anchor_height": "45"}
    model = find_model(write_tiny_onnx(tmp_path / "tiny.onnx", metadata=wide))
    runtime: RuntimeOptions = OPTIONS
    return GpuPredictor(model, runtime, plan_providers(runtime.provider), backend)


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
