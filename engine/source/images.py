"""Pictures on disk: one file, a folder or a pattern; each picture is one frame."""

from __future__ import annotations

import glob
import math
import re
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from engine.errors import EngineError, SourceNotFound, SourceUnreadable
from engine.source.av_open import check_readable_file
from engine.source.base import SourceInfo
from engine.source.endings import PICTURE_SUFFIXES
from engine.source.picture_colours import in_srgb
from engine.types import Frame, UInt8Array

MAX_PIXELS = 2**28
"""Of a picture; the cameras of phones have up to 200 million. A larger one may be small as a file
and take all memory that there is."""

# Pillow's own limit warns on standard error of a third of that, and refuses two thirds of it.
Image.MAX_IMAGE_PIXELS = None

_ANIMATED_BY_FFMPEG = frozenset({"GIF", "PNG"})
_BARE_FILMS = frozenset({".mjpeg", ".mjpg", ".obu"})
"""Films without a container: JPEG pictures one after the other, and AV1, which Pillow takes for
TGA."""
_ACCEPTED = "Pictures such as JPEG, PNG, WebP, BMP or TIFF can be read."
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_SECONDS_EACH = 1.0
_WILDCARDS = re.compile(r"[*?\[]")
_NUMBER = re.compile(r"%(?:0([1-9]))?d")


class ImagesSource:
    """Pictures in the order given, one second each: `Frame.time_s` equals `Frame.index`.

    Pictures may differ in size; `info.size_hw` is that of the first readable one. EXIF
    orientation and colour profile are applied, transparent parts become white, 16-bit and grey
    become 8-bit BGR.
    A picture that cannot be read is skipped and listed in `skipped`, which leaves a gap in
    `Frame.index`; `paths[frame.index]` is always the file of a frame.

    Raises SourceUnreadable on opening when no picture can be read.
    """

    def __init__(self, paths: Sequence[Path], name: str = "") -> None:
        if not paths:
            raise SourceNotFound("There are no pictures to read.", _ACCEPTED)
        self.paths = tuple(paths)
        self._skipped: dict[Path, EngineError] = {}
        self._next_index = 0
        self._closed = False
        self._held = self._load_from(0)
        if self._held is None:
            first = next(iter(self._skipped.values()))
            others = f" None of the {len(paths)} pictures can." if len(paths) > 1 else ""
            raise SourceUnreadable(f"{first.message}{others}", first.hint)
        self._first_index = self._held.index
        only = self.paths[0] if len(paths) == 1 else None
        self._info = SourceInfo(
            name=name or self.paths[0].name,
            live=False,
            size_hw=self._held.size_hw,
            frame_count=len(paths),
            duration_s=len(paths) * _SECONDS_EACH,
            start_s=self._held.time_s,
            path=only,
            seekable=True,
            detail=f"{len(paths)} pictures" if only is None else only.suffix[1:].upper(),
            pictures=self.paths,
        )

    @property
    def info(self) -> SourceInfo:
        """Constant while the source is open; `frame_count` includes unreadable pictures."""
        return self._info

    @property
    def skipped(self) -> dict[Path, str]:
        """The pictures passed over so far, each with the reason."""
        return {path: error.message for path, error in self._skipped.items()}

    def read(self) -> Frame | None:
        """The next readable picture, or None after the last."""
        if self._closed:
            return None
        frame, self._held = self._held or self._load_from(self._next_index), None
        self._next_index = len(self.paths) if frame is None else frame.index + 1
        return frame

    def seek(self, time_s: float) -> None:
        """Go to the last readable picture at or before `time_s`."""
        if self._closed:
            return
        wanted = math.floor(min(max(time_s, 0.0), len(self.paths) - 1) / _SECONDS_EACH + 1e-6)
        self._held = None
        for index in range(wanted, self._first_index, -1):
            self._held = self._load(index)
            if self._held is not None:
                break
        self._next_index = self._first_index if self._held is None else self._held.index

    def close(self) -> None:
        """Let go of the pictures. May be called twice."""
        self._closed = True
        self._held = None

    def _load_from(self, index: int) -> Frame | None:
        candidates = (self._load(i) for i in range(index, len(self.paths)))
        return next((frame for frame in candidates if frame is not None), None)

    def _load(self, index: int) -> Frame | None:
        try:
            image = load_picture(self.paths[index])
        except (SourceNotFound, SourceUnreadable) as error:
            self._skipped[self.paths[index]] = error
            return None
        time_s = index * _SECONDS_EACH
        return Frame(image, index, time_s, time.perf_counter(), _SECONDS_EACH)


def load_picture(path: Path) -> UInt8Array:
    """(H, W, 3) uint8 BGR, upright. Raises SourceNotFound, SourceUnreadable."""
    check_readable_file(path, _ACCEPTED)
    try:
        # By its name, Pillow 13 would map some TIFF files into memory and then turn them wrongly.
        with path.open("rb") as file, Image.open(file) as opened:
            _check_size(path, opened)
            ImageOps.exif_transpose(opened, in_place=True)
            rgb = in_srgb(opened, _to_rgb(opened))
            # Pillow swaps the colours while it copies, three times as fast as NumPy after it.
            pixels = np.frombuffer(rgb.tobytes("raw", "BGR"), np.uint8)
            return pixels.reshape(rgb.height, rgb.width, 3).copy()
    except SourceUnreadable:
        raise
    # For damage, Pillow's decoders raise nearly anything; none of it may cost the other pictures.
    except Exception as error:
        if _is_heic(path):
            raise SourceUnreadable(
                f"{path.name} is a HEIC picture, which cannot be read.",
                "Convert it to JPEG first; phones and their photo apps can export that.",
            ) from error
        raise SourceUnreadable(
            f"{path.name} is not a picture, or is damaged.", _ACCEPTED
        ) from error


