"""What the user chooses is written soon, by itself."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import QSettings
from PyQt6.QtWidgets import QWidget

from app.held import remembering
from app.held.kept import Kept
from app.held.options import OptionsModel
from app.held.preferences import Preferences
from app.held.remembering import Remembering
from app.held.settings import SettingsStore
from engine.config import Provider, RuntimeOptions


@pytest.fixture
def chosen(qtbot, settings_file, monkeypatch):
    """Settings, the rest that is kept, and what writes both."""
    monkeypatch.setattr(remembering, "DELAY_MS", 20)
    window = QWidget()
    qtbot.addWidget(window)
    options, defaults = OptionsModel(), Preferences()
    kept = Kept(defaults.view, defaults.runtime)
    store = SettingsStore(QSettings(str(settings_file), QSettings.Format.IniFormat))
    return options, kept, Remembering(window, store, options, kept)


def written(settings_file) -> Preferences:
    return SettingsStore(QSettings(str(settings_file), QSettings.Format.IniFormat)).load()


def test_whatever_is_chosen_is_written_without_being_asked_for(chosen, qtbot, settings_file):
    options, kept, _ = chosen
    options.update_render(mask_opacity=0.25)
    qtbot.waitUntil(lambda: written(settings_file).settings.render.mask_opacity == 0.25)
    kept.change_view(volume=0.5)
    qtbot.waitUntil(lambda: written(settings_file).view.volume == 0.5)
    kept.set_runtime(RuntimeOptions(provider=Provider.CPU))
    qtbot.waitUntil(lambda: written(settings_file).runtime.provider is Provider.CPU)


def test_a_slider_that_is_moved_is_written_once_it_rests(chosen, qtbot, monkeypatch):
    options, _, _ = chosen
    saves = []
    monkeypatch.setattr(SettingsStore, "save", lambda _store, all_of_it: saves.append(all_of_it))
    for percent in range(1, 100):
        options.update_render(mask_opacity=percent / 100)
    qtbot.waitUntil(lambda: bool(saves))
    assert [kept.settings.render.mask_opacity for kept in saves] == [0.99]
