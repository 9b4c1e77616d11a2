"""The direction of the imports, and what may be used where."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PACKAGE = ROOT / "kjtui"
FILES = sorted(PACKAGE.rglob("*.py"))
# Lower layers know nothing of higher ones; those on one level know nothing of each other.
LEVELS = {
    "errors": 0,
    "model": 1,
    "knowledge": 2,
    "kexec": 2,
    "bootcfg": 2,
    "pack": 2,
    "imagefile": 3,
    "backend": 4,
    "checks": 5,
    "plan": 6,
    "wizard": 7,
    "commands": 8,
    "tui": 8,
    "plain": 8,
    "__main__": 9,
}
# What runs in kernel B uses words, bytes and system calls, and never the wizard.
AGENT_MAY = {"agent", "errors", "model", "kexec", "pack", "imagefile", "backend"}
ONLY_IN = {
    "textual": ("kjtui/tui/",),
    "rich": ("kjtui/tui/",),
    "ctypes": ("kjtui/backend/syscalls.py",),
    "psutil": ("kjtui/backend/probe/",),
    "pyudev": ("kjtui/backend/probe/",),
    "subprocess": ("kjtui/backend/",),
}


def imported(file: Path) -> set[str]:
    """Every module that a file imports, also within functions."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            module = node.module or ""
            names.update(f"{module}.{alias.name}" if module == "kjtui" else module for alias in node.names)
    return names


def part(module: str) -> str:
    """The layer a module belongs to: its second name."""
    return module.split(".")[1]


def named(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("file", FILES, ids=named)
def test_imports_point_downwards(file):
    own = file.relative_to(PACKAGE).parts[0].removesuffix(".py")
    others = {name for name in imported(file) if name.startswith("kjtui.")}
    others = {part(name) for name in others} - {own, "__version__"}
    if own == "agent":
        assert others <= AGENT_MAY
    elif own != "__init__":
        assert own in LEVELS, f"{own} is a new layer: give it a level"
        for other in others:
            assert other in LEVELS, f"{named(file)} imports {other}"
            assert LEVELS[other] < LEVELS[own], f"{named(file)} imports {other}"


@pytest.mark.parametrize("file", FILES, ids=named)
def test_what_is_used_in_one_place_only(file):
    roots = {name.split(".")[0] for name in imported(file)}
    for library, places in ONLY_IN.items():
        assert library not in roots or named(file).startswith(places), f"{named(file)} imports {library}"
    assert "helpers" not in roots


@pytest.mark.parametrize("file", FILES, ids=named)
def test_only_the_command_line_prints_and_exits(file):
    own = file.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if own in ("__main__", "agent"):
        return
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in ("print", "exit", "quit"), f"{named(file)}:{node.lineno}"
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            assert (node.value.id, node.attr) not in (("sys", "exit"), ("os", "_exit")), (
                f"{named(file)}:{node.lineno}"
            )
