"""`bbe demo` without a display, and the guards before a window is opened."""

from __future__ import annotations

import threading
from contextlib import nullcontext
from pathlib import Path

import cv2
import pytest

from app.basics import display
from app.basics.qt_check import install_hint
from app.cli.console import EXIT_INTERRUPTED
from app.held.launch import WindowLaunch
from engine.config import AdaptiveOptions
from engine.styles import NewPeople
from tests.app.cli_cases import DISPLAY_VARIABLES, frame_count, run_bbe, tiny_model


def test_the_demo_without_a_display_says_so_and_leaves_a_video_and_a_still(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("app.cli.demo.DEFAULT_SECONDS", 0.2)
    monkeypatch.setattr("app.cli.demo.window_problem", lambda: "No display: none is set.")
    for _ in range(2):  # its own files are replaced without asking
        result = run_bbe(tmp_path, "demo", "--model", tiny_model(tmp_path))
        assert result.exit_code == 0, result.stderr
    assert "No display: none is set. Running headless instead." in result.stderr
    assert frame_count(tmp_path / "bbe-demo.mp4") == 6
    assert cv2.imread(str(tmp_path / "bbe-demo.png")).shape == (720, 1280, 3)
    for figure in ("people per frame", "frames per second", "network, ms per frame"):
        assert figure in result.stdout


def test_a_demo_stopped_before_its_first_frame_names_no_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = threading.Event()
    stop.set()
    monkeypatch.setattr("app.cli.demo.stop_on_interrupt", lambda: nullcontext(stop))
    out = tmp_path / "people.mp4"
    result = run_bbe(tmp_path, "demo", "-o", out, "--model", tiny_model(tmp_path))
    assert result.exit_code == EXIT_INTERRUPTED
    assert "nothing was written" in result.stderr
    assert "Written" not in result.stdout
    assert not out.exists()


def test_a_video_that_was_named_is_not_replaced(tmp_path: Path) -> None:
    out = tmp_path / "mine.mp4"
    out.write_bytes(b"precious")
    result = run_bbe(tmp_path, "demo", "--headless", "-o", out)
    assert result.exit_code == 1
    assert out.read_bytes() == b"precious"


@pytest.mark.parametrize(
    ("name", "told"), [("people.avi", "ending in .avi"), ("people", "without an ending")]
)
def test_a_video_of_another_kind_is_refused_before_the_model_is_opened(
    name: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.cli.demo.open_reported", lambda _: pytest.fail("it went on"))
    result = run_bbe(tmp_path, "demo", "-o", tmp_path / name)
    assert result.exit_code == 1
    assert told in result.stderr


def test_the_demo_runs_on_the_real_model(tmp_path: Path) -> None:
    out = tmp_path / "demo.mp4"
    result = run_bbe(tmp_path, "demo", "--frames", "3", "-o", out)
    assert result.exit_code == 0, result.stderr
    assert frame_count(out) == 3
    people = next(line for line in result.stdout.splitlines() if "people per frame" in line)
    assert float(people.split()[-1]) >= 1.0


def test_with_a_display_the_window_opens_on_the_demo_scene(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[WindowLaunch] = []
    monkeypatch.setattr("app.cli.demo.window_problem", lambda: None)
    monkeypatch.setattr("app.cli.demo.open_window", _leaving(opened))
    assert run_bbe(tmp_path, "demo").exit_code == 0
    assert opened == [WindowLaunch("demo")]


@pytest.mark.parametrize("command", ["", "live 0", "play {file}"])
def test_without_a_display_a_window_is_refused_in_one_line(command: str, tmp_path: Path) -> None:
    if not display.sys.platform.startswith("linux"):
        pytest.skip("other systems always have a display")
    file = tmp_path / "clip.mp4"
    file.touch()
    result = run_bbe(tmp_path, *command.format(file=file).split())
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: No display")
    assert result.stderr.count("\n") == 1


def test_camera_options_reach_the_window(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[WindowLaunch] = []
    monkeypatch.setattr("app.cli.live.open_window", _leaving(opened))
    record = tmp_path / "today.mp4"
    result = run_bbe(tmp_path, "live", "1", "--size", "1920x1080", "--record", record, "--mirror")
    assert result.exit_code == 0, result.stderr
    expected = WindowLaunch(1, None, record=record, camera_size="1920x1080", mirror=True)
    assert opened == [expected]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), None),
        (("--keep-fps", "12.5"), AdaptiveOptions(fps=12.5)),
        (("--keep-fps", "0"), AdaptiveOptions(enabled=False)),
    ],
)
def test_the_frame_rate_to_keep_up_with_reaches_the_window(
    words: tuple[str, ...],
    expected: AdaptiveOptions | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened: list[WindowLaunch] = []
    monkeypatch.setattr("app.cli.live.open_window", _leaving(opened))
    monkeypatch.setattr("app.cli.window.open_window", _leaving(opened))
    clip = tmp_path / "clip.mp4"
    clip.touch()
    for command in (("live", "0"), ("play", clip)):
        result = run_bbe(tmp_path, *command, *words)
        assert result.exit_code == 0, result.stderr
    assert [launch.adaptive for launch in opened] == [expected, expected]


def test_what_is_done_with_new_people_reaches_the_window(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[WindowLaunch] = []
    monkeypatch.setattr("app.cli.live.open_window", _leaving(opened))
    monkeypatch.setattr("app.cli.window.open_window", _leaving(opened))
    clip = tmp_path / "clip.mp4"
    clip.touch()
    for command in (("live", "0", "--new-people", "hide"), ("play", clip, "--new-people", "blur")):
        result = run_bbe(tmp_path, *command)
        assert result.exit_code == 0, result.stderr
    assert run_bbe(tmp_path, "live", "0").exit_code == 0
    assert [launch.new_people for launch in opened] == [NewPeople.HIDE, NewPeople.BLUR, None]


@pytest.mark.parametrize("fps", ["-3", "0.5", "241", "nan"])
def test_a_frame_rate_that_makes_no_sense_is_refused(tmp_path: Path, fps: str) -> None:
    result = run_bbe(tmp_path, "live", "0", "--keep-fps", fps)
    assert result.exit_code == 2
    assert "between 1 and 240, nor is it 0" in _unwrapped(result.stderr)


def test_the_help_tells_which_frame_rates_can_be_kept(tmp_path: Path) -> None:
    for command in ("live", "play"):
        told = _unwrapped(run_bbe(tmp_path, command, "--help").stdout)
        assert "0<=x<=240" not in told
        assert "1 to 240" in told


def _unwrapped(text: str) -> str:
    return " ".join(text.replace("│", " ").split())


def test_a_camera_is_an_index_or_a_name_and_never_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[WindowLaunch] = []
    monkeypatch.setattr("app.cli.live.open_window", _leaving(opened))
    for camera in ("0", "HD Webcam", "rtsp://host/stream"):
        run_bbe(tmp_path, "live", camera)
    assert [launch.source for launch in opened] == [0, "camera:HD Webcam", "rtsp://host/stream"]


def test_playing_a_file_that_is_not_there_is_said_at_once(tmp_path: Path) -> None:
    result = run_bbe(tmp_path, "play", tmp_path / "nothing.mp4")
    assert result.exit_code == 1
    assert "nothing.mp4" in result.stderr


@pytest.mark.parametrize("name", ["old.mp4", "new.txt", "no folder/new.mp4"])
def test_a_recording_that_cannot_be_made_is_refused_before_the_window_opens(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[WindowLaunch] = []
    monkeypatch.setattr("app.cli.live.open_window", _leaving(opened))
    (tmp_path / "old.mp4").write_bytes(b"precious")
    result = run_bbe(tmp_path, "live", "0", "--record", tmp_path / name)
    assert result.exit_code == 1
    assert opened == []
    assert (tmp_path / "old.mp4").read_bytes() == b"precious"


class TestDisplay:
    @pytest.fixture(autouse=True)
    def on_linux_without_a_display(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("app.basics.display.sys.platform", "linux")
        for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
            monkeypatch.delenv(name, raising=False)

    def test_none_is_set(self) -> None:
        assert "neither DISPLAY nor WAYLAND_DISPLAY" in (display.display_problem() or "")

    def test_one_is_set_that_does_not_answer(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
        monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-9")
        assert "wayland-9 is set but" in (display.display_problem() or "")

    def test_qt_without_a_display_server_needs_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
        assert display.display_problem() is None

    def test_other_systems_always_have_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("app.basics.display.sys.platform", "darwin")
        assert display.display_problem() is None

    def test_a_missing_library_names_its_package(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        library = tmp_path / "Qt6" / "lib" / "libQt6Gui.so.6"
        library.parent.mkdir(parents=True)
        library.touch()
        monkeypatch.setattr("app.basics.display.qt_root", lambda: tmp_path)

        def load(_path: str) -> None:
            raise OSError("libEGL.so.1: cannot open shared object file: No such file or directory")

        monkeypatch.setattr("app.basics.display.ctypes.CDLL", load)
        assert "apt install libegl1" in (display.qt_problem() or "")

    def test_all_missing_libraries_are_told_at_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def load(_path: str) -> None:
            raise OSError("libxcb-icccm.so.4: cannot open shared object file")

        missing = ("libxcb-icccm.so.4", "libxcb-keysyms.so.1")
        monkeypatch.setattr("app.basics.display.missing_qt_libraries", lambda: missing)
        monkeypatch.setattr("app.basics.display.ctypes.CDLL", load)
        monkeypatch.setattr(
            "app.basics.display._needed_libraries", lambda _root: [Path("libqxcb.so")]
        )
        problem = display.qt_problem() or ""
        assert "libxcb-icccm.so.4 and libxcb-keysyms.so.1" in problem
        assert "apt install libxcb-icccm4 libxcb-keysyms1`" in problem

    @pytest.mark.parametrize(
        ("variable", "missing"),
        [
            ("", ()),
            ("WAYLAND_DISPLAY", ("libwayland-cursor.so.0",)),
            ("DISPLAY", ("libxcb-cursor.so.0",)),
        ],
    )
    def test_only_the_libraries_of_the_display_that_is_there_are_missed(
        self,
        variable: str,
        missing: tuple[str, ...],
        monkeypatch: pytest.MonkeyPatch,
        tmp_path: Path,
    ) -> None:
        needs = {"libqwayland.so": "libwayland-cursor.so.0", "libqxcb.so": "libxcb-cursor.so.0"}
        plugins = tmp_path / "Qt6" / "plugins" / "platforms"
        plugins.mkdir(parents=True)
        for name in needs:
            (plugins / name).touch()
        monkeypatch.setattr("app.basics.display.qt_root", lambda: tmp_path)
        monkeypatch.setattr(
            "app.basics.display._ldd", lambda path: f"\t{needs[path.name]} => not found"
        )
        for name in DISPLAY_VARIABLES:
            monkeypatch.delenv(name, raising=False)
        if variable:
            monkeypatch.setenv(variable, "one")
        assert display.missing_qt_libraries() == missing
        package = missing[0].replace(".so.0", "0") if missing else ""
        assert f"apt install {package}`" in install_hint(missing)

    def test_without_pyqt6_it_says_how_to_install_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("app.basics.display.qt_root", lambda: None)
        assert "uv sync" in (display.qt_problem() or "")


def _leaving(opened: list[WindowLaunch]):  # type: ignore[no-untyped-def]
    """A window that is closed at once."""
    import typer

    def open_window(launch: WindowLaunch) -> None:
        opened.append(launch)
        raise typer.Exit(0)

    return open_window
