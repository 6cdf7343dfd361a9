"""Flicker of label sequences with known answers, and of a clip through the application."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from engine.training.evaluate import main
from engine.training.flicker import Flicker, FlickerMeter
from engine.types import Frame, Result
from tests.blinking import BlinkingPredictor, still_picture
from tests.engine.clips import write_clip
from tests.engine.people import Box, people
from tests.tiny_onnx import METADATA, write_tiny_onnx

FRAME_HW = (40, 60)
HERE: Box = (10, 10, 20, 20)
THERE: Box = (30, 10, 40, 20)
Scene = dict[int, Box]
"""Track id → where that person is."""


def flicker(scenes: list[Scene], fps: float = 10.0) -> Flicker:
    meter = FlickerMeter()
    for i, scene in enumerate(scenes):
        found = people(list(scene.values()), FRAME_HW, list(scene))
        frame = Frame(np.zeros((*FRAME_HW, 3), np.uint8), i, i / fps, 0.0)
        meter.write(Result(frame, found, frame.image_bgr))
    meter.close()
    return meter.report()


def test_somebody_who_stands_still_does_not_flicker() -> None:
    found = flicker([{1: HERE}] * 6)
    assert found == Flicker(6, pytest.approx(0.6), 1.0, 0.0, 0.0, 0, 1, 0.0)


def test_steady_motion_is_no_flicker() -> None:
    found = flicker([{1: (x, 10, x + 10, 20)} for x in range(0, 40, 4)])
    assert (found.mask_share, found.identity_share) == (0, 0)


def test_a_person_missing_for_one_frame_of_five() -> None:
    found = flicker([{1: HERE}, {1: HERE}, {}, {1: HERE}, {1: HERE}])
    # Three windows of three frames, the 100 pixels are somebody's in each, gone in one.
    assert found.mask_share == pytest.approx(1 / 3)
    assert found.identity_share == pytest.approx(1 / 3)
    assert found.count_frames == 1
    assert found.people == pytest.approx(0.8)


def test_an_arm_there_for_one_frame_counts_by_its_pixels() -> None:
    found = flicker([{1: HERE}, {1: (10, 10, 22, 20)}, {1: HERE}])
    assert found.mask_share == pytest.approx(20 / 120)
    assert found.count_frames == 0


def test_somebody_elses_identity_for_one_frame_is_flicker_of_identities_alone() -> None:
    found = flicker([{1: HERE, 2: THERE}, {2: HERE, 1: THERE}, {1: HERE, 2: THERE}])
    assert found.mask_share == 0
    assert found.identity_share == pytest.approx(1.0)
    assert found.identities == 2
    assert found.new_per_minute == 0


def test_a_lasting_change_is_not_flicker() -> None:
    found = flicker([{1: HERE}] * 3 + [{2: HERE}] * 3)
    assert (found.mask_share, found.identity_share, found.count_frames) == (0, 0, 0)
    assert found.identities == 2
    assert found.new_per_minute == pytest.approx(60 / 0.6)


@pytest.mark.parametrize(
    ("counts", "restless"),
    [([1, 2, 3, 2, 1], 1), ([1, 2, 2, 1], 0), ([2, 0, 2, 3, 2], 2), ([1, 2, 3], 0), ([1], 0)],
)
def test_frames_with_more_or_fewer_people_than_both_neighbours(
    counts: list[int], restless: int
) -> None:
    scenes: list[Scene] = [
        {i + 1: (i * 10, 0, i * 10 + 5, 5) for i in range(count)} for count in counts
    ]
    assert flicker(scenes).count_frames == restless


def test_those_who_come_first_are_not_new_however_late_they_come() -> None:
    found = flicker([{}, {}, {1: HERE, 2: THERE}, {1: HERE, 3: THERE}])
    assert (found.identities, found.new_per_minute) == (3, pytest.approx(60 / 0.4))


def test_nothing_and_pictures_of_changing_size_are_no_trouble() -> None:
    assert FlickerMeter().report() == Flicker(0, 0.0, 0.0, 0.0, 0.0, 0, 0, 0.0)
    meter = FlickerMeter()
    for i, frame_hw in enumerate([(40, 60), (60, 40)] * 3):
        frame = Frame(np.zeros((*frame_hw, 3), np.uint8), i, i / 10, 0.0)
        meter.write(Result(frame, people([HERE], frame_hw, [1]), frame.image_bgr))
    assert meter.report().mask_share == 0


def test_the_command_measures_clips_as_the_application_plays_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wide = METADATA | {"anchor_width": "30", "anchor_height": "45", "input_long_side": "129"}
    model = write_tiny_onnx(tmp_path / "tiny.onnx", metadata=wide)
    images = [np.zeros((96, 128, 3), np.uint8) for _ in range(8)]
    for i, image in enumerate(images):
        if i != 4:
            image[24:72, 16:48, 2] = 255
        image[24:72, 80:112, 2] = 255
    sharp = {"pix_fmt": "yuv444p", "codec_options": {"crf": "1"}}
    clip = write_clip(tmp_path / "two.mp4", range(8), size_hw=(96, 128), images=images, **sharp)
    arguments = ["--clips", str(clip), "--model", str(model), "--out", str(tmp_path / "out")]
    assert main([*arguments, "--group", "min_score=0", "--group", "assign_iou=0.1"]) == 0
    assert "two.mp4" in capsys.readouterr().out
    run = json.loads((tmp_path / "out" / "flicker.json").read_text())["tiny at 129"]
    found = run["two.mp4"]
    assert found["frames"] == 8
    assert found["people"] == pytest.approx(15 / 8)
    assert (found["count_frames"], found["identities"]) == (1, 2)
    # In one of the six windows of three frames one of two equal people is gone.
    assert found["mask_share"] == pytest.approx(1 / 12, rel=0.05)


def test_the_command_measures_with_and_without_steady_masks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    metadata = METADATA | {"input_long_side": "129"}
    model = write_tiny_onnx(tmp_path / "tiny.onnx", metadata=metadata)
    monkeypatch.setattr("engine.training.eval_clips.open_predictor", lambda _: BlinkingPredictor())
    clip = write_clip(
        tmp_path / "one.mp4", range(9), size_hw=(96, 128), images=[still_picture()] * 9
    )
    shares = []
    for more in ([], ["--no-steady"]):
        out = tmp_path / f"out{len(more)}"
        assert main(["--clips", str(clip), "--model", str(model), "--out", str(out), *more]) == 0
        (run,) = json.loads((out / "flicker.json").read_text()).values()
        shares.append(run["one.mp4"]["mask_share"])
    assert shares[0] < 0.02
    assert shares[1] > 0.2


def test_neither_photos_nor_clips_is_a_clear_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--model", "tiny"])
    assert "--clips" in capsys.readouterr().err


def test_a_clip_that_is_not_there_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--clips", str(tmp_path / "none.mp4")]) == 1
    assert "none.mp4" in capsys.readouterr().err
