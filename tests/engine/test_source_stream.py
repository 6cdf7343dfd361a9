"""Addresses: a real server on this computer that serves, stalls, refuses and hangs up."""

from __future__ import annotations

import itertools
import socket
import threading
import traceback
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import av.error
import cv2
import numpy as np
import pytest
from av.container import InputContainer
from av.video.stream import VideoStream

from engine.errors import SourceError, SourceLost, SourceNotFound, SourceUnreadable
from engine.source import Source, SourceOptions, open_source, pts_index, video_file
from engine.source.address import name_of_url
from engine.types import Frame
from tests.engine.clips import number_of, numbered_image, write_clip

PATIENCE = SourceOptions(open_timeout_s=60.0)
SOME_PATIENCE = SourceOptions(open_timeout_s=3.0)
"""For a server that answers at first: also a machine that is starved has to hear that."""

IMPATIENCE = SourceOptions(open_timeout_s=0.5)


PLAYLIST = """#EXTM3U
#EXT-X-TARGETDURATION:{0}
#EXT-X-PLAYLIST-TYPE:VOD
#EXTINF:{0},
part.ts
#EXT-X-ENDLIST
"""


class Handler(BaseHTTPRequestHandler):
    """/clip.mp4 with ranges, /whole.mp4 without, /film.m3u8?seconds as long as it says, /live
    endless pictures, /stall the same then silence, errors."""

    clip = part = whole = b""
    released: threading.Event

    def do_GET(self) -> None:
        match self.path.partition("?")[0]:
            case "/clip.mp4":
                self._send_range()
            case "/whole.mp4":
                self._send(200, self.whole)
            case "/film.m3u8":
                self._send(200, PLAYLIST.format(self.path.partition("?")[2]).encode())
            case "/part.ts":
                self._send(200, self.part)
            case "/live":
                self._send_pictures(20)
            case "/stall":
                self._send_pictures(20)
                self.released.wait(30)
            case "/text":
                self._send(200, b"hello there\n" * 100)
            case "/secret":
                self._send(401, b"")
            case _:
                self._send(404, b"")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _send_range(self) -> None:
        start = int(self.headers.get("Range", "bytes=0-").split("=")[1].split("-")[0])
        body = self.clip[start:]
        self.send_response(206)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Range", f"bytes {start}-{len(self.clip) - 1}/{len(self.clip)}")
        self.end_headers()
        self.wfile.write(body)

    def _send_pictures(self, count: int) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        for number in range(count):
            jpeg = cv2.imencode(".jpg", numbered_image(number))[1].tobytes()
            head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
            self.wfile.write(head.encode() + jpeg + b"\r\n")


def drain(source: Source, frames: list[Frame]) -> None:
    """Read until there is nothing more, keeping the frames even when that raises."""
    frames.extend(iter(source.read, None))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Host and port of a server that runs for the tests of this file."""
    folder = tmp_path_factory.mktemp("served")
    clip, part = write_clip(folder / "clip.mp4"), write_clip(folder / "part.ts")
    noise = list(np.random.default_rng(0).integers(0, 256, (40, 64, 160, 3), np.uint8))
    whole = write_clip(folder / "whole.mp4", images=noise)  # more than libav keeps to go back
    released = threading.Event()
    files = {"clip": clip.read_bytes(), "part": part.read_bytes(), "whole": whole.read_bytes()}
    handler = type("H", (Handler,), {**files, "released": released})
    web = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    web.handle_error = lambda *_: None  # type: ignore[method-assign]  # clients hang up
    thread = threading.Thread(target=web.serve_forever, args=(0.05,))
    thread.start()
    yield f"127.0.0.1:{web.server_port}"
    released.set()
    web.shutdown()
    thread.join()
    web.server_close()


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_a_file_behind_an_address_is_a_file(server: str) -> None:
    source = open_source(f"http://{server}/clip.mp4", PATIENCE)
    assert not source.info.live
    assert source.info.seekable
    assert source.info.frame_count == 40
    source.seek(20 / 30)
    frame = source.read()
    assert frame is not None
    assert (frame.index, number_of(frame.image_bgr)) == (20, 20)
    source.close()


def test_a_film_from_the_net_is_not_fetched_before_it_is_shown_nor_to_begin_again(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(video_file, "build_pts_index", lambda *_: pytest.fail("all was read"))
    source = open_source(f"http://{server}/clip.mp4", PATIENCE)
    assert sum(1 for _ in iter(source.read, None)) == 40
    source.seek(source.info.start_s)
    frame = source.read()
    assert frame is not None
    assert (frame.index, number_of(frame.image_bgr)) == (0, 0)
    source.close()


@pytest.mark.parametrize(("seconds", "seekable"), [(2, True), (7200, False)])
def test_a_long_film_in_many_files_is_not_all_fetched_to_be_searched(
    server: str, seconds: int, seekable: bool
) -> None:
    source = open_source(f"http://{server}/film.m3u8?{seconds}", PATIENCE)
    assert not source.info.live
    assert source.info.duration_s == pytest.approx(seconds)
    assert source.info.seekable is seekable
    source.close()


def test_a_film_from_the_net_that_is_lost_while_it_is_searched_is_told_so(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else all that follows would have one number, and be written once."""

    def stop_midway(container: InputContainer, stream: VideoStream) -> Iterator[object]:
        yield from itertools.islice(container.demux(stream), 5)
        raise av.error.ExitError(1, "Immediate exit requested")

    source = open_source(f"http://{server}/clip.mp4", PATIENCE)
    monkeypatch.setattr(pts_index, "packets_of", stop_midway)
    with pytest.raises(SourceLost, match="no answer in time"):
        source.seek(1.0)
    source.close()


