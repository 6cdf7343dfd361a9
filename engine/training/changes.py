"""Changing single fields of frozen options by name, as command lines do."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from engine.errors import ConfigError

Options = TypeVar("Options")


def with_changes(options: Options, changes: Sequence[str]) -> Options:
    """The options after changes like "nms_iou=0.4" or, in a part, "loss.giou=0".

    Values are JSON; text needs no quotes. Raises `ConfigError` for names that do not
    exist and values of another kind than the present one.
    """
    for change in changes:
        name, _, text = change.partition("=")
        options = _changed(options, name.split("."), text, name)
    return options


def _changed(options: Any, names: list[str], text: str, whole: str) -> Any:
    name, *rest = names
    known = [field.name for field in fields(options)]
    if name not in known:
        raise ConfigError(f"There is no option {whole!r}.", f"There are {', '.join(known)}.")
    present = getattr(options, name)
    if rest and is_dataclass(present):
        return replace(options, **{name: _changed(present, rest, text, whole)})
    if rest or is_dataclass(present):
        raise ConfigError(f"{whole!r} names no single option.", "Write e.g. loss.giou=0.")
    return replace(options, **{name: _value(text, present, whole)})


def _value(text: str, present: Any, name: str) -> Any:
    """The value in `text`, of the kind that `present` has."""
    try:
        value = json.loads(text)
    except ValueError:
        value = text
    if isinstance(present, float) and type(value) is int:
        return float(value)
    if isinstance(present, tuple) and isinstance(value, list):
        return tuple(value)
    if type(value) is not type(present):
        raise ConfigError(f"{text!r} is no value for {name}.", f"It is {present} now.")
    return value
