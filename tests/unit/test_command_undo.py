"""`kjtui undo`: what was changed when, and taking it back."""

import io
from pathlib import Path

import pytest

from kjtui.backend.simulated import SimulatedMachine
from kjtui.commands import undo
from kjtui.commands.output import Streams
from kjtui.errors import KjtuiError
from kjtui.wizard import changing
from kjtui.wizard.session import Session

MACHINES = Path(__file__).parent.parent / "machines"


class Terminal(io.StringIO):
    def isatty(self):
        return True


def changed(name="opensuse"):
    machine = SimulatedMachine.from_file(MACHINES / f"{name}.json")
    walk = Session(machine)
    walk.take_look(walk.look())
    changing.reserve(walk, changing.reservation(walk, keep=False), lambda _what, _fraction: None)
    return machine


def run(machine, typed=None, **options):
    streams = Streams(Terminal(typed) if typed is not None else io.StringIO(), io.StringIO(), io.StringIO())
    status = undo.run(machine, streams, **{"listing": False, "yes": False, **options})
    return status, streams.stdout.getvalue()


def content(machine):
    return {path: file.data for path, file in machine.disk.files.items() if file.data is not None}


def test_it_lists_what_was_changed_and_changes_nothing():
    machine = changed()
    before = content(machine)
    status, said = run(machine, listing=True)
    assert status == 0
    assert "Set crashkernel=192M for every start: stands" in said
    assert "Put crashkernel=192M into /etc/default/grub" in said
    assert content(machine) == before


def test_it_shows_and_asks_and_takes_back():
    pristine = content(SimulatedMachine.from_file(MACHINES / "opensuse.json"))
    machine = changed()
    before = content(machine)
    status, said = run(machine, "\n")
    assert status == 1
    assert "Nothing was changed." in said
    assert content(machine) == before
    status, said = run(machine, "y\n")
    assert status == 0
    assert "-GRUB_CMDLINE_LINUX_DEFAULT=" in said
    assert "as it was before" in said
    assert content(machine) == pristine
    with pytest.raises(KjtuiError, match="nothing to take back"):
        run(machine, "y\n")
    assert "taken back" in run(machine, listing=True)[1]


def test_without_a_terminal_it_wants_to_be_told():
    machine = changed()
    with pytest.raises(KjtuiError, match="Nobody can be asked"):
        run(machine)
    assert run(machine, yes=True)[0] == 0


def test_nothing_changed_yet():
    machine = SimulatedMachine.from_file(MACHINES / "ready.json")
    assert run(machine, listing=True) == (0, "kjtui has changed nothing on this machine.\n")
