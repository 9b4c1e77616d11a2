"""What is taken from logs, the journal and errors, and how a diagnosis is put together."""

import errno
from dataclasses import replace
from pathlib import Path

import pytest

from kjtui.backend.recording import read_recording
from kjtui.backend.simulated import SimulatedMachine
from kjtui.backend.syscalls import explain_jump, explain_load
from kjtui.errors import KjtuiError
from kjtui.model.facts import JournalEntry, LogLine
from kjtui.wizard.session import Session
from kjtui.wizard.trouble.clues import Clues
from kjtui.wizard.trouble.common import journal_says
from kjtui.wizard.trouble.gather import gather
from kjtui.wizard.trouble.model import UNSURE, Strength, diagnose
from kjtui.wizard.trouble.symptoms import BY_ID, SYMPTOMS, of_error
from kjtui.wizard.trouble.walk import Walk

MACHINES = sorted((Path(__file__).parent.parent / "machines").glob("*.json"))
READY = read_recording(MACHINES[0].parent / "ready.json").facts
NOW, BEFORE = "now", "before"
FAILED = "Freezing user space processes failed after 20.005 seconds (1 tasks refusing to freeze, wq_busy=0):"
DISK = "I/O error, dev sda, sector 2048 op 0x1:(WRITE)"


def log(*lines):
    return tuple(LogLine(float(number), text) for number, text in enumerate(lines))


def facts(*journal):
    return replace(READY, boot_id=NOW, journal=journal)


def entry(state, boot=NOW, operation="jump", about="", code=""):
    return JournalEntry(1.0, boot, operation, state, about, code)


def said(*lines):
    return [one.means.id for one in Clues(READY, log=log(*lines)).told]


def test_lines_before_the_last_jump_do_not_count():
    assert said(DISK, "Freezing user space processes", "Error taking CPU1 down: -16") == [
        "processor-down-failed"
    ]


def test_older_kernels_say_the_outcome_in_a_line_of_its_own():
    lines = (
        "Freezing user space processes",
        "Freezing user space processes completed (elapsed 0.001 seconds)",
    )
    assert said(DISK, *lines, DISK) == ["disk-io-error"]


@pytest.mark.parametrize("entry", ["PM: suspend entry (deep)", "PM: hibernation: hibernation entry"])
def test_an_ordinary_suspend_is_no_jump(entry):
    freezing = "Freezing user space processes"
    assert said(FAILED, entry, freezing, DISK) == ["freeze-tasks-failed", "disk-io-error"]
    assert said(freezing, FAILED, entry, freezing, DISK) == ["freeze-tasks-failed"]


def test_without_a_jump_all_of_this_boot_counts():
    assert said(DISK, "nothing of note") == ["disk-io-error"]


@pytest.mark.parametrize(
    ("journal", "state", "here"),
    [
        ((entry("begun"), entry("done")), "back", True),
        ((entry("begun"), entry("failed", about="why")), "refused", True),
        ((entry("begun"),), "lost", True),
        ((entry("begun", BEFORE),), "lost", False),
        ((entry("begun", BEFORE), entry("settled")), "lost", False),
        ((entry("begun"), entry("done"), entry("begun"), entry("failed")), "refused", True),
        ((entry("begun"), entry("done"), entry("begun", operation="load")), "back", True),
    ],
)
def test_the_journal_tells_how_the_last_jump_ended(journal, state, here):
    jump = Clues(facts(*journal)).past_jump
    assert jump is not None
    assert (jump.state, jump.here) == (state, here)


def test_the_way_home_is_told_with_the_jump():
    home = entry("done", operation="return", about="panic: Linux 6.12 ran 9.0 s, out of memory")
    later = entry("done", operation="return", about="key: of another jump")
    jump = Clues(facts(entry("begun"), entry("done"), later, entry("begun"), entry("done"), home)).past_jump
    assert jump is not None
    assert (jump.state, jump.said) == ("back", home.about)
    assert "it came back, panic: Linux 6.12 ran 9.0 s, out of memory" in journal_says(jump).text


def test_no_jump_in_the_journal():
    assert Clues(facts()).past_jump is None
    assert Clues(facts(entry("begun", operation="load"))).past_jump is None


