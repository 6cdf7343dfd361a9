"""Plain NumPy serves while others compile, and gives the same people and pictures."""

from __future__ import annotations

import threading
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast

import cv2
import numpy as np
import pytest

from engine import pipeline
from engine.config import GroupOptions
from engine.group import group
from engine.kernels import compiled, on_cpu, plain
from engine.kernels.composite_reference import Contours, Look
from engine.kernels.on_cpu import KernelChoice, Kernels
from engine.render import render
from engine.session import Session
from engine.styles import RenderOptions
from engine.types import Frame
from tests.fakes import FakePredictor, ListSource, coloured_box_image
from tests.people_maps import make_prediction

TIMEOUT_S = 60.0
PLAIN, COMPILED = cast(Kernels, object()), cast(Kernels, object())


def choice(patience_s: float = 0.0) -> KernelChoice:
    return KernelChoice(lambda: PLAIN, lambda: COMPILED, patience_s)


@contextmanager
def compiling(kernels: KernelChoice, plain_meanwhile: bool) -> Iterator[list[Kernels]]:
    """Until the block is left; what the compiling thread itself was served is in the list."""
    begun, may_end, ended = threading.Event(), threading.Event(), threading.Event()
    served: list[Kernels] = []

    def work() -> None:
        begun.set()
        may_end.wait(TIMEOUT_S)
        served.append(kernels())
        ended.set()

    kernels.compile_beside(work, plain_meanwhile)
    try:
        assert begun.wait(TIMEOUT_S)
        yield served
    finally:
        may_end.set()
        assert ended.wait(TIMEOUT_S)


def wait_until(reached: Callable[[], bool]) -> None:
    tick = threading.Event()
    for _ in range(round(TIMEOUT_S / 0.01)):
        if reached():
            return
        tick.wait(0.01)
    pytest.fail("it did not happen")


def test_without_anybody_compiling_the_compiled_ones_serve() -> None:
    assert choice()() is COMPILED


def test_plain_ones_serve_others_until_compiling_ends() -> None:
    kernels = choice()
    with compiling(kernels, plain_meanwhile=True) as served:
        assert kernels() is PLAIN
    wait_until(lambda: kernels() is COMPILED)
    assert served == [COMPILED]


def test_who_does_not_want_plain_ones_gets_those_that_are_being_compiled() -> None:
    kernels = choice()
    with compiling(kernels, plain_meanwhile=False):
        assert kernels() is COMPILED


def test_what_comes_from_disk_soon_is_waited_for() -> None:
    kernels = choice(patience_s=60.0)
    kernels.compile_beside(lambda: None, plain_meanwhile=True)
    assert kernels() is COMPILED


def test_only_the_first_compiles() -> None:
    kernels = choice()
    worked: list[int] = []
    kernels.compile_beside(lambda: worked.append(1), plain_meanwhile=True)
    wait_until(lambda: kernels() is COMPILED)
    kernels.compile_beside(lambda: worked.append(2), plain_meanwhile=True)
    assert kernels() is COMPILED
    assert worked == [1]


def test_both_find_the_same_people_and_draw_the_same_picture(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    boxes = [(10.0, 10.0, 50.0, 90.0), (40.0, 15.0, 80.0, 92.0), (90.0, 5.0, 125.0, 60.0)]
    prediction = make_prediction(boxes, frame_hw=(240, 320), noise=0.2)
    noise = np.random.default_rng(0).integers(0, 256, (240, 320, 3), np.uint8)
    frame = Frame(noise, 0, 0.0, 0.0)
    found, drawn = [], []
    for kernels in (plain, compiled):
        monkeypatch.setattr(on_cpu, "kernels", lambda kernels=kernels: kernels)
        found.append(group(prediction, GroupOptions()))
        drawn.append(render(frame, found[0], RenderOptions(outline_px=4, show_boxes=True)))
    assert len(found[0]) == len(found[1]) == 3
    assert (found[0].labels == found[1].labels).mean() >= 0.999
    np.testing.assert_allclose(found[0].scores, found[1].scores, atol=1e-4)
    np.testing.assert_array_equal(drawn[0], drawn[1])


def test_plain_ones_take_little_memory_beside_a_large_picture() -> None:
    """A photo of 48 million pixels took two gigabytes more, and most of its time for them."""
    frame_hw = (2000, 1500)
    margins = np.random.default_rng(5).normal(size=(126, 94)).astype(np.float32)
    picture, out = np.zeros((*frame_hw, 3), np.uint8), np.empty((*frame_hw, 3), np.uint8)
    tracemalloc.start()
    labels, _ = plain.upsample_labels(margins, (margins > 0).astype(np.uint8), frame_hw)
    plain.composite(picture, labels, Look.none(), Contours(labels, labels), None, out)
    _, most_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most_bytes < 5 * labels.nbytes


@pytest.mark.parametrize("corner", [(3, 4), (-3, -5), (15, 25), (-40, 2), (2, 90)])
def test_chips_are_painted_and_cut_off_alike(corner: tuple[int, int]) -> None:
    mask = np.random.default_rng(1).integers(0, 256, (9, 14), np.uint8)
    under = np.random.default_rng(2).integers(0, 256, (20, 30, 3), np.uint8)
    pictures = [under.copy(), under.copy()]
    for kernels, picture in zip((plain, compiled), pictures, strict=True):
        kernels.blend_mask(picture, mask, *corner, (10, 200, 90))
    np.testing.assert_array_equal(*pictures)


@pytest.mark.parametrize("count", [0, 1, 7])
@pytest.mark.parametrize("step", [1, 2, 3])
def test_profiles_of_people_are_the_same(count: int, step: int) -> None:
    labels = np.random.default_rng(3).integers(0, 10, (25, 33), np.uint8)
    for ours, theirs in zip(
        compiled.row_profiles(labels, count, step),
        plain.row_profiles(labels, count, step),
        strict=True,
    ):
        assert ours.dtype == theirs.dtype
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("frame_hw", [(1, 1), (1, 70), (70, 1), (25, 33), (40, 64)])
@pytest.mark.parametrize("labels_in_use", [1, 3, 9])
def test_boxes_around_masks_are_the_same(frame_hw: tuple[int, int], labels_in_use: int) -> None:
    """Noise and blobs: pieces that join late, touch at corners, wrap around row ends."""
    noise = np.random.default_rng(4).random((*frame_hw, labels_in_use + 1)).astype(np.float32)
    for blur in (1, 5, 11):
        labels = cv2.blur(noise, (blur, blur)).reshape(noise.shape).argmax(axis=2).astype(np.uint8)
        for count in (0, 1, labels_in_use):
            for min_share in (0.0, 0.05, 0.5, 1.0):
                ours = compiled.extents(labels, count, min_share)
                assert ours.dtype == np.int64
                np.testing.assert_array_equal(ours, plain.extents(labels, count, min_share))


def test_a_session_shows_people_while_the_kernels_are_still_compiled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    may_end = threading.Event()
    own = KernelChoice(lambda: plain, lambda: compiled, patience_s=0.0)
    monkeypatch.setattr(on_cpu, "kernels", own)
    monkeypatch.setattr(pipeline, "_warm_up", may_end.wait)
    arrived = threading.Event()
    session = Session(
        lambda: ListSource([coloured_box_image(20)] * 3), FakePredictor, on_change=arrived.set
    )
    thread = threading.Thread(target=session.run)
    thread.start()
    try:
        wait_until(lambda: session.results.take() is not None)
        assert own() is plain
    finally:
        session.stop()
        may_end.set()
        thread.join()
    wait_until(lambda: own() is compiled)
