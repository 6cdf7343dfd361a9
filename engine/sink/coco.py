"""Masks as COCO annotations, written frame by frame so that memory stays flat."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
from pycocotools import mask as coco_mask

from engine.errors import SinkError
from engine.extent import mask_boxes
from engine.sink.lines import LineFile
from engine.sink.outfile import check_free_space, check_new_file, sink_error
from engine.sink.serial import SerialSink
from engine.sink.told import told_people
from engine.types import Frame, Instances, Result

PERSON_CATEGORY = {"id": 1, "name": "person", "supercategory": "person"}
"""As in COCO itself."""

Record = dict[str, Any]
"""One JSON object."""


def default_file_name(frame: Frame) -> str:
    """The name a frame has in a folder of extracted frames, as of `LabelPngSink`."""
    return f"{frame.index:06d}.png"


class CocoJsonSink(SerialSink):
    """A COCO instances file: RLE masks, scores, track ids, frame times; a `Sink`.

    Images carry `frame_index` and `time_s`, annotations `score`, `track_id` and, of those who
    have one and are neither hidden nor blurred, `name` besides what COCO asks for. `area` is
    that of the visible mask, `bbox` the box around it, but for pieces that count as astray
    (`engine.extent`). People without a pixel are left out, and those who are hidden. A frame
    that comes twice in a row is taken once.

    While it runs, every frame is one line of `<path>.part.jsonl`; `close` turns those
    into `path` and takes the lines away. After a crash they are still there, and
    `finish_coco` makes the file of them. Without any frame there is no file, or still the one
    to be overwritten, so that nothing stands in the way of another try.

    file_name: what `images[].file_name` is for a frame. hidden_too: also those who are
    hidden. Raises `SinkError`.
    """

    def __init__(
        self,
        path: str | Path,
        overwrite: bool = False,
        file_name: Callable[[Frame], str] = default_file_name,
        hidden_too: bool = False,
    ) -> None:
        super().__init__()
        self.path = Path(path)
        check_free_space(self.path.parent)
        check_new_file(self.path, overwrite)
        self._file_name, self._hidden_too = file_name, hidden_too
        self.part_path = self.path.with_name(self.path.name + ".part.jsonl")
        try:
            self._part = LineFile(self.part_path, overwrite)
        except FileExistsError as error:
            # It is somebody's only copy: not to be written over.
            raise SinkError(
                f"{self.part_path} exists already: an export that broke off left it.",
                "Use --overwrite to begin anew, or choose another name. "
                "`finish_coco` of engine.sink.coco makes a COCO file of it.",
            ) from error
        self._images = self._annotations = 0
        self._last_index: int | None = None

    def _write(self, result: Result) -> None:
        frame = result.frame
        if frame.index == self._last_index:
            return
        self._last_index = frame.index
        self._images += 1
        image = {
            "id": self._images,
            "file_name": self._file_name(frame),
            "height": frame.size_hw[0],
            "width": frame.size_hw[1],
            "frame_index": frame.index,
            "time_s": frame.time_s,
        }
        people = told_people(result, self._hidden_too)
        names = result.render.names
        annotations = list(_annotations(people, names, self._images, self._annotations + 1))
        self._annotations += len(annotations)
        self._part.write(json.dumps({"image": image, "annotations": annotations}))

    def _finish(self) -> None:
        self._part.close()
        if self._part.count:
            finish_coco(self.part_path, self.path)


def finish_coco(part_path: Path, path: Path) -> None:
    """Turn the lines that `CocoJsonSink` left at `part_path` into the COCO file `path`.

    A last line that a crash cut short is left out. The lines are taken away once `path`
    is complete. Raises `SinkError`.
    """
    unfinished = path.with_name(path.name + ".tmp")
    try:
        with unfinished.open("w", encoding="utf-8") as file:
            file.write('{"info": {"description": "People found by BBE Live"},\n"licenses": [],\n')
            file.write(f'"categories": [{json.dumps(PERSON_CATEGORY)}],\n"images": [')
            _write_items(file, (record["image"] for record in _records(part_path)))
            file.write('],\n"annotations": [')
            _write_items(file, (a for record in _records(part_path) for a in record["annotations"]))
            file.write("]}\n")
        unfinished.replace(path)
        part_path.unlink()
    except OSError as error:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise sink_error(path, error) from error
    except (ValueError, LookupError, TypeError) as error:
        raise SinkError(
            f"{part_path} holds a damaged line: {error}.", "Take that line out and try again."
        ) from error


def name_field(track_id: int, names: Mapping[int, str]) -> Record:
    """`name` of an identity that has one; nothing for others."""
    return {"name": names[track_id]} if track_id in names else {}


def _annotations(
    instances: Instances, names: Mapping[int, str], image_id: int, first_id: int
) -> Iterator[Record]:
    # The C code of pycocotools reads columns first: a mask of the transposed labels is
    # that without a copy per person.
    labels_t = np.ascontiguousarray(instances.labels.T)
    boxes = mask_boxes(instances).tolist()
    present = [i for i, (_, _, x1, _) in enumerate(boxes) if x1 > 0]
    for number, i in enumerate(present):
        x0, y0, x1, y1 = boxes[i]
        rle = coco_mask.encode(np.equal(labels_t, i + 1).view(np.uint8).T)
        yield {
            "id": first_id + number,
            "image_id": image_id,
            "category_id": PERSON_CATEGORY["id"],
            "segmentation": {"size": rle["size"], "counts": rle["counts"].decode("ascii")},
            "bbox": [x0, y0, x1 - x0, y1 - y0],
            "area": int(coco_mask.area(rle)),
            "iscrowd": 0,
            "score": round(float(instances.scores[i]), 4),
            "track_id": int(instances.track_ids[i]),
            **name_field(int(instances.track_ids[i]), names),
        }


def _records(part_path: Path) -> Iterator[Record]:
    with part_path.open(encoding="utf-8") as file:
        for line in file:
            if line.endswith("\n"):
                yield json.loads(line)


def _write_items(file: IO[str], items: Iterator[Record]) -> None:
    for number, item in enumerate(items):
        file.write((",\n" if number else "\n") + json.dumps(item))
