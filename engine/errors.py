"""What can go wrong, as one tree; every message says what happened and what to do.

EngineError
├── ConfigError          an option outside its range or choices
├── SourceError          a camera, file or address that cannot be read
│   ├── SourceNotFound   no such camera, file or address
│   ├── SourceBusy       the camera is in use by another program, or access is denied
│   ├── SourceLost       was readable, then stopped: unplugged, connection gone
│   ├── SourceCutShort   a film that breaks off before its end; what there is can be played
│   └── SourceUnreadable not a video or picture, or damaged
├── ModelError           a model file that cannot be used
│   ├── ModelNotFound    no such name or file
│   ├── ModelCorrupt     damaged or another file
│   │   ├── ModelNotOnnx       not an ONNX model
│   │   └── ModelHashMismatch  its hash differs from the manifest
│   ├── ModelContract    not a model of the kind this program runs
│   │   ├── ModelMetadata      metadata missing, unreadable or other than the manifest's
│   │   └── ModelSignature     wrong inputs or outputs
│   └── ManifestError    the list of models cannot be read
├── RuntimeUnavailable   ONNX Runtime or an accelerator library is missing
├── KernelError          a GPU kernel could not be compiled or run
├── SinkError            a recording or export that cannot be written
└── SoundError           sound that cannot be played: no loudspeaker, a track not supported
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from numbers import Integral, Real
from typing import TypeVar


class EngineError(Exception):
    """Base of all errors a user can meet.

    message: what happened, one sentence. hint: what to do about it, one sentence, may be
    empty. `str()` joins both.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


_Error = TypeVar("_Error", bound=EngineError)


def unexpected(error: Exception, what: str, kind: type[_Error]) -> _Error:
    """What a user is told of an error that nobody foresaw: `what` failed, and in which words."""
    return kind(
        f"{what} failed unexpectedly: {type(error).__name__}: {error}.",
        "Please report this with the log.",
    )


class ConfigError(EngineError):
    """An option has a value outside its range."""


def check_range(name: str, value: float, low: float, high: float) -> None:
    """Raise `ConfigError` unless `value` is a number and low ≤ value ≤ high."""
    if not (_is_a(Real, value) and low <= value <= high):
        raise ConfigError(f"{name} is {value}.", f"It must lie between {low} and {high}.")


def check_whole(name: str, value: int, low: int, high: int) -> None:
    """Raise `ConfigError` unless `value` is a whole number and low ≤ value ≤ high."""
    check_range(name, value, low, high)
    if not _is_a(Integral, value):
        raise ConfigError(f"{name} is {value}.", "It must be a whole number.")


def check_colour(name: str, bgr: Sequence[int]) -> None:
    """Raise `ConfigError` unless `bgr` is three whole numbers from 0 to 255."""
    if len(bgr) != 3 or not all(_is_a(Integral, c) and 0 <= c <= 255 for c in bgr):
        raise ConfigError(f"{name} is {bgr}.", "It must be blue, green, red, each from 0 to 255.")


def _is_a(kind: type, value: object) -> bool:
    """`isinstance`, where types alone say that it is one: not every caller has them checked."""
    return isinstance(value, kind)


def check_choice(name: str, value: Enum, choices: type[Enum]) -> None:
    """Raise `ConfigError` unless `value` is one of `choices`, not merely the text of one."""
    if not isinstance(value, choices):
        known = ", ".join(str(choice) for choice in choices)
        raise ConfigError(f"{name} is {value!r}.", f"It must be one of {known}.")


class SourceError(EngineError):
    """A source cannot be opened or read."""


class SourceNotFound(SourceError):
    """No such camera, file or address."""


class SourceBusy(SourceError):
    """The camera is used by another program, or access to it is denied."""


class SourceLost(SourceError):
    """The source was readable and then stopped delivering pictures."""


class SourceCutShort(SourceError):
    """The film breaks off before its end, the file is incomplete or damaged there.

    The source can still be searched and read up to there.
    """


class SourceUnreadable(SourceError):
    """The file is not a video or picture, or it is damaged."""


class ModelError(EngineError):
    """A model cannot be used."""


class ModelNotFound(ModelError):
    """No model of that name, no such file."""


class ModelCorrupt(ModelError):
    """The file is not an ONNX model, or its hash is not the manifest's."""


class ModelNotOnnx(ModelCorrupt):
    """The file is not an ONNX model, or it is damaged."""


class ModelHashMismatch(ModelCorrupt):
    """The file's SHA-256 is not the manifest's."""


class ModelContract(ModelError):
    """Inputs, outputs or metadata are not those of a model file (docs/architecture.md)."""


class ModelMetadata(ModelContract):
    """Metadata is missing, unreadable, or says something else than the manifest."""


class ModelSignature(ModelContract):
    """Inputs or outputs have other names, types or shapes than the contract's."""


class ManifestError(ModelError):
    """The manifest of the models is missing, damaged or lacks a key."""


class RuntimeUnavailable(EngineError):
    """ONNX Runtime, or a library it needs, is not installed."""


class KernelError(EngineError):
    """A GPU kernel could not be compiled or run."""


class SinkError(EngineError):
    """A recording or an export cannot be written."""


class SoundError(EngineError):
    """The sound of a film cannot be played."""
