"""`bbe doctor`: every fault it is there for is found, and comes with its fix."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

import pytest

from app.doctor import Finding, Verdict, devices, examine, network, packages
from engine.config import Provider
from engine.errors import RuntimeUnavailable
from tests.app.cli_cases import run_bbe


def pretend_installed(monkeypatch: pytest.MonkeyPatch, versions: Mapping[str, str]) -> None:
    def version(name: str) -> str:
        if name not in versions:
            raise metadata.PackageNotFoundError(name)
        return versions[name]

    monkeypatch.setattr("importlib.metadata.version", version)


def the_only(findings: list[Finding]) -> Finding:
    assert len(findings) == 1
    return findings[0]


def test_two_onnx_runtimes_are_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend_installed(monkeypatch, {"onnxruntime": "1.30", "onnxruntime-gpu": "1.27"})
    finding = the_only(packages.check_runtime_wheels())
    assert finding.verdict is Verdict.PROBLEM
    assert "uv pip uninstall onnxruntime onnxruntime-gpu" in finding.fix


def test_no_onnx_runtime_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend_installed(monkeypatch, {})
    assert the_only(packages.check_runtime_wheels()).verdict is Verdict.PROBLEM


@pytest.mark.parametrize(
    ("installed", "verdict"),
    [
        (["opencv-python-headless"], Verdict.OK),
        (["opencv-contrib-python-headless"], Verdict.OK),
        (["opencv-python"], Verdict.PROBLEM),
        (["opencv-python", "opencv-python-headless"], Verdict.PROBLEM),
        (["opencv-contrib-python-headless", "opencv-python-headless"], Verdict.PROBLEM),
        ([], Verdict.PROBLEM),
    ],
)
def test_an_opencv_with_a_qt_of_its_own_is_a_problem(
    installed: list[str], verdict: Verdict, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend_installed(monkeypatch, dict.fromkeys(installed, "5.0"))
    finding = the_only(packages.check_opencv_wheel())
    assert finding.verdict is verdict
    assert bool(finding.fix) == (verdict is Verdict.PROBLEM)


def test_a_missing_package_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend_installed(monkeypatch, {"numpy": "2.4"})
    wrong = [f.name for f in packages.check_packages() if f.verdict is Verdict.PROBLEM]
    assert "PyQt6" in wrong
    assert "torch" not in wrong


def test_the_trial_really_runs_the_default_model() -> None:
    trial = network.check_providers(Provider.CPU)[1]
    assert trial.verdict is Verdict.OK
    assert "runs on CPU" in trial.value
    assert "ms a picture" in trial.value


def test_a_provider_that_did_not_come_up_is_a_problem_with_a_fix() -> None:
    from engine.providers import built_in_providers

    if "OpenVINO" in built_in_providers():
        pytest.skip("this ONNX Runtime has OpenVINO")
    trial = network.check_providers(Provider.OPENVINO)[1]
    assert trial.verdict is Verdict.PROBLEM
    assert "runs on CPU" in trial.value
    assert trial.fix


def test_a_gpu_that_the_runtime_cannot_use_is_pointed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.doctor.network.gpu_names", lambda: ("NVIDIA H200",))
    monkeypatch.setattr("engine.providers.built_in_providers", lambda: ("CPU",))
    finding = network.check_providers(Provider.CPU)[-1]
    assert finding.verdict is Verdict.NOTE
    assert "GPU command" in finding.fix


def test_cameras_that_are_not_listed_in_time_are_a_problem(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import threading

    answered = threading.Event()
    monkeypatch.setattr("app.doctor.devices.CAMERA_WAIT_S", 0.01)
    monkeypatch.setattr("engine.source.list_cameras", lambda: answered.wait() and [])
    try:
        assert the_only(devices.check_cameras()).verdict is Verdict.PROBLEM
    finally:
        answered.set()


def test_no_camera_is_no_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.source.list_cameras", list)
    assert the_only(devices.check_cameras()).verdict is Verdict.NOTE


def test_every_kind_of_recording_has_an_encoder() -> None:
    findings = devices.check_codecs()
    assert {".mp4", ".mkv", ".webm"} <= {finding.name for finding in findings}
    assert all(finding.verdict is not Verdict.PROBLEM for finding in findings)


def test_a_settings_folder_that_cannot_be_written_is_a_problem(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(
        "app.doctor.devices.platformdirs.user_config_path", lambda *_, **__: tmp_path / "file/x"
    )
    settings = next(f for f in devices.check_folders() if f.name == "settings")
    assert settings.verdict is Verdict.PROBLEM


def test_missing_qt_libraries_are_all_named(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = ("libEGL.so.1", "libxcb-icccm.so.4", "libxcb-new.so.1")
    monkeypatch.setattr("app.doctor.devices.missing_qt_libraries", lambda: missing)
    finding = devices.check_display()[-1]
    assert finding.verdict is Verdict.PROBLEM
    assert all(name in finding.value for name in missing)
    assert "libegl1 libxcb-icccm4 " in finding.fix
    assert finding.fix.count("libegl1") == 1
    assert "libxcb-cursor0" in finding.fix, "one is unknown, so all that are usual may help"


def test_a_check_that_fails_itself_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> list[Finding]:
        raise OSError("the disk is gone")

    def unavailable() -> list[Finding]:
        raise RuntimeUnavailable("ONNX Runtime is missing.", "Install it.")

    monkeypatch.setattr("app.doctor.system.check_system", broken)
    monkeypatch.setattr("app.doctor.network.check_models", unavailable)
    findings = examine()
    system = next(f for f in findings if f.topic == "system" and f.name == "check")
    models = next(f for f in findings if f.topic == "models")
    assert "the disk is gone" in system.value
    assert (models.verdict, models.fix) == (Verdict.PROBLEM, "Install it.")


@pytest.mark.parametrize(("verdict", "code"), [(Verdict.NOTE, 0), (Verdict.PROBLEM, 1)])
def test_json_and_exit_code_tell_a_script_whether_all_is_well(
    verdict: Verdict, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finding = Finding("window", "display", "none", verdict, "Plug one in.")
    monkeypatch.setattr("app.cli.doctor.examine", lambda *_: (finding,))
    result = run_bbe(tmp_path, "doctor", "--json")
    assert result.exit_code == code
    report = json.loads(result.stdout)
    assert report["ok"] is (code == 0)
    assert report["findings"][0]["fix"] == "Plug one in."
    assert "Plug one in." in run_bbe(tmp_path, "doctor").stdout
