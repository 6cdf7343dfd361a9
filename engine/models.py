"""The model files there are: the manifest, names, hashes, and what a file says of itself.

`weights/manifest.toml` lists the models that come with the program. Any other .onnx file
that keeps the contract (docs/architecture.md) runs too; it then speaks for itself through its
metadata.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from engine.config import Provider
from engine.errors import ManifestError, ModelHashMismatch, ModelMetadata, ModelNotFound
from engine.onnx_file import open_session, session_metadata
from engine.predictor import ModelInfo

MANIFEST_NAME = "manifest.toml"

MOST_PIXELS = 2049
"""Of a network's input along its longer side; more would take all memory."""


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One model that can be opened.

    info: what its metadata says. precision: "float32", "float16" or "int8". sha256,
    training_data, ap, ap_split, ap_command: from the manifest; "" and None for a file
    that is not in it. ap: person mask AP on `ap_split` as `ap_command` measured it.
    """

    path: Path
    info: ModelInfo
    precision: str = "float32"
    sha256: str = ""
    training_data: str = ""
    ap: float | None = None
    ap_split: str = ""
    ap_command: str = ""

    @property
    def size_bytes(self) -> int:
        """Size of the file."""
        return self.path.stat().st_size

    def verify_hash(self) -> None:
        """Raise `ModelHashMismatch` where the file is not the one the manifest means."""
        if self.sha256 and _sha256(self.path) != self.sha256:
            raise ModelHashMismatch(
                f"{self.path} is damaged or has been changed: its SHA-256 is not the manifest's.",
                "Reinstall the program, or download the file again.",
            )


@dataclass(frozen=True, slots=True)
class Manifest:
    """The models of one weights folder.

    default: the name of the one to use unasked. default_on: providers on which another one
    is the better choice, and its name.
    """

    default: str
    default_on: Mapping[Provider, str]
    models: Mapping[str, ModelFile]

    @classmethod
    def load(cls, path: Path | None = None) -> Manifest:
        """Read a manifest, the program's own without `path`. Raises `ManifestError`."""
        path = path or weights_dir() / MANIFEST_NAME
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8"))
            models = {
                name: _model_file(name, entry, path.parent)
                for name, entry in table["models"].items()
            }
            default = str(table["default"])
            default_on = {
                Provider(key): str(name) for key, name in table.get("default_on", {}).items()
            }
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise ManifestError(f"The model list {path} cannot be read: {error}.") from error
        except KeyError as error:
            raise ManifestError(f"The model list {path} lacks the key {error}.") from error
        for name in (default, *default_on.values()):
            if name not in models:
                raise ManifestError(
                    f"The default model {name!r} of {path} is not among its models."
                )
        return cls(default, MappingProxyType(default_on), MappingProxyType(models))

    def default_for(self, provider: Provider) -> str:
        """The name of the model to use unasked where the network runs there."""
        return self.default_on.get(provider, self.default)

    def role_of(self, name: str) -> str:
        """Where that model is used unasked: "default", "default on cuda, tensorrt" or ""."""
        if name == self.default:
            return "default"
        where = ", ".join(on.value for on, other in self.default_on.items() if other == name)
        return f"default on {where}" if where else ""


def weights_dir() -> Path:
    """The folder of the models: inside the installed package, or at the checkout's root."""
    packaged = Path(__file__).parent / "weights"
    return packaged if packaged.is_dir() else Path(__file__).parent.parent / "weights"


def list_models() -> list[ModelFile]:
    """The models of the manifest whose files are there, the default one first."""
    manifest = Manifest.load()
    there = [name for name, model in manifest.models.items() if model.path.is_file()]
    there.sort(key=lambda name: (name != manifest.default, name))
    return [manifest.models[name] for name in there]


