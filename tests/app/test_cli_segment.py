"""`bbe segment`: what is read, what is written, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pycocotools import mask as coco_mask

from engine.config import RuntimeOptions
from engine.effects import HIDDEN_BGR
from tests.app.cli_cases import frame_count, has_audio, run_bbe, tiny_model, write_photo
from tests.blinking import BlinkingPredictor, still_picture
from tests.engine.clips import write_clip
from tests.fakes import FakePredictor


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return tiny_model(tmp_path)


def test_a_video_keeps_its_frames_and_its_sound(tmp_path: Path, model: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", range(20), with_audio=True)
    out = tmp_path / "new folder" / "out.mp4"
    result = run_bbe(tmp_path, "segment", clip, "-o", out, "-m", model)
    assert result.exit_code == 0, result.stderr
    assert frame_count(out) == 20
    assert has_audio(out)
    assert "20 frames" in result.stdout
    assert "\x1b" not in result.stdout + result.stderr


def test_masks_json_and_cutouts_come_with_the_video_or_alone(tmp_path: Path, model: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", range(5))
    masks, coco = tmp_path / "masks", tmp_path / "people.json"
    result = run_bbe(
        tmp_path, "segment", clip, "--masks", masks, "--json", coco, "--cutouts", tmp_path / "cut",
        "-m", model,
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    assert len(list(masks.glob("*.png"))) == 5
    assert len(json.loads(coco.read_text())["images"]) == 5


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_shapes_of_hidden_people_are_written_where_asked_for(tmp_path: Path, model: Path) -> None:
    photo, out, coco = write_photo(tmp_path / "a.png"), tmp_path / "out.png", tmp_path / "p.json"
    arguments = (
        "segment", photo, "-o", out, "--json", coco, "-m", model, "--threshold", "0",
        "--people", "hide",
    )  # fmt: skip
    refused = run_bbe(tmp_path, *arguments)
    assert refused.exit_code == 2
    assert "--hidden-too" in refused.stderr
    assert run_bbe(tmp_path, *arguments, "--hidden-too").exit_code == 0
    (person,) = json.loads(coco.read_text())["annotations"]
    shape = coco_mask.decode(person["segmentation"]).astype(bool)
    assert (np.asarray(Image.open(out))[shape] == HIDDEN_BGR).all()


def test_no_mask_replaces_that_of_another_picture(tmp_path: Path, model: Path) -> None:
    for name in ("a.jpg", "a.png", "a 2.png"):
        write_photo(tmp_path / "in" / name)
    masks = tmp_path / "masks"
    result = run_bbe(tmp_path, "segment", tmp_path / "in", "--masks", masks, "-m", model)
    assert result.exit_code == 0, result.stderr
    assert len(list(masks.glob("*.png"))) == 3


def test_pictures_become_pictures_under_their_names(tmp_path: Path, model: Path) -> None:
    photos = [write_photo(tmp_path / "in" / f"photo{n}.png") for n in (1, 2, 10)]
    (tmp_path / "in" / "notes.txt").write_text("no picture")
    out, coco = tmp_path / "out", tmp_path / "people.json"
    masks, layers = tmp_path / "masks", tmp_path / "layers"
    result = run_bbe(
        tmp_path, "segment", tmp_path / "in", "-o", out, "--json", coco, "--masks", masks,
        "--cutouts", layers, "-m", model, "--threshold", "0",
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    assert {path.name for path in layers.glob("person 1/*")} == {path.name for path in photos}
    assert {path.name for path in masks.glob("*.png")} == {path.name for path in photos}
    assert sorted(path.name for path in out.iterdir()) == sorted(path.name for path in photos)
    assert np.asarray(Image.open(out / "photo1.png")).shape == (64, 96, 3)
    found = json.loads(coco.read_text())
    assert [image["file_name"] for image in found["images"]] == [p.name for p in photos]
    assert len(found["annotations"]) == 3


@pytest.mark.parametrize(("more", "ids"), [((), {-1}), (("--track",), {1})])
def test_pictures_have_nothing_to_do_with_each_other_unless_they_are_said_to(
    tmp_path: Path, model: Path, more: tuple[str, ...], ids: set[int]
) -> None:
    for name in ("1.png", "2.png"):
        write_photo(tmp_path / "in" / name)
    coco = tmp_path / "people.json"
    arguments = ("segment", tmp_path / "in", "--json", coco, "-m", model, "--threshold", "0")
    result = run_bbe(tmp_path, *arguments, *more)
    assert result.exit_code == 0, result.stderr
    found = json.loads(coco.read_text())["annotations"]
    assert [person["image_id"] for person in found] == [1, 2]
    assert {person["track_id"] for person in found} == ids


def test_a_threshold_leaves_out_people_of_less_confidence(tmp_path: Path, model: Path) -> None:
    photo = write_photo(tmp_path / "photo.png")
    found = {}
    for threshold in ("0", "1"):
        coco = tmp_path / f"{threshold}.json"
        arguments = ("segment", photo, "--json", coco, "-m", model, "--threshold", threshold)
        assert run_bbe(tmp_path, *arguments).exit_code == 0
        found[threshold] = len(json.loads(coco.read_text())["annotations"])
    assert found["0"] > 0
    assert found["1"] == 0


def test_alpha_pictures_are_transparent_where_nobody_is(tmp_path: Path, model: Path) -> None:
    out = tmp_path / "cut.png"
    photo = write_photo(tmp_path / "photo.jpg")
    arguments = ("segment", photo, "-o", out, "--alpha", "-m", model, "--threshold", "0")
    assert run_bbe(tmp_path, *arguments).exit_code == 0
    alpha = np.asarray(Image.open(out))[..., 3]
    assert alpha[0, 0] == 0
    assert alpha.max() == 255


def test_several_inputs_fill_a_folder_and_never_share_a_name(tmp_path: Path, model: Path) -> None:
    for name in ("a/clip.mp4", "b/clip.mp4", "c/clip.avi"):
        (tmp_path / name).parent.mkdir()
        codec = "mpeg4" if name.endswith("avi") else "libx264"
        write_clip(tmp_path / name, range(3), codec=codec)
    result = run_bbe(
        tmp_path, "segment", tmp_path / "*/clip.*", "-o", tmp_path / "out", "-m", model
    )
    assert result.exit_code == 0, result.stderr
    written = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert written == ["clip 2.mp4", "clip 3.mp4", "clip.mp4"]


def test_a_file_is_replaced_only_with_overwrite(tmp_path: Path, model: Path) -> None:
    clip, out = write_clip(tmp_path / "clip.mp4", range(3)), tmp_path / "out.mp4"
    out.write_bytes(b"precious")
    refused = run_bbe(tmp_path, "segment", clip, "-o", out, "-m", model)
    assert refused.exit_code == 1
    assert "--overwrite" in refused.stderr
    assert out.read_bytes() == b"precious"
    assert run_bbe(tmp_path, "segment", clip, "-o", out, "-m", model, "--overwrite").exit_code == 0
    assert frame_count(out) == 3


def test_an_input_is_never_overwritten(tmp_path: Path, model: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", range(3))
    before = clip.read_bytes()
    result = run_bbe(tmp_path, "segment", clip, "-o", clip, "-m", model, "--overwrite")
    assert result.exit_code == 1
    assert clip.read_bytes() == before


def test_a_second_look_is_asked_of_the_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[RuntimeOptions] = []

    def open_fake(options: RuntimeOptions) -> FakePredictor:
        asked.append(options)
        return FakePredictor()

    monkeypatch.setattr("engine.gpu.open_predictor", open_fake)
    clip = write_clip(tmp_path / "clip.mp4", range(2))
    once = run_bbe(tmp_path, "segment", clip, "-o", tmp_path / "once.mp4")
    twice = run_bbe(tmp_path, "segment", clip, "-o", tmp_path / "twice.mp4", "--look-twice")
    assert once.exit_code == twice.exit_code == 0
    assert [options.look_twice for options in asked] == [False, True]


def test_masks_are_steady_in_films_unless_told_otherwise_and_never_in_pictures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.gpu.open_predictor", lambda _: BlinkingPredictor())
    write_clip(tmp_path / "clip.mp4", range(6), size_hw=(96, 128), images=[still_picture()] * 6)
    folder = tmp_path / "photos"
    folder.mkdir()
    for n in range(6):
        Image.fromarray(still_picture()).save(folder / f"{n}.png")

    def people_found(name: str, *more: str) -> int:
        out = tmp_path / "people.json"
        arguments = (tmp_path / name, *more, "--json", out, "--overwrite", "--no-track")
        done = run_bbe(tmp_path, "segment", *arguments)
        assert done.exit_code == 0
        return len(json.loads(out.read_text())["annotations"])

    assert people_found("clip.mp4") == 6
    assert people_found("clip.mp4", "--no-steady") == 4
    assert people_found("photos") == 4


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (["missing.mp4", "-o", "out.mp4"], 1),
        (["*.nothing", "-o", "out"], 1),
        (["clip.mp4"], 2),
        (["clip.mp4", "-o", "out.txt"], 2),
        (["clip.mp4", "-o", "out.mp4", "--alpha"], 2),
        (["clip.mp4", "clip.mp4", "-o", "clip.mp4"], 2),
        (["clip.mp4", "other.mp4", "-o", "out", "--json", "people.json"], 2),
        (["clip.mp4", "--alpha", "--masks", "m"], 2),
        (["clip.mp4", "-o", "out.mov", "--alpha", "--people", "hide"], 2),
        (["clip.mp4", "--cutouts", "c", "--people", "hide"], 2),
        (["clip.mp4", "--json", "p.json", "--people", "hide"], 2),
        (["clip.mp4", "-o", "out.mp4", "-m", "no-such-model"], 1),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_written(
    args: Sequence[str], code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    clip = write_clip(tmp_path / "clip.mp4", range(3))
    clip.with_name("other.mp4").write_bytes(clip.read_bytes())
    result = run_bbe(tmp_path / "home", "segment", *args)
    assert result.exit_code == code, result.output
    files = {path.name for path in tmp_path.iterdir()} - {"home"}
    assert files == {"clip.mp4", "other.mp4"}
