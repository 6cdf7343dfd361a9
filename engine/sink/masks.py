"""Masks for other programs: label images, and COCO annotations."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from PIL import Image

from engine.extent import mask_boxes
from engine.palette import colour_of
from engine.sink.coco import default_file_name, name_field
from engine.sink.lines import LineFile
from engine.sink.outfile import make_folder, sink_error
from engine.sink.screenshot import write_bytes
from engine.sink.serial import SerialSink
from engine.sink.told import told_people
from engine.types import MAX_PEOPLE, Frame, Instances, Result, UInt8Array

SIDECAR = "labels.jsonl"
"""Name of the file that tells which value of which picture is whom."""


def label_values(instances: Instances) -> UInt8Array:
    """(N,) uint8: the pixel value of each person, distinct, from 1.

    A person's track id where it lies in 1…255, so that a value means the same person in
    every picture; for others (untracked, or beyond 255) the smallest values left over.
    """
    ids = instances.track_ids.tolist()
    kept = {track_id for track_id in ids if 1 <= track_id <= MAX_PEOPLE}
    spare = iter(sorted(set(range(1, MAX_PEOPLE + 1)) - kept))
    values = []
    for track_id in ids:
        if track_id in kept:
            kept.discard(track_id)  # a second person of the same id would take a spare one
            values.append(track_id)
        else:
            values.append(next(spare))
    return np.array(values, np.uint8)


class LabelPngSink(SerialSink):
    """One indexed PNG per frame, by default `<frame index>.png`, 0 for nobody; a `Sink`.

    Values are those of `label_values`; the palette shows them in the colours of the
    application. Read them as numbers with `np.asarray(PIL.Image.open(path))`
    (`cv2.imread` would apply the palette).

    `labels.jsonl` beside them has one line per picture, written as it is made:
    file, frame_index, time_s, and for every person value, track_id, name (of those who have
    one and are neither hidden nor blurred), score, box_xyxy (around the mask, see
    `engine.extent`; zeros without a pixel). People who are hidden are in neither.
    A folder that holds such an export, or any file of a picture's name, needs `overwrite`;
    pictures of an earlier, longer export then stay, so go by the lines of `labels.jsonl`. A
    frame that comes again replaces its picture. Without any picture there is no list, or still the
    one to be overwritten, so that nothing stands in the way of another try.
    file_name: what the picture of a frame is called, ending in .png. hidden_too: also those
    who are hidden. Raises `SinkError`.
    """

    def __init__(
        self,
        folder: str | Path,
        overwrite: bool = False,
        file_name: Callable[[Frame], str] = default_file_name,
        hidden_too: bool = False,
    ) -> None:
        super().__init__()
        self.folder = Path(folder)
        self._overwrite, self._file_name, self._hidden_too = overwrite, file_name, hidden_too
        self._written: set[str] = set()
        make_folder(self.folder)
        sidecar = self.folder / SIDECAR
        try:
            self._sidecar = LineFile(sidecar, overwrite)
        except FileExistsError as error:
            raise sink_error(sidecar, error) from error
        self._palette = _palette()

    def _write(self, result: Result) -> None:
        people = told_people(result, self._hidden_too)
        values = label_values(people)
        name = self._file_name(result.frame)
        table = np.zeros(MAX_PEOPLE + 1, np.uint8)
        table[1 : len(values) + 1] = values
        replaces = self._overwrite or name in self._written
        write_bytes(self.folder / name, self._png(table[people.labels]), replaces)
        self._written.add(name)
        line = {
            "file": name,
            "frame_index": result.frame.index,
            "time_s": result.frame.time_s,
            "people": _people(people, values, result.render.names),
        }
        self._sidecar.write(json.dumps(line))

    def _finish(self) -> None:
        self._sidecar.close()

    def _png(self, labels: UInt8Array) -> bytes:
        image = Image.fromarray(labels)
        image.putpalette(self._palette)
        buffer = io.BytesIO()
        image.save(buffer, "PNG", compress_level=3)
        return buffer.getvalue()


def _palette() -> bytes:
    colours = [(0, 0, 0), *(colour_of(value)[::-1] for value in range(1, MAX_PEOPLE + 1))]
    return bytes(channel for colour in colours for channel in colour)


def _people(
    instances: Instances, values: UInt8Array, names: Mapping[int, str]
) -> list[dict[str, object]]:
    boxes = mask_boxes(instances).tolist()
    return [
        {
            "value": int(values[i]),
            "track_id": int(instances.track_ids[i]),
            **name_field(int(instances.track_ids[i]), names),
            "score": round(float(instances.scores[i]), 4),
            "box_xyxy": boxes[i],
        }
        for i in range(len(instances))
    ]
