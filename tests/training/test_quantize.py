"""The 8-bit form of a model keeps the contract and answers alike."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs PyTorch: uv sync --extra train")

import onnx
import onnxruntime

from engine.errors import ConfigError, ModelNotFound
from engine.training.dataset import is_tune_image, read_photos
from engine.training.export import ExportOptions, export_network
from engine.training.folding import fold_batch_norm
from engine.training.quantize import QuantizeOptions, calibration_photos, quantize_model
from tests.training.conftest import Annotate, two_people, two_people_picture
from tests.training.test_network import lively_network

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    # ONNX Runtime logs that ranges of constants are degenerate.
    pytest.mark.filterwarnings("ignore::RuntimeWarning:onnxruntime"),
]


def test_the_8_bit_model_is_smaller_and_answers_alike(
    coco_folder: Annotate, tmp_path: Path
) -> None:
    pictures = [two_people_picture(seed) for seed in (1, 2, 3)]
    data = coco_folder([(p, two_people(i + 1)) for i, p in enumerate(pictures)])
    network = lively_network()
    fold_batch_norm(network)
    full = tmp_path / "full.onnx"
    export_network(network, full, ExportOptions(name="test"), 97)
    small = quantize_model(full, tmp_path / "small.onnx", data)
    assert small.stat().st_size < 0.5 * full.stat().st_size
    models = [onnx.load(path) for path in (full, small)]
    metadata = [{p.key: p.value for p in model.metadata_props} for model in models]
    assert metadata[1] == {**metadata[0], "name": "small"}
    sessions = [
        onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        for path in (full, small)
    ]
    image = two_people_picture(5, (113, 81))[None]
    wanted, found = (session.run(None, {"image": image}) for session in sessions)
    for exact, rough in zip(wanted, found, strict=True):
        assert rough.dtype == np.float32
        assert rough.shape == exact.shape
        assert np.corrcoef(exact.ravel(), rough.ravel())[0, 1] > 0.9
    assert sorted(path.name for path in tmp_path.glob("*.onnx")) == ["full.onnx", "small.onnx"]


def test_ranges_are_measured_on_training_photos_with_people(coco_folder: Annotate) -> None:
    pictures = [(two_people_picture(1), two_people(1) if i % 2 else []) for i in range(60)]
    photos = read_photos(coco_folder(pictures))
    assert any(is_tune_image(p.image_id) and p.people for p in photos)
    chosen = calibration_photos(photos, 10)
    assert len(chosen) == len({p.image_id for p in chosen}) == 10
    assert all(p.people and not is_tune_image(p.image_id) for p in chosen)
    assert len(calibration_photos(photos, 1000)) < 30


def test_a_missing_model_or_no_photo_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound):
        quantize_model(tmp_path / "none.onnx", tmp_path / "small.onnx", tmp_path)
    with pytest.raises(ConfigError, match="no photo"):
        QuantizeOptions(photos=0)
