"""The lock file can be installed without a compiler on every system that the README names."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from packaging.markers import Marker
from packaging.tags import Tag
from packaging.utils import parse_wheel_filename

LOCK = Path(__file__).parent.parent / "uv.lock"

SYSTEMS = {
    "Windows": ("win32", "AMD64", ("win_amd64",)),
    "Mac with Apple's processor": ("darwin", "arm64", ("_arm64", "_universal2")),
    "Mac with Intel's processor": ("darwin", "x86_64", ("_x86_64", "_universal2")),
    "Linux": ("linux", "x86_64", ("_x86_64",)),
}
"""`sys.platform`, `platform.machine()` and how names of its platforms end."""

Package = Mapping[str, Any]
Environment = Mapping[str, str]


def packages_for(environment: Environment) -> Iterator[Package]:
    """What `uv sync` installs there for the program itself, on the CPU."""
    packages = tomllib.loads(LOCK.read_text(encoding="utf-8"))["package"]
    program = next(package for package in packages if package["name"] == "bbe-live")
    waiting = [*program["dependencies"], *program["dev-dependencies"]["cpu"]]
    found: dict[str, Package] = {}
    while waiting:
        wanted = waiting.pop()
        if not holds(wanted.get("marker", ""), environment) or wanted["name"] in found:
            continue
        package = next(
            package
            for package in packages
            if package["name"] == wanted["name"]
            and package["version"] == wanted.get("version", package["version"])
        )
        found[wanted["name"]] = package
        waiting += package.get("dependencies", [])
    yield from found.values()


def holds(marker: str, environment: Environment) -> bool:
    return not marker or Marker(marker).evaluate({"extra": "group-8-bbe-live-cpu", **environment})


def fits(tag: Tag, python: str, system: str) -> bool:
    """python: "311" for 3.11."""
    own = f"cp{python}"
    stable = tag.abi == "abi3" and int(tag.interpreter[3:]) <= int(python[1:])
    speaks = tag.interpreter == own == tag.abi or stable or tag.abi == "none"
    platform, _, endings = SYSTEMS[system]
    kinds = {"win32": "win", "darwin": "macosx", "linux": "manylinux"}
    runs = tag.platform.startswith(kinds[platform]) and tag.platform.endswith(endings)
    return speaks and (runs or tag.platform == "any")


@pytest.mark.parametrize("python", ["311", "312", "313"])
@pytest.mark.parametrize("system", SYSTEMS)
def test_every_package_has_a_wheel(system: str, python: str) -> None:
    platform, machine, _ = SYSTEMS[system]
    version = f"3.{python[1:]}"
    environment = {
        "sys_platform": platform,
        "platform_machine": machine,
        "platform_system": {"win32": "Windows", "darwin": "Darwin", "linux": "Linux"}[platform],
        "python_version": version,
        "python_full_version": f"{version}.5",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }
    packages = list(packages_for(environment))
    assert {"numba", "onnxruntime", "pyqt6", "av"} <= {package["name"] for package in packages}
    without = [
        package["name"]
        for package in packages
        if not any(
            fits(tag, python, system)
            for wheel in package["wheels"]
            for tag in parse_wheel_filename(wheel["url"].rpartition("/")[2])[3]
        )
    ]
    assert without == []
