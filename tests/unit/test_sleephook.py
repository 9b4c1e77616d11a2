"""systemctl hibernate by kjtui: what is written, how it is read by systemd, and that it can be taken back."""

import configparser
import io
import os
import shlex
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from kjtui.backend.recording import read_recording
from kjtui.backend.simulated import SimulatedMachine
from kjtui.commands import enable_sleep
from kjtui.commands.output import Streams
from kjtui.errors import KjtuiError
from kjtui.model.boot import BootFile
from kjtui.plan import changes, sleephook

MACHINES = Path(__file__).parent.parent / "machines"
SYSTEMCTL = "/usr/bin/systemctl"
UNIT = "/etc/systemd/system/systemd-hibernate.service.d/kjtui.conf"
LOGIND = "/etc/systemd/system/systemd-logind.service.d/kjtui.conf"
PROGRAM = "PYTHONPATH='/opt/a b' /usr/bin/python3 -m kjtui"


def machine(systemd: bool = True, **facts: object) -> SimulatedMachine:
    recording = read_recording(MACHINES / "hibernate.json")
    made = SimulatedMachine(replace(recording, facts=replace(recording.facts, **facts)))  # type: ignore[arg-type]
    if systemd:
        made.disk.files[SYSTEMCTL] = BootFile(SYSTEMCTL, "a program", 0o755)
    return made


def run(on: SimulatedMachine, to: str = "/dev/sda1", file: str = "") -> str:
    out = io.StringIO()
    assert enable_sleep.run(on, Streams(io.StringIO(), out, io.StringIO()), to, file, yes=True) == 0
    return out.getvalue()


def words(line: str) -> list[str]:
    """What the shell is given, when systemd has undone its own quoting."""
    shell = line.removeprefix('/bin/sh -c "').removesuffix('"')
    for doubled, one in (("%%", "%"), ("$$", "$"), ('\\"', '"'), ("\\\\", "\\")):
        shell = shell.replace(doubled, one)
    return shlex.split(shell)


@pytest.mark.parametrize("to", ["/dev/sda1", "nas:/a'b", "nas:/100%$HOME"])
def test_the_command_comes_through_systemd_and_the_shell(to: str) -> None:
    line = sleephook.command(PROGRAM, to, "/root/pass word")
    assert words(line) == [
        *("exec", "env", "PYTHONPATH=/opt/a b", "/usr/bin/python3", "-m", "kjtui", "hibernate"),
        *("--to", to, "--yes", "--passphrase-file", "/root/pass word"),
    ]


def test_it_is_set_up_once_and_taken_back() -> None:
    here = machine()
    said = run(here)
    assert "kjtui undo" in said
    text = here.read_file(UNIT)
    assert text is not None
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(text)
    assert "hibernate --to /dev/sda1 --yes" in unit["Service"]["ExecStart"]
    assert "\nExecStart=\nExecStart=/bin/sh" in text  # the first one empties the list
    assert "MEMORY_CHECK=1" in (here.read_file(LOGIND) or "")
    assert "already" in run(here)
    change = next(one for one in changes.read(here.changes()) if one.stands)
    changes.undo(change, here, lambda _what, _fraction: None)
    assert here.read_file(UNIT) is None
    assert here.read_file(LOGIND) is None


@pytest.mark.parametrize(
    ("facts", "to", "title"),
    [
        ({"looks_for_saved": ""}, "/dev/sda1", "would not look"),
        ({}, "/dev/nowhere", "no such place"),
        ({}, "/dev/nvme0n1p2", "cannot take"),
        ({}, "nas:/images", "cannot take"),
    ],
)
def test_what_could_not_work_is_refused(facts: dict[str, object], to: str, title: str) -> None:
    here = machine(**facts)
    with pytest.raises(KjtuiError, match=title):
        run(here, to)
    assert here.read_file(UNIT) is None


def test_without_systemd_it_says_what_to_do() -> None:
    with pytest.raises(KjtuiError, match="not run by systemd") as told:
        run(machine(systemd=False))
    assert "kjtui hibernate" in told.value.hint


def test_a_passphrase_that_others_can_read_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "passphrase"
    file.write_text("correct horse\n")
    file.chmod(0o640)
    with pytest.raises(KjtuiError, match="read by others"):
        run(machine(), file=str(file))
    file.chmod(0o600)
    real = os.stat

    def of_root(path: str) -> os.stat_result:
        values = list(real(path))
        values[4] = 0
        return os.stat_result(values)

    monkeypatch.setattr(enable_sleep, "os", SimpleNamespace(stat=of_root, path=os.path))
    here = machine()
    run(here, file=str(file))
    assert str(file) in (here.read_file(UNIT) or "")
    with pytest.raises(KjtuiError, match="cannot be read"):
        run(machine(), file=str(tmp_path / "nowhere"))
