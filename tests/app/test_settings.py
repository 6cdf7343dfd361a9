"""Choices survive a restart; nonsense in the file is ignored value by value."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PyQt6.QtCore import QSettings, Qt
from PyQt6.QtTest import QTest

from app.doctor.devices import check_folders
from app.held.preferences import Appearance, Preferences, RecordKind, ViewOptions
from app.held.settings import VERSION, SettingsStore
from engine.config import (
    AdaptiveOptions,
    GroupOptions,
    Provider,
    RuntimeOptions,
    Settings,
    SteadyOptions,
    TrackOptions,
)
from engine.styles import Backdrop, Newcomers, NewPeople, PersonEffect, PersonStyle, RenderOptions
from tests.app.gui import STRICT, shown_index

pytestmark = STRICT

NOT_UNICODE = b"/caf\xe9".decode(errors="surrogateescape")
"""A folder as an old disk calls it, and as Python does."""


def ini(path):
    return QSettings(str(path), QSettings.Format.IniFormat)


OTHER = Preferences(
    settings=Settings(
        GroupOptions(peak_probability=0.7, max_people=3),
        TrackOptions(enabled=False, keep_lost_s=2.5),
        RenderOptions(
            mask_opacity=0.25,
            show_labels=False,
            backdrop=Backdrop.COLOUR,
            backdrop_bgr=(1, 2, 3),
            default_style=PersonStyle(PersonEffect.BLUR),
            newcomers=Newcomers().then(1, NewPeople.HIDE),
        ),
        AdaptiveOptions(enabled=False, fps=12.5, lowest_long_side=257),
        SteadyOptions(enabled=False, weight=0.3, max_difference=12.5),
    ),
    runtime=RuntimeOptions("other", Provider.CUDA, 641, 2),
    view=ViewOptions(
        panel=False,
        loop=True,
        loop_demo=False,
        speed=0.5,
        output_dir="/tmp/ä ö",
        last_dir="x",
        mirror=True,
        volume=0.35,
        muted=True,
        appearance=Appearance.LIGHT,
        record=RecordKind.CUT_OUT_MOV,
        backdrop_path="ä/room.png",
        recent="/ä, ö/a b.mp4\nrtsp://cam/1",
    ),
)


@pytest.mark.parametrize("preferences", [Preferences(), OTHER], ids=["defaults", "all changed"])
def test_what_was_saved_is_loaded(settings_file, preferences):
    SettingsStore(ini(settings_file)).save(preferences)
    assert SettingsStore(ini(settings_file)).load() == preferences


def test_a_file_whose_name_is_not_unicode_is_found_again(settings_file, tmp_path):
    view = ViewOptions(recent=f"{NOT_UNICODE}/a.mp4\n/é.mp4", last_dir=NOT_UNICODE)
    SettingsStore(ini(settings_file)).save(Preferences(view=view))
    copy = tmp_path / "read from the disk.ini"  # of a name that it knows Qt keeps the values
    copy.write_bytes(settings_file.read_bytes())
    store = SettingsStore(ini(copy))
    assert store.load().view == view
    assert store.recent_elsewhere() is None


def test_a_bad_value_leaves_only_itself_at_its_default(settings_file):
    SettingsStore(ini(settings_file)).save(OTHER)
    broken = ini(settings_file)
    broken.setValue("group/peak_probability", "7")
    broken.setValue("group/max_people", "many")
    broken.setValue("render/backdrop", "sparkles")
    broken.setValue("render/backdrop_bgr", "1 2")
    broken.setValue("render/newcomers", "perhaps")
    broken.setValue("track/enabled", "perhaps")
    broken.setValue("view/panel", "0x")
    broken.setValue("view/speed", "100")
    broken.setValue("view/camera_size", "large")
    broken.setValue("view/volume", "2")
    broken.setValue("view/appearance", "pink")
    broken.setValue("adaptive/fps", "0")
    broken.sync()
    loaded = SettingsStore(ini(settings_file)).load()
    assert loaded.settings.group == GroupOptions()
    assert loaded.settings.track == replace(OTHER.settings.track, enabled=True)
    assert loaded.settings.render.mask_opacity == 0.25
    assert loaded.settings.render.backdrop is Backdrop.KEEP
    assert loaded.settings.render.newcomers == Newcomers()
    assert loaded.settings.adaptive == replace(OTHER.settings.adaptive, fps=30.0)
    assert loaded.view == replace(
        OTHER.view, panel=True, speed=1.0, volume=1.0, appearance=Appearance.SYSTEM
    )


def test_settings_of_another_version_are_not_read(settings_file):
    SettingsStore(ini(settings_file)).save(OTHER)
    other = ini(settings_file)
    other.setValue("version", VERSION + 1)
    other.sync()
    assert SettingsStore(ini(settings_file)).load() == Preferences()


def test_a_file_of_rubbish_gives_the_defaults(settings_file):
    settings_file.write_bytes(b"\x00\xff[[[=\nversion\n%%%")
    assert SettingsStore(ini(settings_file)).load() == Preferences()


def test_the_window_remembers_its_choices(open_window, qtbot):
    window = open_window("film.mp4")
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    window.panel.look.opacity.slider.setValue(77)
    QTest.keyClick(window, Qt.Key.Key_P)
    QTest.keyClick(window, Qt.Key.Key_L)
    window.resize(780, 550)
    window.close()
    qtbot.waitUntil(lambda: window.closed)
    again = open_window()
    assert again.panel.look.opacity.slider.value() == 77
    assert not again.panel.isVisible()
    assert again.player.playback.loop
    assert (again.width(), again.height()) == (780, 550)


def test_the_command_line_wins_over_what_was_stored(open_window, settings_file):
    SettingsStore(ini(settings_file)).save(OTHER)
    window = open_window(runtime=RuntimeOptions(provider=Provider.CPU), loop=False)
    assert window.player.runtime.provider is Provider.CPU
    assert not window.player.playback.loop
    assert window.player.playback.speed == 0.5
    window.remembering.save()
    assert SettingsStore(ini(settings_file)).load().runtime == OTHER.runtime


def test_a_window_leaves_alone_what_another_one_has_chosen_meanwhile(settings_file):
    SettingsStore(ini(settings_file)).save(Preferences())
    one, other = SettingsStore(ini(settings_file)), SettingsStore(ini(settings_file))
    mine, theirs = one.load(), other.load()
    render = replace(mine.settings.render, newcomers=Newcomers().then(1, NewPeople.HIDE))
    one.save(replace(mine, settings=replace(mine.settings, render=render)))
    other.save(replace(theirs, view=replace(theirs.view, panel=False)))
    kept = SettingsStore(ini(settings_file)).load()
    assert kept.settings.render.newcomers.choice is NewPeople.HIDE
    assert not kept.view.panel
    other.save(theirs)
    assert SettingsStore(ini(settings_file)).load().view.panel


def test_settings_that_cannot_be_kept_are_told_of_once(open_window, qtbot, settings_file):
    settings_file.mkdir()
    window = open_window()
    window.panel.look.boxes.click()
    toast = window.stage.toast
    qtbot.waitUntil(toast.isVisible)
    assert "not kept for the next start" in toast.text
    assert str(settings_file) in toast.text
    toast.dismiss()
    window.remembering.save()
    assert not toast.isVisible()


def test_settings_are_kept_where_the_doctor_says_on_every_system(tmp_path, monkeypatch):
    monkeypatch.setattr("platformdirs.user_config_path", lambda *_, **__: tmp_path / "there")
    told = next(finding for finding in check_folders() if finding.name == "settings")
    store = SettingsStore()
    assert store.save(Preferences())
    assert Path(store.path).parent == Path(told.value)
    assert Path(store.path).is_file()