def test_a_file_too_large_to_index_over_the_network_plays_but_is_not_searched(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(video_file, "EAGER_INDEX_BYTES", 1000)
    source = open_source(f"http://{server}/clip.mp4", PATIENCE)
    assert not source.info.seekable
    assert source.info.duration_s == pytest.approx(40 / 30, abs=0.05)
    with pytest.raises(SourceError):
        source.seek(0.5)
    assert sum(1 for _ in iter(source.read, None)) == 40
    source.close()


def test_an_index_at_the_end_behind_a_server_of_whole_files_is_told(server: str) -> None:
    with pytest.raises(SourceUnreadable, match="index lies at its end") as raised:
        open_source(f"http://{server}/whole.mp4", PATIENCE)
    assert raised.value.hint == "Download it first."


def test_pictures_without_an_end_are_live_and_their_end_is_a_loss(server: str) -> None:
    source = open_source(f"http://{server}/live", PATIENCE)
    assert source.info.live
    assert not source.info.seekable
    frames: list[Frame] = []
    with pytest.raises(SourceLost):
        drain(source, frames)
    assert [number_of(frame.image_bgr) for frame in frames] == list(range(len(frames)))
    assert len(frames) >= 19  # the last picture has no successor that would end it
    assert [f.time_s for f in frames] == sorted(f.time_s for f in frames)
    with pytest.raises(SourceLost):
        source.read()
    with pytest.raises(SourceError):
        source.seek(0.0)
    source.close()
    source.close()
    assert source.read() is None


def test_a_server_that_falls_silent_is_lost_in_time(server: str) -> None:
    source = open_source(f"http://{server}/stall", SOME_PATIENCE)
    with pytest.raises(SourceLost, match="no answer in time"):
        drain(source, [])
    source.close()


@pytest.mark.parametrize("scheme", ["http", "rtsp"])
def test_a_silent_server_is_given_up_in_time(silent_port: int, scheme: str) -> None:
    with pytest.raises(SourceNotFound, match="no answer in time"):
        open_source(f"{scheme}://127.0.0.1:{silent_port}/x", IMPATIENCE)


@pytest.mark.parametrize(
    ("address", "error"),
    [
        (lambda server: f"http://{server}/nowhere", SourceNotFound),
        (lambda server: f"http://{server}/secret", SourceNotFound),
        (lambda server: f"http://{server}/text", SourceUnreadable),
        (lambda server: "http://127.0.0.1:1/x", SourceNotFound),
        (lambda server: "rtsp://127.0.0.1:1/x", SourceNotFound),
        (lambda server: "gopher2://127.0.0.1/x", SourceNotFound),
    ],
)
def test_what_cannot_be_opened_says_why(
    server: str, address: Callable[[str], str], error: type[SourceError]
) -> None:
    with pytest.raises(error) as caught:
        open_source(address(server), PATIENCE)
    assert caught.value.hint


def test_passwords_and_tokens_are_never_shown(server: str) -> None:
    secret = "hid" + "den"  # so that a traceback cannot quote it from this line
    for path in ("nowhere", "secret", "text", f"live?token={secret}"):
        try:
            source = open_source(f"http://ann:{secret}@{server}/{path}", PATIENCE)
        except SourceError:
            shown = traceback.format_exc()
        else:
            with pytest.raises(SourceLost) as caught:
                drain(source, [])
            shown = repr(source.info) + "".join(traceback.format_exception(caught.value))
            source.close()
        assert secret not in shown


def test_a_name_keeps_host_and_path_only() -> None:
    assert name_of_url("rtsp://u:p@cam.local:554/main?k=v#x") == "rtsp://cam.local:554/main"


def test_a_file_address_is_a_local_file(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "with space.mp4")
    assert open_source(clip.as_uri()).info.path == clip
