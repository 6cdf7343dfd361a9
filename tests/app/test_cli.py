"""What all commands have in common: help, errors, exit codes, logs, no Qt where none is needed."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from app.cli.logs import start_logging, stop_logging
from engine.errors import RuntimeUnavailable, SourceBusy
from tests.app.cli_cases import kept_launches, run_bbe, start_bbe, tiny_model
from tests.engine.clips import write_clip

COMMANDS = [
    "demo",
    "live",
    "play",
    "segment",
    "cameras",
    "models",
    "doctor",
    "bench",
    "train",
    "eval",
]

NO_QT = """
import importlib.abc
class NoQt(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "PyQt6":
            raise ImportError(f"{name} was imported on a headless path")
sys.meta_path.insert(0, NoQt())
"""


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_every_command_has_help_with_examples(command: str, tmp_path: Path) -> None:
    result = run_bbe(tmp_path, *command.split(), "--help")
    assert result.exit_code == 0
    assert "Examples:" in result.output or command == "eval"
    assert "\x1b" not in result.output


def test_help_shows_what_stands_in_brackets_and_sets_examples_apart(tmp_path: Path) -> None:
    """Help is markup: words in brackets vanish, and examples lose their place."""
    help_text = run_bbe(tmp_path, "demo", "--help").output.replace("│", " ")
    assert "bbe-demo.mp4 without this" in " ".join(help_text.split())
    for command in ("live", "play", "cameras", "models"):
        assert f"\n     bbe {command}" in run_bbe(tmp_path, command, "--help").output
    assert "--record      -r" in run_bbe(tmp_path, "play", "--help").output


def test_the_version_is_printed(tmp_path: Path) -> None:
    result = run_bbe(tmp_path, "--version")
    assert result.exit_code == 0
    assert result.output.startswith("bbe ")


@pytest.mark.parametrize("closed", ["stdout", "stderr"])
def test_commands_work_where_nobody_listens(closed: str, tmp_path: Path) -> None:
    """As with `>&-`, or under programs that start others without a console."""
    process = start_bbe(tmp_path, "models", prelude=f"sys.{closed} = None")
    printed, complained = process.communicate(timeout=60)
    assert process.returncode == 0, complained
    assert ("bbe-mnv2" in printed) == (closed == "stderr")


@pytest.mark.parametrize(
    "args",
    [
        "live synthetic --seconds 3",
        "live synthetic --overwrite",
        "live synthetic --headless --record out.mp4 --fullscreen",
        "demo --frames 3 --seconds 3",
    ],
)
def test_options_of_which_one_would_not_be_heeded_are_wrong_usage(
    args: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    kept_launches(monkeypatch)
    monkeypatch.setattr("engine.gpu.open_predictor", lambda _: pytest.fail("it went on"))
    assert run_bbe(tmp_path, *args.split()).exit_code == 2


@pytest.mark.parametrize(
    "args",
    ["segment LONG -o out.mp4", "segment demo -o LONG", "play LONG", "live LONG", "bench -o LONG"],
)
def test_a_name_too_long_for_the_disk_is_called_so(args: str, tmp_path: Path) -> None:
    result = run_bbe(tmp_path, *args.replace("LONG", "long" * 100 + ".mp4").split())
    assert result.exit_code == 1
    assert "longlong… " in result.stderr
    assert "too long" in result.stderr
    assert "unexpected" not in result.stderr


@pytest.mark.parametrize("args", ["segment", "nonsense", "demo --frames x", "live --size big"])
def test_wrong_usage_is_exit_code_2(args: str, tmp_path: Path) -> None:
    result = run_bbe(tmp_path, *args.split())
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_an_engine_error_is_one_line_with_its_hint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy() -> None:
        raise SourceBusy("The camera is in use.", "Close the other program.")

    monkeypatch.setattr("engine.source.list_cameras", busy)
    result = run_bbe(tmp_path, "cameras")
    assert result.exit_code == 1
    assert result.stderr == "Error: The camera is in use. Close the other program.\n"
    assert result.stdout == ""


def test_debug_lets_the_error_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy() -> None:
        raise SourceBusy("The camera is in use.")

    monkeypatch.setattr("engine.source.list_cameras", busy)
    result = run_bbe(tmp_path, "--debug", "cameras")
    assert isinstance(result.exception, SourceBusy)


def test_an_unexpected_error_names_the_log_that_has_the_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise ZeroDivisionError("oops")

    log_file = tmp_path / "logs" / "bbe.log"
    monkeypatch.setattr("app.cli.logs.log_path", lambda: log_file)
    monkeypatch.setattr("app.cli.group.log_path", lambda: log_file)
    monkeypatch.setattr("engine.source.list_cameras", broken)
    result = run_bbe(tmp_path, "cameras")
    assert result.exit_code == 1
    assert "ZeroDivisionError: oops" in result.stderr
    assert str(log_file) in result.stderr
    assert "Traceback" not in result.stderr
    assert "Traceback" in log_file.read_text()


def loading_was_interrupted() -> None:
    try:
        raise ImportError("initialization failed") from KeyboardInterrupt()
    except ImportError as error:
        raise RuntimeUnavailable("ONNX Runtime cannot be loaded.") from error


def interrupted() -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("end", [interrupted, loading_was_interrupted])
def test_ctrl_c_in_any_command_is_exit_code_130(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: Callable[[], None]
) -> None:
    monkeypatch.setattr("engine.source.list_cameras", end)
    result = run_bbe(tmp_path, "cameras")
    assert (result.exit_code, result.stderr) == (130, "Error: Interrupted.\n")


def test_a_log_folder_that_cannot_be_written_costs_the_log_not_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setattr("app.cli.logs.log_path", lambda: tmp_path / "file" / "bbe.log")
    assert run_bbe(tmp_path, "models").exit_code == 0


def test_a_full_log_that_another_program_of_ours_has_open_goes_on_on_windows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(source: str, target: str) -> None:
        raise PermissionError(13, "The process cannot access the file", source, 32, target)

    monkeypatch.setattr("app.cli.logs.log_path", lambda: tmp_path / "bbe.log")
    monkeypatch.setattr("app.cli.logs.MAX_BYTES", 200)
    monkeypatch.setattr("os.rename", refuse)
    start_logging(0)
    try:
        for number in range(20):
            logging.getLogger("bbe").info("line %d", number)
    finally:
        stop_logging()
    assert "Traceback" not in capsys.readouterr().err
    lines = (tmp_path / "bbe.log").read_text(encoding="utf-8").splitlines()
    assert [line.rpartition(": ")[2] for line in lines] == [f"line {n}" for n in range(20)]


def test_verbose_logs_to_stderr_and_leaves_stdout_alone(tmp_path: Path) -> None:
    quiet, loud = run_bbe(tmp_path, "models"), run_bbe(tmp_path, "-vv", "models")
    assert quiet.stdout == loud.stdout


def test_a_network_that_is_still_opened_is_not_torn_down_with_the_process(tmp_path: Path) -> None:
    prelude = (
        "import atexit, time\n"
        "from engine.future import in_daemon_thread\n"
        "in_daemon_thread(lambda: time.sleep(600), lambda: None)\n"
        "atexit.register(print, 'torn down', flush=True)\n"
    )
    process = start_bbe(tmp_path, "segment", tmp_path / "no.mp4", "-o", "out.mp4", prelude=prelude)
    stdout, stderr = process.communicate(timeout=300)
    assert process.returncode == 1
    assert "no.mp4" in stderr
    assert "torn down" not in stdout


def test_headless_commands_work_where_pyqt6_cannot_be_imported(tmp_path: Path) -> None:
    clip, out = write_clip(tmp_path / "clip.mp4", range(6)), tmp_path / "out.mp4"
    args = ("segment", clip, "-o", out, "--model", tiny_model(tmp_path))
    process = start_bbe(tmp_path, *args, prelude=NO_QT)
    stdout, stderr = process.communicate(timeout=300)
    assert process.returncode == 0, stderr
    assert out.exists()
    assert "6 frames" in stdout


def test_imports_are_light_at_first_and_without_qt_on_headless_paths(tmp_path: Path) -> None:
    heavy = ("numba", "scipy", "av", "onnxruntime", "matplotlib", "skimage", "torch")
    code = NO_QT + (
        "import app.cli.root\n"
        f"early = [name for name in {heavy} if name in sys.modules]\n"
        "assert not early, early\n"
        "import app.cli.segment_job, app.doctor, engine.bench, engine.session\n"
        "assert not [name for name in sys.modules if name.startswith('PyQt6')]\n"
    )
    process = start_bbe(tmp_path, "--version", prelude=code)
    _, stderr = process.communicate(timeout=300)
    assert process.returncode == 0, stderr


def test_training_without_torch_names_the_extra_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_torch(name: str) -> None:
        raise ModuleNotFoundError("No module named 'torch'", name="torch")

    monkeypatch.setattr("app.cli.training.importlib.import_module", no_torch)
    result = run_bbe(tmp_path, "train", "--out", "runs/x")
    assert result.exit_code == 1
    assert "uv run --extra train bbe train" in result.stderr
    assert result.stderr.count("\n") == 1


def test_the_list_of_models_tells_how_each_was_measured(tmp_path: Path) -> None:
    listed = json.loads(run_bbe(tmp_path, "models", "--json").stdout)
    assert [model["name"] for model in listed if model["default"]] == ["bbe-mnv2-int8"]
    for model in listed:
        assert 0 < model["ap"] < 1
        assert model["ap_command"].startswith(f"bbe eval --model {model['name']} ")


@pytest.mark.parametrize("encoding", ["cp1252", "cp932", "utf-8"])
def test_json_keeps_every_name_whatever_encoding_windows_gives_a_pipe(
    encoding: str, tmp_path: Path
) -> None:
    name = "Caméra カメラ"
    prelude = (
        "import engine.source as source\n"
        f"source.list_cameras = lambda: [source.CameraDevice(0, {name!r})]"
    )
    bbe = start_bbe(tmp_path, "cameras", "--json", prelude=prelude, PYTHONIOENCODING=encoding)
    listed = json.loads(bbe.communicate(timeout=300)[0])
    assert [camera["name"] for camera in listed] == [name]
