"""Another process builds TensorRT's engine; played by a program that speaks as it does."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from engine.errors import RuntimeUnavailable
from engine.tensorrt import build, key
from engine.tensorrt.build import BuildRequest, build_engine
from engine.tensorrt.key import EngineKey, tensorrt_version
from tests.tiny_onnx import write_tiny_onnx

FAKE = Path(__file__).parents[1] / "fake_engine_builder.py"
REQUEST = BuildRequest("model.onnx", (353, 641), "float16", 0)


def fake(*arguments: str) -> tuple[str, ...]:
    return sys.executable, str(FAKE), *arguments


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "engine"


def left_in(target: Path) -> list[str]:
    return sorted(path.name for path in target.parent.iterdir()) if target.parent.exists() else []


def children() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


def test_an_engine_appears_whole_and_its_phases_are_told(target: Path) -> None:
    phases: list[str] = []
    build_engine(REQUEST, target, threading.Event(), phases.append, fake("builds"))
    assert phases == ["loading", "building", "trying"]
    assert left_in(target) == ["engine"]
    asked = json.loads((target / "network.engine").read_text())
    assert asked["model"] == "model.onnx"
    assert asked["input_hw"] == [353, 641]
    assert asked["precision"] == "float16"
    assert not children()


@pytest.mark.parametrize(
    ("what", "message", "hint"),
    [
        ("fails", "TensorRT takes no part of this model.", "Choose CUDA."),
        ("crashes", "ended with status 7: out of memory", "Choose CUDA, or open"),
        ("unheard of", "ended with status", "Choose CUDA, or open"),
    ],
)
def test_a_failure_says_what_the_process_said_and_leaves_nothing(
    target: Path, what: str, message: str, hint: str
) -> None:
    command = fake(what) if what != "unheard of" else (sys.executable, "-c", "raise SystemExit(2)")
    with pytest.raises(RuntimeUnavailable) as caught:
        build_engine(REQUEST, target, threading.Event(), lambda _: None, command)
    assert message in caught.value.message
    assert hint in caught.value.hint
    assert left_in(target) == []


def test_a_program_that_cannot_be_started_is_an_error(target: Path) -> None:
    command = (str(target.parent / "no such program"),)
    with pytest.raises(RuntimeUnavailable, match="cannot be built"):
        build_engine(REQUEST, target, threading.Event(), lambda _: None, command)


@pytest.mark.parametrize("what", ["waits", "ignores"])
def test_who_no_longer_wants_an_engine_ends_the_process(
    target: Path, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "GRACE_S", 0.3)
    stop = threading.Event()
    running: list[psutil.Process] = []

    def tell(phase: str) -> None:
        if phase == "building":
            running.extend(children())
            stop.set()

    with pytest.raises(RuntimeUnavailable, match="stopped"):
        build_engine(REQUEST, target, stop, tell, fake(what, str(target / "never")))
    assert running
    assert not any(process.is_running() for process in running)
    assert left_in(target) == []


def test_the_engine_of_a_faster_process_is_kept(target: Path) -> None:
    def tell(phase: str) -> None:
        if phase == "building":
            target.mkdir()
            (target / "faster").touch()

    build_engine(REQUEST, target, threading.Event(), tell, fake("builds"))
    assert left_in(target) == ["engine"]
    assert [path.name for path in target.iterdir()] == ["faster"]


def test_what_killed_builders_left_behind_is_removed(target: Path) -> None:
    for name, age_s in (("old", 2 * build.LEFT_OVER_S), ("young", 60.0)):
        folder = target.with_name(f"{name}.building-1")
        folder.mkdir(parents=True)
        os.utime(folder, (time.time() - age_s,) * 2)
    build_engine(REQUEST, target, threading.Event(), lambda _: None, fake("builds"))
    assert left_in(target) == ["engine", "young.building-1"]


def test_the_builder_itself_says_what_is_missing_here(target: Path) -> None:
    """The real one, on a machine without TensorRT."""
    try:
        tensorrt_version()
    except RuntimeUnavailable as missing:
        expected = missing
    else:
        pytest.skip("TensorRT is installed")
    with pytest.raises(RuntimeUnavailable) as caught:
        build_engine(REQUEST, target, threading.Event(), lambda _: None)
    assert caught.value.message == expected.message
    assert "tensorrt-cu13" in caught.value.hint


def test_the_builder_ends_with_the_program_that_asked(tmp_path: Path) -> None:
    """Killed, a program cannot end its builder; but the builder's input is then closed."""
    asker = tmp_path / "asker.py"
    asker.write_text(
        "import os, subprocess, sys\n"
        "code = ('import sys, time; import engine.tensorrt.child as c, threading;'\n"
        "        'threading.Thread(target=c._end_with_asker, daemon=True).start();'\n"
        "        'print(1, flush=True); time.sleep(600)')\n"
        "p = subprocess.Popen([sys.executable, '-c', code], stdin=subprocess.PIPE,\n"
        "                     stdout=subprocess.PIPE)\n"
        "p.stdout.readline()\n"
        "print(p.pid, flush=True)\n"
        "os._exit(9)\n",
        encoding="utf-8",
    )
    done = psutil.Popen([sys.executable, str(asker)], stdout=-1)
    pid = int(done.stdout.readline())
    done.stdout.close()
    done.wait()
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(pid).wait(60)
    assert not psutil.pid_exists(pid)


def test_another_model_size_card_or_version_has_another_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.models import find_model

    monkeypatch.setattr(key, "tensorrt_version", lambda: "101601")
    monkeypatch.setattr(key.platformdirs, "user_cache_path", lambda _: tmp_path)
    model = find_model(write_tiny_onnx(tmp_path / "tiny.onnx"))
    red = find_model(write_tiny_onnx(tmp_path / "red.onnx", logit_per_red=0.1))
    usual = EngineKey.of(model, (353, 641), "float16", "NVIDIA H200")
    assert EngineKey.of(model, (353, 641), "float16", "NVIDIA H200").folder == usual.folder
    others = [
        EngineKey.of(red, (353, 641), "float16", "NVIDIA H200"),
        EngineKey.of(model, (641, 353), "float16", "NVIDIA H200"),
        EngineKey.of(model, (353, 641), "float32", "NVIDIA H200"),
        EngineKey.of(model, (353, 641), "float16", "NVIDIA RTX A2000"),
    ]
    monkeypatch.setattr(key, "tensorrt_version", lambda: "101602")
    others.append(EngineKey.of(model, (353, 641), "float16", "NVIDIA H200"))
    assert len({usual.folder, *(other.folder for other in others)}) == 1 + len(others)
    assert usual.folder.name.startswith("641x353-float16-")
    assert json.loads(usual.text)["device"] == "NVIDIA H200"
