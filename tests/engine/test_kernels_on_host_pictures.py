"""The CUDA kernels of pictures, run on the processor, against the NumPy references.

What such a run shows and what not stands in `test_kernels_on_host.py`.
"""

from __future__ import annotations

import numpy as np
import pytest

from engine.kernels import cuda_ops, reference_gpu_pictures
from engine.kernels.composite_reference import Cover, Look
from engine.preprocess import input_size, resize_corner_aligned
from engine.render import render
from engine.styles import Backdrop, PersonEffect, PersonStyle, RenderOptions
from engine.types import Frame, Instances, UInt8Array
from tests.cuda_host import HostBackend, require_compiler
from tests.engine.kernel_parity import (
    assert_pictures_agree,
    assert_preprocessing_agrees,
    blocky_labels,
    on_device,
)


@pytest.fixture(autouse=True)
def _compiler() -> None:
    require_compiler()


@pytest.mark.parametrize(
    ("frame_hw", "input_hw"),
    [
        ((33, 33), (33, 33)),
        ((97, 131), (129, 177)),
        ((180, 320), (97, 161)),
        ((241, 427), (97, 161)),
        ((540, 961), (49, 81)),
        ((127, 95), (81, 65)),
        ((1, 5), (33, 33)),
    ],
)
@pytest.mark.parametrize("seed", [0, 5])
def test_preprocessing_is_that_of_the_reference_within_one_level(
    frame_hw: tuple[int, int], input_hw: tuple[int, int], seed: int
) -> None:
    assert_preprocessing_agrees(HostBackend(seed), frame_hw, input_hw)


@pytest.mark.parametrize("input_long_side", [321, 641])
def test_the_reference_of_preprocessing_is_that_of_the_cpu_within_one_level(
    input_long_side: int,
) -> None:
    for frame_hw in ((97, 131), (360, 640), (720, 1280), (1080, 1920)):
        frame = np.random.default_rng(2).integers(0, 256, (*frame_hw, 3), np.uint8)
        input_hw = input_size(frame_hw, input_long_side)
        expected = resize_corner_aligned(frame, input_hw)[:, :, ::-1].astype(int)
        assert np.abs(reference_gpu_pictures.preprocess(frame, input_hw)[0] - expected).max() <= 1


@pytest.mark.parametrize("frame_hw", [(8, 128), (37, 131), (50, 260), (1, 1), (3, 2), (65, 36)])
@pytest.mark.parametrize("radius", [0, 1, 2, 10])
@pytest.mark.parametrize("covered", [False, True])
def test_the_picture_is_that_of_the_reference_to_the_last_bit(
    frame_hw: tuple[int, int], radius: int, covered: bool
) -> None:
    contours = assert_pictures_agree(HostBackend(seed=radius), frame_hw, radius, covered)
    if contours is not None and min(frame_hw) > 3:
        assert contours.density.any()


def test_outlines_of_the_gpu_are_those_that_render_draws() -> None:
    """`render` finds outlines with OpenCV, the kernel mirrors `reference_gpu_pictures.outline`."""
    rng = np.random.default_rng(3)
    labels = blocky_labels(rng, (67, 150))
    frame = Frame(rng.integers(0, 256, (67, 150, 3)).astype(np.uint8), 0, 0.0, 0.0)
    people = Instances(
        labels, np.zeros((5, 4), np.float32), np.ones(5, np.float32), np.arange(1, 6)
    )
    backend = HostBackend()

    def painter(
        image_bgr: UInt8Array,
        labels: UInt8Array,
        look: Look,
        outline_radius: int,
        cover: Cover | None,
        out: UInt8Array,
    ) -> None:
        picture = on_device(backend, image_bgr)
        planes = cover and (on_device(backend, cover.image_bgr), on_device(backend, cover.alpha))
        packed = on_device(backend, cuda_ops.pack_look(look))
        plane = on_device(backend, labels)
        cuda_ops.composite(backend, picture, plane, packed, outline_radius, planes, picture)
        backend.copy_out(out, picture)

    plain = {4: PersonStyle(PersonEffect.PLAIN)}
    for options in (
        RenderOptions(),
        RenderOptions(outline_px=20, styles=plain),
        RenderOptions(outline_px=0, mask_opacity=1.0, show_boxes=True),
        RenderOptions(backdrop=Backdrop.BLUR, styles={2: PersonStyle(PersonEffect.HIDE)}),
    ):
        expected = render(frame, people, options)
        assert np.array_equal(render(frame, people, options, painter=painter), expected)