def find_model(name_or_path: str | Path = "", provider: Provider = Provider.CPU) -> ModelFile:
    """The model of that name, or the .onnx file at that path; "" is the default on `provider`.

    The hash of a model of the manifest is checked; a file outside it is read for its
    metadata. Raises `ModelNotFound`, `ModelHashMismatch`, `ModelNotOnnx`,
    `ModelMetadata`, `ManifestError`, `RuntimeUnavailable`.
    """
    manifest = Manifest.load()
    model = manifest.models.get(str(name_or_path) or manifest.default_for(provider))
    try:
        if model is None:
            model = _model_at(Path(name_or_path), manifest)
        if not model.path.is_file():
            raise ModelNotFound(
                f"The model file {model.path} is missing.", "Reinstall the program."
            )
        model.verify_hash()
    except OSError as error:  # a closed folder, a drive that is gone, a name that is too long
        reason = (error.strerror or str(error)).lower()
        raise ModelNotFound(
            f"The model {error.filename or name_or_path} cannot be read: {reason}.",
            "Choose another one, or ask its owner for access.",
        ) from error
    return model


def check_metadata(model: ModelFile, metadata: Mapping[str, str]) -> None:
    """Raise `ModelMetadata` where a file's metadata is not what the manifest says of it."""
    inside = info_from_metadata(metadata, model.path)
    for field in ModelInfo.__dataclass_fields__:
        listed, found = getattr(model.info, field), getattr(inside, field)
        if listed != found:
            raise ModelMetadata(
                f"{model.path.name} says {field} is {found!r}, the manifest says {listed!r}.",
                "The file and its entry do not belong together; reinstall the program.",
            )


def info_from_metadata(metadata: Mapping[str, str], path: Path) -> ModelInfo:
    """Metadata of an ONNX file (docs/architecture.md) as `ModelInfo`. Raises `ModelMetadata`."""
    hint = "Export the model with bbe's own export, which writes it."
    try:
        return ModelInfo(
            name=metadata["name"],
            backbone=metadata["backbone"],
            output_stride=int(_pixels(metadata, "output_stride")),
            anchor_wh=(_pixels(metadata, "anchor_width"), _pixels(metadata, "anchor_height")),
            input_long_side=int(_pixels(metadata, "input_long_side")),
            classes=tuple(part.strip() for part in metadata["classes"].split(",")),
            licence=metadata["licence"],
        )
    except KeyError as error:
        raise ModelMetadata(f"{path.name} lacks the metadata {error}.", hint) from error
    except ValueError as error:
        raise ModelMetadata(f"{path.name} has unreadable metadata: {error}.", hint) from error


def _pixels(metadata: Mapping[str, str], key: str) -> float:
    """A number of pixels. Raises KeyError, and ValueError for what no network can have."""
    value = float(metadata[key])
    if not 1 <= value <= MOST_PIXELS:  # also where it is not a number
        raise ValueError(f"{key} is {metadata[key]}, not 1 to {MOST_PIXELS} pixels")
    return value


def _model_at(path: Path, manifest: Manifest) -> ModelFile:
    if not path.is_file():
        names = ", ".join(manifest.models)
        raise ModelNotFound(
            f"There is no model {str(path)!r}.", f"Known are {names}, or give an .onnx file."
        )
    for model in manifest.models.values():
        if model.path.is_file() and model.path.samefile(path):
            return model
    metadata = session_metadata(open_session(path, optimise=False))
    return ModelFile(
        path=path,
        info=info_from_metadata(metadata, path),
        precision=metadata.get("precision", "float32"),
    )


def _model_file(name: str, entry: Mapping[str, Any], folder: Path) -> ModelFile:
    return ModelFile(
        path=folder / entry["file"],
        info=ModelInfo(
            name=name,
            backbone=entry["backbone"],
            output_stride=int(entry["output_stride"]),
            anchor_wh=(float(entry["anchor_width"]), float(entry["anchor_height"])),
            input_long_side=int(entry["input_long_side"]),
            classes=tuple(entry["classes"]),
            licence=entry["licence"],
        ),
        precision=entry["precision"],
        sha256=entry["sha256"],
        training_data=entry["training_data"],
        ap=float(entry["ap"]) if "ap" in entry else None,
        ap_split=entry.get("ap_split", ""),
        ap_command=entry.get("ap_command", ""),
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
