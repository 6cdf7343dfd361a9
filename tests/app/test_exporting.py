"""Exports: they end up as files that other programs read."""

from __future__ import annotations

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest
from PIL import Image
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QLabel

from engine.styles import PersonEffect
from tests.app.gui import (
    STRICT,
    Film,
    click,
    frames_in,
    only_file,
    shown_index,
    two_people,
    walk,
)
from tests.engine.sink_cases import read_bgra
from tests.fakes import coloured_box_image

pytestmark = STRICT


def test_an_export_writes_every_frame_masks_and_json(film, qtbot, tmp_path):
    QTest.keyClick(film, Qt.Key.Key_E)
    card = film.stage.export
    assert card.isVisible()
    card.masks.setChecked(True)
    card.json.setChecked(True)
    click(card.start_button)
    qtbot.waitUntil(film.stage.toast.isVisible)
    assert "Export finished" in film.stage.toast.text
    assert not card.isVisible()
    out = tmp_path / "out"
    assert frames_in(only_file(out, ".mp4")) == 60
    (masks,) = [path for path in out.iterdir() if path.is_dir()]
    assert len(list(masks.glob("*.png"))) == 60
    assert len(json.loads(only_file(out, ".json").read_text())["images"]) == 60


@pytest.mark.parametrize(("choice", "ending", "decoded"), [(0, ".png", "PNG"), (1, ".jpg", "JPEG")])
def test_a_photo_is_exported_as_a_picture(
    open_window, qtbot, scene, tmp_path, choice, ending, decoded
):
    path = tmp_path / "photo.jpg"
    scene.open_source = lambda _r: Film(walk(1), path=path, name="photo.jpg", pictures=(path,))
    window = open_window(path)
    qtbot.waitUntil(lambda: shown_index(window) == 0)
    QTest.keyClick(window, Qt.Key.Key_E)
    card = window.stage.export
    assert card.overlay.text() == "Picture with overlay"
    click(card.kinds.buttons[choice])
    click(card.start_button)
    qtbot.waitUntil(window.stage.toast.isVisible)
    written = only_file(tmp_path / "out", "")
    assert written.suffix == ending
    with Image.open(written) as picture:
        assert picture.format == decoded
    shown = window.stage.view.result.image_bgr.astype(int)
    assert np.abs(cv2.imread(str(written)).astype(int) - shown).mean() < 3


def test_each_photo_of_a_folder_becomes_a_picture_under_its_name(
    open_window, qtbot, scene, tmp_path
):
    photos = tuple(tmp_path / "in" / name for name in ("IMG 1.jpg", "IMG 2.JPG", "IMG 2.png"))
    scene.open_source = lambda _r: Film(walk(3), name="in", pictures=photos)
    window = open_window(tmp_path / "in")
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    window.actions_by_name["export"].trigger()
    card = window.stage.export
    assert card.overlay.text() == "Pictures with overlay"
    assert card.kinds.isVisible()
    card.masks.setChecked(True)
    card.json.setChecked(True)
    click(card.kinds.buttons[1])
    click(card.start_button)
    qtbot.waitUntil(window.stage.toast.isVisible)
    out = tmp_path / "out"
    masks, pictures = sorted((p for p in out.iterdir() if p.is_dir()), key=lambda p: -len(p.name))
    stems = ("IMG 1", "IMG 2", "IMG 2 2")
    assert {path.name for path in pictures.iterdir()} == {f"{stem}.jpg" for stem in stems}
    assert {path.name for path in masks.glob("*.png")} == {f"{stem}.png" for stem in stems}
    named = json.loads(only_file(out, ".json").read_text())["images"]
    assert [image["file_name"] for image in named] == [path.name for path in photos]
    assert not list(out.glob("*.mp4"))


def test_a_photo_is_cut_out_with_those_chosen(open_window, qtbot, scene, tmp_path):
    path = tmp_path / "photo.jpg"
    scene.open_source = lambda _r: Film([two_people()], path=path, pictures=(path,))
    window = open_window(path)
    qtbot.waitUntil(lambda: shown_index(window) == 0)
    people = window.stage.view.result.instances
    hidden = int(people.track_ids[0])
    window.options.set_style(hidden, effect=PersonEffect.HIDE)
    window.actions_by_name["export"].trigger()
    card = window.stage.export
    click(card.kinds.buttons[2])
    assert card.overlay.text() == "Picture with people cut out"
    click(card.start_button)
    qtbot.waitUntil(window.stage.toast.isVisible)
    picture = cv2.imread(str(only_file(tmp_path / "out", ".png")), cv2.IMREAD_UNCHANGED)
    alpha = picture[..., 3]
    eroded = cv2.erode(people.mask(1).astype(np.uint8), np.ones((5, 5)))
    assert (alpha[eroded > 0] == 255).all()
    assert (alpha[people.mask(0)] == 0).all()
    assert (alpha[people.labels == 0].mean()) < 5
    assert np.array_equal(picture[eroded > 0][:, :3], two_people()[eroded > 0])


