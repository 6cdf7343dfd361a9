"""Cut-out people: opaque where they are, transparent elsewhere, in every kind of file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from av.codec.context import CodecContext
from av.video.codeccontext import VideoCodecContext

from engine.config import PersonEffect, PersonStyle, RenderOptions
from engine.errors import SinkError
from engine.render import render
from engine.sink.alpha import AlphaRecorder, CutoutPngSink, cut_out_shown
from engine.types import UInt8Array
from tests.engine.sink_cases import LOSSLESS, ORANGE_BGR, make_result, make_results, write_all

INSIDE_FIRST, INSIDE_SECOND, OUTSIDE = (16, 6), (16, 14), (40, 40)
"""Row and column of pixels of `make_result`."""


def read_bgra(path: Path) -> UInt8Array:
    """The first frame with its transparency, which FFmpeg's own VP9 decoder leaves out."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        if stream.codec_context.name != "vp9":
            frame = next(container.decode(stream))
        else:
            decoder = CodecContext.create("libvpx-vp9", "r")
            assert isinstance(decoder, VideoCodecContext)
            frame = next(f for packet in container.demux(stream) for f in decoder.decode(packet))
    rgba = frame.to_ndarray(format="rgba")
    return np.ascontiguousarray(rgba[..., [2, 1, 0, 3]], np.uint8)


@pytest.mark.parametrize(
    ("suffix", "codec"), [(".mov", "prores_ks"), (".webm", "libvpx-vp9")], ids=str
)
def test_videos_carry_transparency(suffix: str, codec: str, tmp_path: Path) -> None:
    path = tmp_path / f"people{suffix}"
    recorder = AlphaRecorder(path, options=LOSSLESS)
    write_all(recorder, make_results([0.0, 0.1, 0.2]))
    assert recorder.codec_name == codec
    picture = read_bgra(path)
    assert picture[INSIDE_FIRST][3] > 250
    assert picture[INSIDE_SECOND][3] > 250
    assert picture[OUTSIDE][3] < 5
    assert picture[INSIDE_FIRST][:3] == pytest.approx(ORANGE_BGR, abs=6)


def test_one_identity_can_be_recorded_alone(tmp_path: Path) -> None:
    path = tmp_path / "seven.mov"
    write_all(AlphaRecorder(path, track_id=7, options=LOSSLESS), make_results([0.0, 0.1]))
    picture = read_bgra(path)
    assert picture[INSIDE_FIRST][3] < 5
    assert picture[INSIDE_SECOND][3] > 250


def test_who_is_hidden_or_blurred_is_so_in_a_cut_out(tmp_path: Path) -> None:
    hide, blur = PersonStyle(PersonEffect.HIDE), PersonStyle(PersonEffect.BLUR)
    result = make_result(0, 0.0, track_ids=(3, 7))
    for styles, alpha in (({3: hide}, (0, 255)), ({3: blur}, (255, 255)), ({}, (255, 255))):
        options = RenderOptions(styles=styles)
        rendered = replace(result, image_bgr=render(result.frame, result.instances, options))
        picture = cut_out_shown(rendered, options)
        assert (picture[INSIDE_FIRST][3], picture[INSIDE_SECOND][3]) == alpha
        assert picture[INSIDE_SECOND][:3].tolist() == result.frame.image_bgr[INSIDE_SECOND].tolist()
        if styles == {3: blur}:
            assert np.array_equal(picture[INSIDE_FIRST][:3], rendered.image_bgr[INSIDE_FIRST])


def test_mp4_cannot_carry_transparency(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match=r"\.mp4.*\.mov, \.webm"):
        AlphaRecorder(tmp_path / "a.mp4")


def test_every_identity_has_a_folder_of_its_own(tmp_path: Path) -> None:
    results = [make_result(0, 0.0, track_ids=(3, 7)), make_result(1, 0.1, track_ids=(7,))]
    write_all(CutoutPngSink(tmp_path), results)
    written = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.png"))
    assert written == [
        str(Path("person 3/000000.png")),
        str(Path("person 7/000000.png")),
        str(Path("person 7/000001.png")),
    ]
    picture = cv2.imread(str(tmp_path / "person 3/000000.png"), cv2.IMREAD_UNCHANGED)
    assert picture is not None
    assert picture.shape == (48, 64, 4)
    assert picture[INSIDE_FIRST].tolist() == [*ORANGE_BGR, 255]
    assert picture[INSIDE_SECOND][3] == 0
    assert picture[OUTSIDE].tolist() == [0, 0, 0, 0]  # the background is gone, not just hidden


def test_untracked_people_are_numbered(tmp_path: Path) -> None:
    write_all(CutoutPngSink(tmp_path), [make_result(0, 0.0, track_ids=(-1, -1))])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["person 1", "person 2"]
