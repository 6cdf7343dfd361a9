"""The installed packages: versions, and wheels that break each other."""

from __future__ import annotations

from app.doctor.finding import Finding, Verdict

TOPIC = "packages"
_NEEDED = ("bbe-live", "numpy", "numba", "av", "scipy", "PyQt6")
_OPTIONAL = ("cupy-cuda13x", "cupy-cuda12x", "torch", "pyvirtualcam")
_RUNTIMES = ("onnxruntime", "onnxruntime-gpu", "onnxruntime-openvino", "onnxruntime-directml")
_OPENCV_GUI = ("opencv-python", "opencv-contrib-python")
_OPENCV_HEADLESS = ("opencv-python-headless", "opencv-contrib-python-headless")
_REPAIR = "uv sync --reinstall"


def installed_versions(names: tuple[str, ...]) -> dict[str, str]:
    """Versions of those of the distributions that are installed."""
    from importlib import metadata

    found = {}
    for name in names:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def versions() -> dict[str, str]:
    """Everything whose version belongs into a report of a fault or of a measurement."""
    return installed_versions((*_NEEDED, *_RUNTIMES, *_OPENCV_HEADLESS, *_OPENCV_GUI, *_OPTIONAL))


def check_packages() -> list[Finding]:
    """Versions of what is needed, and of extras that are there."""
    found = installed_versions((*_NEEDED, *_OPTIONAL))
    missing = [name for name in _NEEDED if name not in found]
    return [
        *(Finding(TOPIC, name, version) for name, version in found.items()),
        *(_problem(name, "not installed", f"Run `{_REPAIR}`.") for name in missing),
    ]


def check_runtime_wheels() -> list[Finding]:
    """Exactly one ONNX Runtime: two overwrite each other's files (onnxruntime#26996)."""
    found = installed_versions(_RUNTIMES)
    value = ", ".join(f"{name} {version}" for name, version in found.items())
    if not found:
        return [_problem("onnxruntime", "not installed", f"Run `{_REPAIR}`.")]
    if len(found) > 1:
        return [
            _problem(
                "onnxruntime",
                f"{value} are installed together and overwrite each other",
                f"Run `uv pip uninstall {' '.join(found)}`, then `uv sync` for the CPU "
                "or the GPU command of the README.",
            )
        ]
    return [Finding(TOPIC, "onnxruntime", value)]


def check_opencv_wheel() -> list[Finding]:
    """Exactly one OpenCV, without a Qt of its own beside PyQt6 (opencv-python#736)."""
    gui, headless = installed_versions(_OPENCV_GUI), installed_versions(_OPENCV_HEADLESS)
    value = ", ".join(f"{name} {version}" for name, version in {**gui, **headless}.items())
    if not value:
        return [_problem("opencv", "not installed", f"Run `{_REPAIR}`.")]
    if gui:
        return [
            _problem(
                "opencv",
                f"{value}: its Qt plugins clash with PyQt6 and the window may not open",
                f"Run `uv pip uninstall {' '.join({**gui, **headless})}`, then `{_REPAIR}`.",
            )
        ]
    if len(headless) > 1:
        return [
            _problem(
                "opencv",
                f"{value} overwrite each other",
                f"Run `uv pip uninstall {' '.join(headless)}`, then `{_REPAIR}`.",
            )
        ]
    return [Finding(TOPIC, "opencv", value)]


def _problem(name: str, value: str, fix: str) -> Finding:
    return Finding(TOPIC, name, value, Verdict.PROBLEM, fix)