def test_the_errno_comes_from_the_error_or_else_from_the_journal():
    failure = entry("failed", about="The jump did not take place", code=explain_jump(errno.EBUSY).code)
    assert Clues(facts(failure)).refusal == ("reboot", errno.EBUSY)
    assert Clues(facts(replace(failure, boot_id=BEFORE))).refusal is None
    error = explain_load(errno.ENOMEM)
    assert Clues(facts(failure), error=error).refusal == ("kexec_load", errno.ENOMEM)
    assert Clues(facts(failure), error=error).refused("reboot") is None
    assert Clues(facts(), error=KjtuiError("It broke", code="reboot: ENOSUCHTHING")).refusal is None
    assert Clues(facts(), error=KjtuiError("It broke", code="othercall: EPERM")).refusal is None
    assert Clues(facts(failure), error=KjtuiError("It broke")).refusal is None


def test_an_error_leads_to_its_symptom():
    assert of_error(explain_load(errno.EPERM)) is BY_ID["load"]
    assert of_error(explain_jump(errno.EBUSY)) is BY_ID["refused"]
    assert of_error(KjtuiError("It broke", "for a reason")) is None
    assert of_error(None) is None


def test_what_is_proven_leaves_out_what_is_only_possible():
    known = Clues(facts(), log=log("Freezing user space processes", DISK), answers={"disk-kind": UNSURE})
    told = diagnose(BY_ID["disk"], known)
    assert told.cause.strength is Strength.PROVEN
    assert told.others == ()
    open_still = diagnose(BY_ID["disk"], replace(known, log=()))
    assert open_still.cause.strength is Strength.POSSIBLE


def test_where_nothing_speaks_for_any_cause_that_is_said():
    told = diagnose(BY_ID["refused"], Clues(facts(entry("begun"), entry("done")), log=()))
    assert told.cause.finding.id == "unexplained"
    assert "kjtui report" in told.cause.finding.cure


def test_an_answer_can_be_taken_back():
    walk = Walk(BY_ID["rebooted"], Clues(replace(READY, journal=None)))
    first = walk.question
    assert first is not None
    walk.answer("itself")
    assert walk.question != first
    assert walk.number == 2
    assert walk.back()
    assert walk.question == first
    assert not walk.back()


@pytest.mark.parametrize("file", MACHINES, ids=lambda file: file.stem)
def test_every_symptom_has_an_outcome_on_every_machine(file):
    session = Session(SimulatedMachine.from_file(file))
    fractions = []
    known = gather(session, None, lambda _what, fraction: fractions.append(fraction))
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    for symptom in SYMPTOMS:
        walk = Walk(symptom, known)
        while walk.question is not None:
            walk.answer(UNSURE)
        assert walk.diagnosis().cause.finding.title


class _Mute(SimulatedMachine):
    """A machine whose logs and kernels cannot be read."""

    def kernel_log(self):
        raise KjtuiError("The kernel log cannot be read", "/dev/kmsg: not permitted.")

    def previous_log(self):
        raise KjtuiError("The log of the boot before cannot be read")

    def installed_kernels(self):
        raise KjtuiError("The kernels cannot be listed", "/boot: not permitted.")


def test_what_could_not_be_seen_is_named_with_the_way_to_see_it():
    recording = read_recording(MACHINES[0].parent / "ready.json")
    machine = _Mute(replace(recording, facts=replace(recording.facts, journal=None, capabilities=0)))
    known = gather(Session(machine), None, lambda _what, _fraction: None)
    assert (known.log, known.previous, known.kernels) == (None, None, None)
    places = {one.source for one in known.unseen}
    assert places == {
        "kernel log",
        "log of the boot before",
        "installed kernels",
        "kjtui's journal",
        "step 1",
    }
    assert all("sudo" in one.text for one in known.unseen)


@pytest.mark.parametrize(("name", "how"), [("not-root", "sudo"), ("container", "on the host"), ("ready", "")])
def test_what_could_not_be_seen_is_named_with_how_to_see_it(name, how):
    walk = Session(SimulatedMachine.from_file(MACHINES[0].parent / f"{name}.json"))
    clues = gather(walk, None, lambda _what, _fraction: None)
    assert bool(clues.unseen) == bool(how)
    assert all(how in one.text for one in clues.unseen)
    for symptom in SYMPTOMS:
        assert diagnose(symptom, clues).unseen == clues.unseen


def test_without_root_the_logs_the_journal_and_the_checks_are_unseen():
    walk = Session(SimulatedMachine.from_file(MACHINES[0].parent / "not-root.json"))
    unseen = {one.source: one.text for one in gather(walk, None, lambda _what, _fraction: None).unseen}
    assert set(unseen) == {"kernel log", "log of the boot before", "kjtui's journal", "step 1"}
    assert "way-back" in unseen["step 1"]
