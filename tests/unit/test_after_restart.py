"""What the wizard says after the restart: reserved, or why not and what next."""

from dataclasses import replace
from pathlib import Path

import pytest

from kjtui.backend.recording import read_recording
from kjtui.backend.simulated import SimulatedMachine
from kjtui.model.change import ChangeLine, Event, Phase, Remembered
from kjtui.model.checks import Verdict
from kjtui.model.facts import LogLine
from kjtui.plan import changes
from kjtui.wizard import afterrestart
from kjtui.wizard.reservation import Reservation

READY = Path(__file__).parent.parent / "machines" / "ready.json"
FACTS = read_recording(READY).facts
MIB = 1 << 20
FAILED = (LogLine(0.01, "crashkernel reservation failed - No suitable area found."),)


def state(phase=Phase.SET, value="192M", size=192 * MIB):
    return Remembered(phase, value, size, "the boot before", 0.0)


def booted(word, reserved=0, **changes):
    line = f"{FACTS.command_line} {word}".strip()
    lines = FACTS.iomem
    if reserved:
        lines = (*lines[:1], f"  50000000-{0x50000000 + reserved - 1:08x} : Crash kernel", *lines[1:])
    return replace(
        FACTS, boot_id="this boot", command_line=line, kexec_crash_size=reserved, iomem=lines, **changes
    )


def test_reserved_is_told_with_its_place():
    told = afterrestart.verdict(booted("crashkernel=192M", 192 * MIB), state())
    assert told.verdict is Verdict.READY
    assert told.title == "Reserved: 192 MiB at 0x50000000"


def test_less_than_asked_for():
    told = afterrestart.verdict(booted("crashkernel=192M", 64 * MIB), state())
    assert told.verdict is Verdict.ATTENTION
    assert "less than the 192 MiB" in told.title


def test_another_entry_was_booted():
    told = afterrestart.verdict(booted(""), state())
    assert "did not have crashkernel=192M" in told.title
    assert "another one was chosen in the boot menu" in told.why
    assert told.cure


def test_a_trial_that_did_not_come_up():
    told = afterrestart.verdict(booted(""), state(Phase.TRIAL))
    assert "did not come up" in told.title
    assert "borrow memory instead" in told.cure


def test_a_range_that_does_not_match():
    value = "64G-:512M"
    told = afterrestart.verdict(booted(f"crashkernel={value}"), state(value=value), FAILED)
    assert "Nothing was reserved" in told.title
    assert "64 GiB" in told.why
    assert any("No suitable area" in one.text for one in told.evidence)


def test_too_little_memory():
    value = "6000M"
    told = afterrestart.verdict(booted(f"crashkernel={value}"), state(value=value), FAILED)
    assert "too little memory" in told.why


def test_nothing_free_below_4_gib():
    told = afterrestart.verdict(booted("crashkernel=192M"), state(), FAILED)
    assert "below 4 GiB" in told.why
    assert "crashkernel=192M,high" in told.cure


def test_a_place_that_is_taken():
    value = "192M@16M"
    told = afterrestart.verdict(booted(f"crashkernel={value}"), state(value=value))
    assert "place behind the @" in told.why


@pytest.mark.parametrize(("reserved", "verdict"), [(0, Verdict.READY), (192 * MIB, Verdict.ATTENTION)])
def test_taken_back(reserved, verdict):
    told = afterrestart.verdict(booted("", reserved), state(Phase.LIFTED, "", 0))
    assert told.verdict is verdict
    assert "taken back" in told.title


def test_before_the_restart_there_is_no_verdict():
    waiting = replace(state(), boot_id="this boot")
    assert not afterrestart.has_restarted(booted(""), waiting)
    assert not afterrestart.came_up(booted("crashkernel=192M", 192 * MIB), waiting)


def test_what_is_known_stays_while_it_is_read_anew(monkeypatch):
    """A look reads it in a thread of its own, beside the page on which a change is being settled."""
    machine = SimulatedMachine.from_file(READY)
    reservation = Reservation(machine)
    machine.note_change(
        ChangeLine("c", Event.BEGUN, title="Set crashkernel=192M for every start", operations="[]")
    )
    reservation.recall()
    known, read, seen = reservation.cut_off, changes.read, []
    assert known is not None

    def slow_read(lines):
        seen.append(reservation.cut_off)
        return read(lines)

    monkeypatch.setattr(changes, "read", slow_read)
    reservation.recall()
    assert seen == [known]
