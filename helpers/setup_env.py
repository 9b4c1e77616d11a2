"""Prepares what a helper needs on a fresh Debian or Ubuntu machine, then runs the helper again inside it.

A virtual environment with the project's dependencies, kept in the cache directory and named after the Python
version and the content of pyproject.toml, and the Debian packages that are missing. Standard library only:
this runs under the system's own python3 before anything is installed.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

OLDEST = (3, 11)


def _newer_python() -> str:
    for minor in range(20, OLDEST[1] - 1, -1):
        if path := shutil.which(f"python3.{minor}"):
            return path
    return ""


if sys.version_info < OLDEST:  # before anything that an old Python cannot even read
    if newer := _newer_python():
        os.execv(newer, [newer, *sys.argv])
    sys.exit(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}. Install python3.11.")

import importlib.util  # noqa: E402
import tomllib  # noqa: E402

from common import REPO, KjtuiError, ProgressLine, cache_dir, digest, locked, say  # noqa: E402

BASE_PACKAGES = {"/usr/lib/x86_64-linux-gnu/libudev.so.1": "libudev1"}


def ensure(packages: Mapping[str, str] | None = None) -> None:
    """Return only inside the project's environment, packages installed; otherwise prepare it and start again.

    packages: {program name or absolute path: Debian package that has it}. Raises KjtuiError.
    """
    ensure_packages({**BASE_PACKAGES, **(packages or {})})
    place = _environment()
    if Path(sys.prefix).resolve() == place.resolve():
        return
    python = place / "bin" / "python"
    with locked(place.with_suffix(".lock"), "Waiting for another run that prepares the Python environment …"):
        if not (place / "complete").exists():
            _create(place, python)
    os.execv(python, [str(python), *sys.argv])


def _environment() -> Path:
    pyproject = (REPO / "pyproject.toml").read_bytes()
    base = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
    name = f"py{sys.version_info.major}.{sys.version_info.minor}-{digest([base, sys.version, pyproject])}"
    return cache_dir("venv") / name


def _requirements() -> list[str]:
    project = tomllib.loads((REPO / "pyproject.toml").read_text())["project"]
    return [*project["dependencies"], *project["optional-dependencies"]["dev"]]


def _create(place: Path, python: Path) -> None:
    if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
        # Debian keeps these in a package of their own.
        install([f"python3.{sys.version_info.minor}-venv"])
    shutil.rmtree(place, ignore_errors=True)
    progress = ProgressLine("Preparing the Python environment")
    base = getattr(sys, "_base_executable", sys.executable)
    _watch([base, "-m", "venv", str(place)], progress, "The Python environment could not be made", "")
    pip = [
        str(python),
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--no-input",
        "--progress-bar=off",
    ]
    _watch(
        [*pip, *_requirements()],
        progress,
        "The project's Python packages could not be installed",
        "pip needs the network (PyPI or the index it is set to). Check the connection, run this again.",
    )
    (place / "complete").write_text("")
    progress.done()


def ensure_packages(packages: Mapping[str, str]) -> None:
    """Install the Debian packages whose program or file is missing. Raises KjtuiError."""
    missing = {package for probe, package in packages.items() if not _present(probe)}
    if missing:
        install(sorted(missing))


def _present(probe: str) -> bool:
    if probe.startswith("/"):
        return Path(probe).exists()
    return shutil.which(probe, path=f"{os.environ.get('PATH', '')}:/sbin:/usr/sbin") is not None


def install(packages: list[str]) -> None:
    """apt-get install, as root or through sudo. Raises KjtuiError with what to type instead."""
    names = " ".join(packages)
    hint = f"Install by hand, then run this again:  sudo apt-get install {names}"
    if shutil.which("apt-get") is None:
        raise KjtuiError(
            f"These packages are missing: {names}",
            "There is no apt-get: this is no Debian or Ubuntu.",
            "Install what your distribution calls them, then run this again.",
        )
    if os.geteuid() != 0 and shutil.which("sudo") is None:
        raise KjtuiError(
            f"These packages are missing: {names}", "You are not root, and there is no sudo.", hint
        )
    apt = _apt(f"Installing packages with sudo: {names}")
    progress = ProgressLine(f"Installing {names}")
    failure = "The packages could not be installed"
    try:
        _watch([*apt, "install", "-y", "--no-install-recommends", *packages], progress, failure, hint)
    except KjtuiError:
        # The package lists may be old, or not there at all: fetch them once.
        _watch([*apt, "update"], progress, "The package lists could not be fetched", hint)
        _watch([*apt, "install", "-y", "--no-install-recommends", *packages], progress, failure, hint)
    progress.done()


def refresh_lists() -> None:
    """apt-get update, as root or through sudo. Raises KjtuiError."""
    progress = ProgressLine("Fetching the package lists")
    apt = _apt("Fetching the package lists with sudo")
    _watch([*apt, "update"], progress, "The package lists could not be fetched", "Run: sudo apt-get update")
    progress.done()


def _apt(through_sudo: str) -> list[str]:
    """The words to begin with. through_sudo is said where root's rights are asked for."""
    prefix: list[str] = []
    if os.geteuid() != 0:
        # Without a terminal nobody can type a password.
        prefix = ["sudo"] if sys.stdin.isatty() else ["sudo", "-n"]
        say(through_sudo)
    return [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-o", "Dpkg::Use-Pty=0"]


def _watch(command: list[str], progress: ProgressLine, failure: str, hint: str) -> None:
    """Run a command, show its lines as progress, keep the last ones for the message if it fails."""
    tail: list[str] = []
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            tail = [*tail, line.rstrip()][-12:]
            progress.update(None, line.strip()[:50])
    if process.returncode:
        raise KjtuiError(failure, "\n".join(tail), hint)
