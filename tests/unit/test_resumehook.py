"""Putting what looks for saved systems into an initramfs: what is done, and that it can be taken back."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from kjtui.backend.probe import resuming
from kjtui.backend.probe.resuming import PACKED
from kjtui.backend.probe.source import Source
from kjtui.backend.recorded import decode, encode
from kjtui.errors import KjtuiError
from kjtui.model.boot import BootFile
from kjtui.model.change import ChangeLine
from kjtui.plan import changes, resumehook
from kjtui.plan.bootops import EditFile

PACK = "PYTHONPATH=/opt/kjtui /usr/bin/python3 -m kjtui"


class Machine:
    """As much of a machine as this needs.

    fails: whether its program does, once; packs: whether what the hook packs gets into the initramfs.
    """

    def __init__(self, tool: str, fails: bool = False, packs: bool = True) -> None:
        self.packs = packs
        self.mark: str | None = None
        self.files: dict[str, str] = {tool: "#!/bin/sh\n"}
        self.folders: set[str] = set()
        self.ran: list[tuple[str, ...]] = []
        self.lines: list[ChangeLine] = []
        self.fails = fails

    def read_file(self, path: str) -> str | None:
        return self.mark if path == PACKED.format("6.12.0") else self.files.get(path)

    def write_file(self, file: BootFile, new: str | None) -> None:
        assert self.files.get(file.path) == file.data
        if new is None:
            del self.files[file.path]
        else:
            self.files[file.path] = new

    def make_folder(self, path: str) -> None:
        self.folders.add(path)

    def remove_folder(self, path: str) -> None:
        self.folders.discard(path)

    def run_tool(self, argv: tuple[str, ...], what: str, progress: Callable[[str, float], None]) -> str:
        self.ran.append(argv)
        if self.fails:
            self.fails = False
            raise KjtuiError("The program failed", "status 1.")
        if self.packs:
            self.mark = "1\n"
        return ""

    def note_change(self, line: ChangeLine) -> None:
        self.lines.append(line)

    def changes(self) -> tuple[ChangeLine, ...]:
        return tuple(self.lines)

    def sweep(self, paths: object) -> None:
        pass


def quiet(_what: str, _fraction: float) -> None:
    pass


TOOLS = {
    "/usr/sbin/update-initramfs": ("/usr/sbin/update-initramfs", "-u", "-k", "all"),
    "/usr/bin/dracut": ("/usr/bin/dracut", "--force", "--regenerate-all"),
}


@pytest.mark.parametrize("tool", TOOLS)
def test_it_is_done_and_taken_back(tool: str) -> None:
    machine = Machine(tool)
    before = dict(machine.files)
    operations = resumehook.enabling(machine, PACK, "6.12.0")  # type: ignore[arg-type]
    change = changes.make(resumehook.TITLE, operations, machine, quiet)  # type: ignore[arg-type]
    assert len(machine.files) == len(before) + 2
    assert machine.ran == [TOOLS[tool]]
    assert any("pack-resume" in text for text in machine.files.values())
    changes.undo(change, machine, quiet, ())  # type: ignore[arg-type]
    assert machine.files == before
    assert machine.folders == set()
    assert machine.ran == [TOOLS[tool]] * 2


@pytest.mark.parametrize("tool", TOOLS)
def test_a_program_that_fails_leaves_everything_as_it_was(tool: str) -> None:
    machine = Machine(tool, fails=True)
    before = dict(machine.files)
    operations = resumehook.enabling(machine, PACK, "6.12.0")  # type: ignore[arg-type]
    with pytest.raises(KjtuiError, match="failed"):
        changes.make(resumehook.TITLE, operations, machine, quiet)  # type: ignore[arg-type]
    assert machine.files == before
    assert machine.ran == [TOOLS[tool]] * 2


def test_a_system_that_is_not_known_is_told_what_to_do() -> None:
    with pytest.raises(KjtuiError) as told:
        resumehook.enabling(Machine("/bin/something"), PACK, "6.12.0")  # type: ignore[arg-type]
    assert "pack-resume" in told.value.hint


@pytest.mark.parametrize("tool", TOOLS)
def test_the_scripts_are_right_by_the_shell_that_runs_them(tool: str) -> None:
    operations = resumehook.enabling(Machine(tool), PACK, "6.12.0")  # type: ignore[arg-type]
    for one in operations:
        if isinstance(one, EditFile):
            shell = "bash" if "bash" in (one.new or "").splitlines()[0] else "sh"
            subprocess.run([shell, "-n"], input=one.new, text=True, check=True)


def test_dracuts_own_shell_goes_on_after_the_script(tmp_path: Path) -> None:
    operations = resumehook.enabling(Machine("/usr/bin/dracut"), PACK, "6.12.0")  # type: ignore[arg-type]
    text = next(one.new for one in operations if isinstance(one, EditFile) and "dracut's" in (one.new or ""))
    script, called = tmp_path / "resume.sh", tmp_path / "called"
    called.write_text(f"#!/bin/sh\necho $1 >{tmp_path}/word\nexit 3\n")
    called.chmod(0o755)
    script.write_text((text or "").replace("/kjtui/resume", str(called)).replace("/dev/console", "/dev/null"))
    said = subprocess.run(["sh", "-c", f". {script}; echo on"], capture_output=True, text=True, check=True)
    assert said.stdout == "on\n"
    assert (tmp_path / "word").read_text() == "hook\n"


def test_the_operation_is_kept_in_the_journal() -> None:
    one = resumehook.Rebuild(("a", "b"), True)
    assert decode(resumehook.Rebuild, encode(one), "x") == one
    assert one.inverse() is None
    assert resumehook.Rebuild(("a", "b"), False).inverse() == one


@pytest.mark.parametrize("tool", TOOLS)
def test_a_kernel_that_cannot_put_anything_back_is_told_and_nothing_stays(tool: str) -> None:
    machine = Machine(tool, packs=False)
    before = dict(machine.files)
    operations = resumehook.enabling(machine, PACK, "6.12.0")  # type: ignore[arg-type]
    with pytest.raises(KjtuiError, match="without what looks"):
        changes.make(resumehook.TITLE, operations, machine, quiet)  # type: ignore[arg-type]
    assert machine.files == before
    assert machine.ran == [TOOLS[tool]] * 2


def test_a_start_looks_where_it_was_packed_and_the_hook_still_stands(tmp_path: Path) -> None:
    def put(name: str) -> Path:
        path = tmp_path / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
        return path

    def looks() -> str:
        return resuming.looks(Source(tmp_path), "6.12.0")

    assert looks() == ""
    hook = put(resuming.HOOKS[0])
    assert looks() == ""  # it has packed nothing yet
    put(PACKED.format("6.11.0"))
    assert looks() == ""  # another kernel's
    put(PACKED.format("6.12.0"))
    assert looks() == PACKED.format("6.12.0")
    hook.unlink()
    assert looks() == ""  # it was taken back
    put(resuming.LOOKED)
    assert looks() == resuming.LOOKED  # an initramfs of the person's own