@pytest.mark.parametrize(
    ("choice", "ending", "text"), [(1, ".mov", "DaVinci"), (2, ".webm", "OBS")]
)
def test_a_film_is_exported_as_cut_outs_without_who_is_hidden(
    open_window, qtbot, scene, tmp_path, choice, ending, text
):
    scene.open_source = lambda _r: Film([two_people()] * 4)
    window = open_window(tmp_path / "film.mp4")
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    people = window.stage.view.result.instances
    window.options.set_style(int(people.track_ids[0]), effect=PersonEffect.HIDE)
    window.actions_by_name["export"].trigger()
    card = window.stage.export
    click(card.kinds.buttons[choice])
    assert card.overlay.text() == "Video with people cut out"
    assert any(text in shown.text() for shown in card.findChildren(QLabel))
    click(card.start_button)
    qtbot.waitUntil(window.stage.toast.isVisible)
    alpha = read_bgra(only_file(tmp_path / "out", ending))[..., 3]
    inside = cv2.erode(people.mask(1).astype(np.uint8), np.ones((5, 5))) > 0
    assert alpha[: inside.shape[0], : inside.shape[1]][inside].min() > 240
    hidden = cv2.erode(people.mask(0).astype(np.uint8), np.ones((5, 5))) > 0
    assert alpha[: inside.shape[0], : inside.shape[1]][hidden].max() < 10


@pytest.mark.parametrize("hidden_too", [False, True])
def test_masks_and_json_tell_of_hidden_people_only_where_asked_for(
    open_window, qtbot, scene, tmp_path, hidden_too
):
    scene.open_source = lambda _r: Film([two_people()] * 2)
    window = open_window(tmp_path / "film.mp4")
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    hidden, other = window.stage.view.result.instances.track_ids.tolist()
    window.options.rename(hidden, "Anna")
    window.options.rename(other, "Ben")
    window.options.set_style(hidden, effect=PersonEffect.HIDE)
    window.actions_by_name["export"].trigger()
    card = window.stage.export
    assert not card.hidden_too.isEnabled()
    card.json.setChecked(True)
    card.masks.setChecked(True)
    card.hidden_too.setChecked(hidden_too)
    click(card.start_button)
    qtbot.waitUntil(window.stage.toast.isVisible)
    told = json.loads(only_file(tmp_path / "out", ".json").read_text())["annotations"]
    assert {person["track_id"] for person in told} == ({hidden, other} if hidden_too else {other})
    assert {person.get("name") for person in told} == ({None, "Ben"} if hidden_too else {"Ben"})
    (masks,) = [path for path in (tmp_path / "out").iterdir() if path.is_dir()]
    values = np.unique(np.asarray(Image.open(masks / "000001.png"))).tolist()
    assert values == ([0, hidden, other] if hidden_too else [0, other])


def test_a_film_after_a_photo_is_exported_as_a_film_again(film, qtbot, tmp_path):
    card = film.stage.export
    photo = replace(film.player.state().source, pictures=(tmp_path / "photo.jpg",))
    card.open(photo, tmp_path / "out", float)
    click(card.kinds.buttons[1])
    film.export_offer.make()
    assert card.overlay.text() == "Video with overlay"
    assert card.kinds.kind.ending == ".mp4"
    click(card.start_button)
    qtbot.waitUntil(film.stage.toast.isVisible)
    assert frames_in(only_file(tmp_path / "out", ".mp4")) == 60


def test_an_export_hides_whom_the_window_hides(open_window, qtbot, scene, tmp_path):
    left, right = coloured_box_image(8, 220), coloured_box_image(80, 120)
    path = tmp_path / "two.mp4"
    scene.open_source = lambda _r: Film([left] * 30 + [right] * 30, fps=10, path=path, name="two")
    window = open_window(path)
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    window.playing.pause()
    window.player.seek(4.0)
    qtbot.waitUntil(lambda: shown_index(window) == 40)
    hidden = window.stage.view.result.instances.track_ids.tolist()[0]
    window.options.set_style(hidden, effect=PersonEffect.HIDE)
    window.player.seek(0.0)
    qtbot.waitUntil(lambda: shown_index(window) == 0)
    window.actions_by_name["export"].trigger()
    window.stage.export.json.setChecked(True)
    window.stage.export.hidden_too.setChecked(True)
    click(window.stage.export.start_button)
    qtbot.waitUntil(window.stage.toast.isVisible)
    people = json.loads(only_file(tmp_path / "out", ".json").read_text())["annotations"]
    assert people[-1]["track_id"] == hidden != people[0]["track_id"]