def _check_size(path: Path, picture: Image.Image) -> None:
    if picture.width * picture.height > MAX_PIXELS:
        raise SourceUnreadable(
            f"{path.name} is too large: {picture.width}×{picture.height} pixels.",
            f"Make it smaller first; up to {MAX_PIXELS // 10**6} million pixels can be read.",
        )


def is_still_picture(path: Path) -> bool:
    """True for a picture, judged by content; False for a film, an animated GIF or PNG.

    An animated WebP (which FFmpeg 8.1 does not play) or AVIF counts as its first picture. A
    film without a container begins as a picture does, so there the name decides. A file that
    claims to be a picture by its name only counts as one, so that the message about it speaks
    of a picture.
    """
    if path.suffix.lower() in _BARE_FILMS:
        return False
    if path.is_fifo():  # to look into it would wait for its writer, and take its beginning away
        return False
    try:
        with Image.open(path) as opened:
            animated = getattr(opened, "n_frames", 1) > 1
            return not (animated and opened.format in _ANIMATED_BY_FFMPEG)
    except Exception:  # noqa: BLE001 - as in `load_picture`
        # FFmpeg would play one tile of a HEIC picture as a film.
        return path.suffix.lower() in PICTURE_SUFFIXES or _is_heic(path)


def pictures_in(folder: Path) -> tuple[Path, ...]:
    """The pictures directly in a folder, in natural order. Raises SourceNotFound if none."""
    try:
        found = [p for p in folder.iterdir() if _looks_like_picture(p)]
    except OSError as error:
        raise SourceUnreadable(f"{folder} may not be read: {error.strerror}.") from error
    if not found:
        raise SourceNotFound(f"There are no pictures in {folder}.", _ACCEPTED)
    return tuple(sorted(found, key=natural_key))


def is_pattern(text: str) -> bool:
    """Whether a path may mean several files: with *, ?, [] or **, or a number as %03d."""
    return bool(_WILDCARDS.search(text) or _NUMBER.search(text))


def files_matching(pattern: str) -> tuple[Path, ...]:
    """What a pattern finds, in natural order; files only.

    With *, ?, [] or **; or with numbers as FFmpeg writes them: %d of any length, %03d of
    three or more digits, everything else in it as it stands.
    """
    has_number = _NUMBER.search(pattern) is not None
    wide = _NUMBER.sub("*", glob.escape(pattern)) if has_number else pattern
    # Path.glob takes no absolute pattern, and no folder part with wildcards in it.
    found = [Path(name) for name in glob.glob(wide, recursive=True)]  # noqa: PTH207
    if has_number:
        numbered = _numbered(Path(pattern).name)
        found = [path for path in found if numbered.fullmatch(path.name)]
    return tuple(sorted((path for path in found if path.is_file()), key=natural_key))


def natural_key(path: Path) -> tuple[tuple[int, int, str], ...]:
    """Sorts img2 before img10, and by folder first."""
    pieces = re.split(r"(\d+)", str(path).lower())
    return tuple((0, int(p), "") if p.isdecimal() else (1, 0, p) for p in pieces)


def _numbered(name: str) -> re.Pattern[str]:
    """What fits a name in which numbers are written as %d or %03d."""
    pieces = _NUMBER.split(name)  # text, digits or None, text, …
    for index in range(1, len(pieces), 2):
        pieces[index] = rf"[0-9]{{{pieces[index] or 1},}}"
    pieces[::2] = [re.escape(text) for text in pieces[::2]]
    return re.compile("".join(pieces))


def _is_heic(path: Path) -> bool:
    """Judged by content; AVIF, which Pillow reads, may begin in the same way."""
    try:
        with path.open("rb") as file:
            head = file.read(64)
    except OSError:
        return False
    return head[4:8] == b"ftyp" and head[8:12] in _HEIC_BRANDS and b"avif" not in head


def _looks_like_picture(path: Path) -> bool:
    return (
        path.suffix.lower() in PICTURE_SUFFIXES and not path.name.startswith(".") and path.is_file()
    )


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):  # 16 bits of grey; Pillow would clip instead of scale
        wide = np.asarray(image, np.float32)
        return Image.fromarray((np.clip(wide, 0, 65535) / 257).astype(np.uint8)).convert("RGB")
    if image.mode == "F":
        return Image.fromarray(_stretched(np.asarray(image, np.float32))).convert("RGB")
    if image.has_transparency_data:
        solid = Image.new("RGBA", image.size, "white")
        solid.alpha_composite(image.convert("RGBA"))
        return solid.convert("RGB")
    return image if image.mode == "RGB" else image.convert("RGB")


def _stretched(values: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> UInt8Array:
    """Floating-point grey has no agreed range: from its smallest to its largest value."""
    finite = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(finite.min()), float(finite.max())
    return ((finite - low) * (255.0 / max(high - low, 1e-12))).astype(np.uint8)
