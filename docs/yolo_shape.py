"""Write a YOLO11n-seg of random weights as ONNX, to time beside our networks.

    uv run --no-project --with ultralytics --with onnx --with onnxslim \
        python docs/yolo_shape.py yolo11n-seg-640x480.onnx --width 640 --height 480
    uv run bbe bench CLIP --model bbe-mnv2 --input-size 641 --compare yolo11n-seg-640x480.onnx

The time of a network depends on its shape and not on its weights, so none are downloaded.
Ultralytics (AGPL-3.0) is called here and belongs to no part of the program: it lives in the
environment that the first command makes and throws away. The file is its own ONNX export
for ONNX Runtime: batch norm folded, fixed size, boxes decoded, without NMS and without
putting the masks together from prototypes. These come on top of what `bbe bench` times,
as grouping does for ours.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import tempfile
from pathlib import Path

NETWORK = "yolo11n-seg"
STRIDE_PX = 32


def write_network(path: Path, size_hw: tuple[int, int]) -> None:
    """Build the network, fold it and write it to `path`; size_hw: multiples of 32."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        # Read when the package is imported: no network, no pip, no settings left behind.
        os.environ.update(YOLO_OFFLINE="1", YOLO_AUTOINSTALL="0", YOLO_CONFIG_DIR=folder)
        import torch
        from ultralytics import YOLO

        torch.manual_seed(0)
        written = YOLO(f"{NETWORK}.yaml").export(format="onnx", imgsz=list(size_hw), device="cpu")
        shutil.move(written, path)


def _side(text: str) -> int:
    side = int(text)
    if side <= 0 or side % STRIDE_PX:
        raise argparse.ArgumentTypeError(f"{side} is not a multiple of {STRIDE_PX}")
    return side


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("output", type=Path)
    parser.add_argument("--width", type=_side, default=640, help="pixels, a multiple of 32")
    parser.add_argument("--height", type=_side, default=480, help="pixels, a multiple of 32")
    options = parser.parse_args()
    write_network(options.output.resolve(), (options.height, options.width))
    size_mb = options.output.stat().st_size / 1e6
    print(f"{options.output}: {NETWORK}, {options.width}×{options.height}, {size_mb:.1f} MB")


if __name__ == "__main__":
    main()
