"""The models, and where a network really runs when it is opened."""

from __future__ import annotations

import time

import numpy as np

from app.doctor.finding import Finding, Verdict
from app.doctor.system import gpu_names
from engine.config import Provider, RuntimeOptions
from engine.errors import EngineError
from engine.types import Frame

TRIAL_HW = (480, 640)
TRIAL_RUNS = 5
_USE_THE_GPU = "Install the GPU build with the GPU command of the README."


def check_models() -> list[Finding]:
    """Every model of the manifest: is the file there, and is it the one that is meant?"""
    from engine.models import Manifest, weights_dir

    manifest = Manifest.load()
    findings = [Finding("models", "folder", str(weights_dir()))]
    for name, model in manifest.models.items():
        role = manifest.role_of(name)
        default = f", {role}" if role else ""
        if not model.path.is_file():
            value, fix = f"{model.path.name} is missing", "Reinstall the program."
            findings.append(Finding("models", name, value, Verdict.PROBLEM, fix))
            continue
        try:
            model.verify_hash()
        except EngineError as error:
            findings.append(Finding("models", name, error.message, Verdict.PROBLEM, error.hint))
            continue
        value = f"{model.precision}, {model.size_bytes / 1e6:.1f} MB, hash as listed{default}"
        findings.append(Finding("models", name, value))
    return findings


def check_providers(requested: Provider) -> list[Finding]:
    """Open the default model on the provider asked for, run it, and see where it ran."""
    from engine.providers import built_in_providers

    built_in = built_in_providers()
    findings = [Finding("network", "built in", ", ".join(built_in)), _trial(requested)]
    if gpu_names() and "CUDA" not in built_in:
        value = "an NVIDIA GPU is there, but the installed ONNX Runtime cannot use it"
        findings.append(Finding("network", "gpu", value, Verdict.NOTE, _USE_THE_GPU))
    return findings


def _trial(requested: Provider) -> Finding:
    from engine.gpu import open_predictor

    name = f"asked for {requested.value}"
    try:
        predictor = open_predictor(RuntimeOptions(provider=requested))
    except EngineError as error:
        return Finding("network", name, error.message, Verdict.PROBLEM, error.hint)
    try:
        frame = Frame(np.zeros((*TRIAL_HW, 3), np.uint8), 0, 0.0, time.perf_counter())
        times_ms = []
        for _ in range(TRIAL_RUNS):
            started_s = time.perf_counter()
            predictor.predict(frame)
            times_ms.append((time.perf_counter() - started_s) * 1e3)
        report = predictor.provider
        ran = (
            f"runs on {report.actual}, {report.precision}, {predictor.model.name}, "
            f"{min(times_ms):.0f} ms a picture"
        )
    except EngineError as error:
        return Finding("network", name, error.message, Verdict.PROBLEM, error.hint)
    finally:
        predictor.close()
    if report.fell_back:
        return Finding("network", name, f"{ran}: {report.reason}", Verdict.PROBLEM, report.fix)
    if report.preparing:
        return Finding("network", name, f"{ran}. {report.preparing}", Verdict.NOTE)
    return Finding("network", name, ran)
