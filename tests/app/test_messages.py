"""Every failure shows what happened and what to do, and the window stays usable."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest

from app.acting.notices import fallback_title
from engine.board import Phase
from engine.config import Provider
from engine.errors import (
    ModelHashMismatch,
    ModelNotFound,
    ModelNotOnnx,
    RuntimeUnavailable,
    SourceBusy,
    SourceLost,
    SourceNotFound,
    SourceUnreadable,
)
from engine.predictor import ProviderReport
from tests.app.gui import (
    STRICT,
    Film,
    HoledFilm,
    TellingPredictor,
    TornFilm,
    click,
    only_file,
    phase,
    raising,
    shown_index,
    shown_text,
    walk,
)  # fmt: skip

pytestmark = STRICT

ERRORS = [
    SourceNotFound("There is no film.mp4.", "Choose another file."),
    SourceBusy("HD Webcam is used by another program.", "Close that program."),
    SourceUnreadable("film.mp4 is not a video.", "Convert it first."),
    SourceLost("The stream broke off.", "Look at the network."),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_a_source_that_fails_says_so_and_can_be_retried(open_window, qtbot, scene, error):
    scene.open_source = raising(error)
    window = open_window(0)
    banner = window.stage.banner
    qtbot.waitUntil(banner.isVisible)
    assert error.message in banner.text
    assert error.hint in banner.text
    assert [button.text() for button in banner.buttons] == ["Retry", "Choose file…"]
    assert window.stage.empty.isVisible()
    scene.open_source = lambda _r: Film(walk(60))
    click(banner.buttons[0])
    assert not banner.isVisible()
    qtbot.waitUntil(lambda: shown_index(window) >= 0)


@pytest.mark.parametrize("loop", [False, True])
def test_a_film_that_breaks_off_says_so_once_and_stays_usable(open_window, qtbot, scene, loop):
    scene.open_source = lambda _r: TornFilm(walk(20))
    window = open_window("film.mp4", loop=loop)
    banner = window.stage.banner
    qtbot.waitUntil(banner.isVisible)
    assert banner.text == "The film breaks off. Copy it again."
    assert [button.text() for button in banner.buttons] == ["Retry", "Choose file…"]
    banner.dismiss()
    if not loop:
        qtbot.waitUntil(lambda: phase(window) is Phase.ENDED)
        window.player.step(-3)
        qtbot.waitUntil(lambda: shown_index(window) == 16)
    assert not banner.isVisible()


def test_a_missing_file_gets_a_hint_for_the_window(open_window, qtbot, scene):
    scene.open_source = raising(SourceNotFound("There is no film.mp4.", "Give a camera (0, 1)…"))
    window = open_window("film.mp4")
    qtbot.waitUntil(window.stage.banner.isVisible)
    assert "Give a camera" not in window.stage.banner.text
    assert "moved" in window.stage.banner.text


def test_the_start_page_fits_below_a_message_in_the_smallest_window(open_window, qtbot, scene):
    scene.open_source = raising(ERRORS[0])
    window = open_window("film.mp4")
    stage = window.stage
    qtbot.waitUntil(stage.banner.isVisible)
    window.resize(1280, 800)
    qtbot.waitUntil(lambda: stage.empty.size() == stage.empty.maximumSize())
    window.resize(window.minimumSize())
    qtbot.waitUntil(lambda: stage.view.rect().contains(stage.empty.geometry()))
    qtbot.waitUntil(lambda: stage.empty.geometry().top() > stage.banner.geometry().bottom())
    for button in (stage.empty.camera_button, stage.empty.demo_button):
        assert stage.empty.rect().contains(button.geometry())


def test_a_folder_without_pictures_is_not_called_missing(open_window, qtbot, scene, tmp_path):
    scene.open_source = raising(SourceNotFound("There are no pictures in it.", "Such as JPEG."))
    window = open_window(tmp_path)
    qtbot.waitUntil(window.stage.banner.isVisible)
    assert "Such as JPEG." in window.stage.banner.text
    assert "moved" not in window.stage.banner.text


def test_no_camera_offers_other_ways(open_window, qtbot, scene):
    window = open_window()
    click(window.stage.empty.camera_button)
    banner = window.stage.banner
    qtbot.waitUntil(banner.isVisible)
    assert "No camera" in banner.text
    click(banner.buttons[2])
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    assert scene.requests[0].spec == "demo"


@pytest.mark.parametrize(
    "error",
    [ModelNotFound("There is no model x."), ModelHashMismatch("x is damaged.", "Reinstall."),
     RuntimeUnavailable("ONNX Runtime is missing.", "Install it.")],
    ids=lambda error: type(error).__name__,
)  # fmt: skip
def test_a_network_that_cannot_be_had_offers_the_default(open_window, qtbot, scene, error):
    good = scene.open_predictor
    scene.open_predictor = raising(error)
    window = open_window("film.mp4")
    qtbot.waitUntil(window.stage.banner.isVisible)
    assert error.message in window.stage.banner.text
    scene.open_predictor = good
    click(window.stage.banner.buttons[0])
    qtbot.waitUntil(lambda: shown_index(window) >= 0)


def test_a_network_that_cannot_be_had_is_not_asked_for_again(open_window, qtbot, scene, tmp_path):
    window = open_window("film.mp4")
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    good, error = scene.open_predictor, ModelNotOnnx("broken.onnx is no network.", "Choose one.")
    scene.open_predictor = lambda r: raising(error)(r) if "broken" in r.model else good(r)
    window.sources.open_path(tmp_path / "broken.onnx")
    qtbot.waitUntil(window.stage.banner.isVisible)
    assert "The last one goes on." in window.stage.banner.text
    assert window.player.runtime.model == ""
    assert window.panel.model.model.currentData() == ""
    window.sources.open_path(tmp_path / "next.mp4")
    qtbot.waitUntil(lambda: len(scene.requests) == 2 and shown_index(window) >= 0)
    assert not window.stage.banner.isVisible()


def test_a_fallback_tells_the_truth_with_reason_and_fix(open_window, qtbot, scene):
    report = ProviderReport("cuda", "CPU", reason="libcudnn is missing.", fix="Install cuDNN 9.")
    scene.open_predictor = lambda _r: TellingPredictor(report)
    window = open_window("film.mp4")
    qtbot.waitUntil(window.stage.banner.isVisible)
    text = window.stage.banner.text
    assert "CPU" in text
    assert "CUDA" in text
    assert "libcudnn is missing." in text
    assert "Install cuDNN 9." in text
    assert "libcudnn is missing." in shown_text(window.panel.model)
    assert window.header.provider.text().startswith("CPU")
    assert window.header.provider.property("fell_back") is True


def test_staying_with_what_runs_asks_for_it_from_now_on(open_window, qtbot, scene):
    report = ProviderReport("tensorrt", "CUDA", reason="TensorRT cannot be loaded.")
    scene.open_predictor = lambda _r: TellingPredictor(report)
    window = open_window("film.mp4")
    qtbot.waitUntil(window.stage.banner.isVisible)
    assert [button.text() for button in window.stage.banner.buttons] == ["Stay with CUDA"]
    scene.open_predictor = lambda _r: TellingPredictor(ProviderReport("cuda", "CUDA"))
    click(window.stage.banner.buttons[0])
    assert window.player.runtime.provider is Provider.CUDA
    qtbot.waitUntil(lambda: "Runs on CUDA, float32." in shown_text(window.panel.model).split("\n"))


def test_what_is_made_ready_meanwhile_is_shown_and_no_alarm(open_window, qtbot, scene):
    report = ProviderReport("tensorrt", "CUDA", preparing="TensorRT builds its engine (1:05).")
    scene.open_predictor = lambda _r: TellingPredictor(report)
    window = open_window("film.mp4")
    expected = "Runs on CUDA, float32. TensorRT builds its engine (1:05)."
    qtbot.waitUntil(lambda: expected in shown_text(window.panel.model).split("\n"))
    assert report.preparing in window.header.provider.toolTip()
    assert window.header.provider.property("fell_back") is False
    assert not window.stage.banner.isVisible()


@pytest.mark.parametrize(
    ("requested", "actual", "title"),
    [
        ("cuda", "CPU", "The network runs on CPU, not on NVIDIA GPU (CUDA)."),
        ("auto", "CPU", "The network runs on CPU."),
        ("cuda", "CUDA", "The network runs on CUDA, but not all is as asked for."),
        ("auto", "CUDA", "The network runs on CUDA, but not all is as asked for."),
    ],
)
def test_a_fallback_names_what_runs_where(requested, actual, title):
    assert fallback_title(ProviderReport(requested, actual, reason="So it is.")) == title


def test_an_address_without_a_scheme_is_refused_in_place(open_window, qtbot, scene):
    window = open_window()
    window.choosing.ask_address()
    card = window.stage.address
    qtbot.keyClicks(card.line, "camera.local")
    card.line.returnPressed.emit()
    assert card.isVisible()
    assert not scene.requests
    card.line.setText("rtsp://camera.local/1")
    card.line.returnPressed.emit()
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    assert scene.requests[0].spec == "rtsp://camera.local/1"


def test_an_address_that_cannot_be_opened_is_changed_and_not_typed_again(open_window, qtbot, scene):
    scene.open_source = raising(SourceNotFound("rtsp://door/strem cannot be opened.", "Check it."))
    window = open_window("rtsp://door/strem")
    banner = window.stage.banner
    qtbot.waitUntil(banner.isVisible)
    assert [button.text() for button in banner.buttons] == ["Retry", "Change address…"]
    click(banner.buttons[1])
    assert window.stage.address.isVisible()
    assert window.stage.address.line.text() == "rtsp://door/strem"


def test_the_window_tells_no_secret_of_an_address_nor_names_a_file_after_one(
    open_window, qtbot, tmp_path
):
    window = open_window("rtsp://me:secret@door?token=secret")
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    assert window.windowTitle() == "rtsp://door – BBE Live"
    assert "secret" not in shown_text(window.header) + window.header.source.toolTip()
    QTest.keyClick(window, Qt.Key.Key_S)
    qtbot.waitUntil(lambda: "Screenshot saved" in window.stage.toast.text)
    assert only_file(tmp_path / "out", ".png").name.startswith("door ")


def test_a_hole_in_a_film_is_told_in_passing_and_once(open_window, qtbot, scene):
    def open_film(_request: object) -> HoledFilm:
        film = HoledFilm(walk(60), fps=20, start_s=0.0)
        film.hole = range(20, 40)
        return film

    scene.open_source = open_film
    window = open_window("film.mp4", loop=True)
    toast = window.stage.toast
    qtbot.waitUntil(toast.isVisible)
    assert shown_index(window) < 20
    assert toast.text == (
        "No picture can be decoded from 0:00.9 to 0:02.0. "
        "The film is damaged there and goes on after it."
    )
    assert toast.closes_by_itself
    toast.dismiss()
    qtbot.waitUntil(lambda: shown_index(window) > 45)
    qtbot.waitUntil(lambda: 0 <= shown_index(window) < 19)
    qtbot.waitUntil(lambda: shown_index(window) > 45)
    assert not toast.isVisible()


def test_the_message_of_a_hole_goes_with_its_film(open_window, qtbot, scene):
    film = HoledFilm(walk(60), fps=20)
    film.hole = range(5, 40)
    scene.open_source = lambda _r: film
    window = open_window("film.mp4")
    qtbot.waitUntil(window.stage.toast.isVisible)
    scene.open_source = lambda _r: Film(walk(60))
    window.sources.open_demo()
    assert not window.stage.toast.isVisible()
