"""Preferences to QSettings and back; a value that makes no sense is left at its default."""

from __future__ import annotations

import logging
from dataclasses import fields, replace
from enum import Enum
from typing import Any, TypeVar

from PyQt6.QtCore import QByteArray, QSettings

from app.basics.places import settings_folder
from app.held.preferences import Preferences, ViewOptions
from engine.config import RuntimeOptions, Settings
from engine.errors import ConfigError
from engine.styles import Newcomers, NewPeople, PersonStyle

log = logging.getLogger(__name__)

VERSION = 1
"""Settings of another version are not read: their names may mean something else."""

_NOT_STORED = {"styles", "typesetter", "backdrop_picture"}
"""Ids of people mean nothing in the next run, who sets text is no choice of the user, and of the
picture behind people its path is kept (`ViewOptions`)."""

_ANY_NAME = "surrogatepass"
"""Files may have names that are no Unicode: Qt would write question marks for their odd bytes."""

_Options = TypeVar("_Options")


class SettingsStore:
    """The one place that knows the names under which values are stored.

    backend: a file of the user's by default; tests pass one of their own.
    """

    def __init__(self, backend: QSettings | None = None) -> None:
        self._backend = backend or QSettings(
            str(settings_folder() / "bbe-live.ini"), QSettings.Format.IniFormat
        )
        self._known: dict[str, str] = {}  # as this window read or wrote them last

    def load(self) -> Preferences:
        """What was saved last; defaults where there is nothing or nonsense."""
        if self._backend.value("version") not in (VERSION, str(VERSION)):
            return Preferences()
        settings = Settings()
        return Preferences(
            settings=Settings(
                group=self._read("group", settings.group),
                track=self._read("track", settings.track),
                render=self._read("render", settings.render),
                adaptive=self._read("adaptive", settings.adaptive),
                steady=self._read("steady", settings.steady),
            ),
            runtime=self._read("runtime", RuntimeOptions()),
            view=self._read("view", ViewOptions()),
        )

    @property
    def path(self) -> str:
        """The file."""
        return self._backend.fileName()

    def save(self, preferences: Preferences) -> bool:
        """Remember for the next run; whether that could be done.

        What this window has not changed stays as another one may have left it meanwhile.
        """
        self._backend.setValue("version", VERSION)
        settings = preferences.settings
        groups = {
            "group": settings.group,
            "track": settings.track,
            "render": settings.render,
            "adaptive": settings.adaptive,
            "steady": settings.steady,
            "runtime": preferences.runtime,
            "view": preferences.view,
        }
        for name, options in groups.items():
            self._write(name, options)
        self._backend.sync()
        return self._backend.status() is not QSettings.Status.AccessError

    def recent_elsewhere(self) -> str | None:
        """`ViewOptions.recent` as another window stored it since this one read or wrote it; None
        if none did."""
        self._backend.sync()
        name = "view/recent"
        text = self._stored(name)
        if text is None or text == self._known.get(name):
            return None
        self._known[name] = text
        return text

    def load_geometry(self) -> QByteArray | None:
        """Where the window stood, for `restoreGeometry`."""
        value = self._backend.value("geometry")
        return value if isinstance(value, QByteArray) else None

    def save_geometry(self, geometry: QByteArray) -> None:
        """Remember where the window stands."""
        self._backend.setValue("geometry", geometry)

    def _write(self, group: str, options: object) -> None:
        for item in fields(options):  # type: ignore[arg-type]  # only dataclasses come here
            name, text = f"{group}/{item.name}", _to_text(getattr(options, item.name))
            if item.name not in _NOT_STORED and self._known.get(name) != text:
                self._backend.setValue(name, text if _is_unicode(text) else _to_bytes(text))
                self._known[name] = text

    def _read(self, group: str, options: _Options) -> _Options:
        """`options` with each stored value that can be used, one at a time."""
        for item in fields(options):  # type: ignore[arg-type]  # only dataclasses come here
            text = self._stored(f"{group}/{item.name}")
            if item.name in _NOT_STORED or text is None:
                continue
            try:
                value = _from_text(text, getattr(options, item.name))
                options = replace(options, **{item.name: value})  # type: ignore[type-var]
                self._known[f"{group}/{item.name}"] = text
            except (ValueError, ConfigError) as error:
                log.warning("stored setting %s/%s ignored: %s", group, item.name, error)
        return options

    def _stored(self, name: str) -> str | None:
        value = self._backend.value(name)
        if isinstance(value, QByteArray):
            return value.data().decode(errors=_ANY_NAME)
        return value if isinstance(value, str) else None


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= c <= "\udfff" for c in text)


def _to_bytes(text: str) -> QByteArray:
    return QByteArray(text.encode(errors=_ANY_NAME))


def _to_text(value: object) -> str:
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, PersonStyle):
        return value.effect.value
    if isinstance(value, Newcomers):
        return value.choice.value
    if isinstance(value, tuple):
        return " ".join(str(part) for part in value)
    return "" if value is None else str(value)


def _from_text(text: str, like: object) -> Any:
    """`text` as the type of the default `like`. Raises ValueError."""
    if isinstance(like, bool):
        return {"True": True, "False": False}[text] if text in ("True", "False") else _bad(text)
    if isinstance(like, Enum):
        return type(like)(text)
    if isinstance(like, PersonStyle):
        return PersonStyle(type(like.effect)(text))
    if isinstance(like, Newcomers):
        return Newcomers().then(1, NewPeople(text))
    if isinstance(like, tuple):
        parts = tuple(int(part) for part in text.split())
        return parts if len(parts) == len(like) else _bad(text)
    if like is None:  # the one optional number: `input_long_side`
        return int(text) if text else None
    if isinstance(like, (int, float)):
        return type(like)(text)
    return text


def _bad(text: str) -> Any:
    raise ValueError(f"cannot use {text!r}")
