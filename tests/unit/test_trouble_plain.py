"""The troubleshooting line by line: transcripts."""

import errno
import os
from dataclasses import replace
from pathlib import Path

import pytest

from kjtui.backend.recording import read_recording
from kjtui.backend.simulated import SimulatedMachine
from kjtui.backend.syscalls import explain_jump
from kjtui.model.facts import JournalEntry, LogLine
from kjtui.plain.trouble import walk
from kjtui.wizard.session import Session

MACHINES = Path(__file__).parent.parent / "machines"
TRANSCRIPTS = Path(__file__).parent.parent / "tui" / "pictures"


def session(name, **facts):
    recording = read_recording(MACHINES / f"{name}.json")
    return Session(SimulatedMachine(replace(recording, facts=replace(recording.facts, **facts))))


def play(person, *answers, **known):
    """The transcript of a walk; every answer must be asked for, and no more."""
    lines = []
    waiting = list(answers)

    def question(prompt):
        answer = waiting.pop(0)
        lines.append(f"{prompt} > {answer}")
        return answer

    walk(person, question, lines.append, **known)
    assert not waiting
    return "\n".join(lines) + "\n"


def compare(transcript, name):
    file = TRANSCRIPTS / f"plain-trouble-{name}.txt"
    if os.environ.get("KJTUI_UPDATE_PICTURES"):
        file.write_text(transcript, encoding="utf-8")
    assert transcript == file.read_text(encoding="utf-8")


def test_a_kernel_that_cannot_jump():
    compare(play(session("debian"), "1", "", "b"), "debian")


def test_an_error_leads_straight_to_its_cause():
    log = (
        LogLine(61.2, "Freezing user space processes"),
        LogLine(81.2, "Freezing user space processes failed after 20.005 seconds (1 tasks refusing"),
        LogLine(81.3, "task:holder          state:D stack:0     pid:345   ppid:1"),
    )
    transcript = play(session("ready", kernel_log=log), "", "b", error=explain_jump(errno.EBUSY))
    assert "This is the cause: A program would not be frozen: holder." in transcript
    compare(transcript, "refused")


def test_questions_can_be_answered_gone_back_from_and_left_open():
    lost = (JournalEntry(1.0, "another boot", "jump", "begun"),)
    person = session("ready", journal=lost)
    transcript = play(person, "0", "6", "x", "1", "b", "2", "e", "", "7", "b", "b")
    assert "This is the cause: It was restarted by hand." in transcript
    assert transcript.count("Who restarted the machine?") == 2
    assert transcript.count("Read: you said: Somebody pressed reset") == 2


def test_what_can_be_set_right_is_set_right_after_a_yes_and_looked_at_again():
    lost = (JournalEntry(1.0, "another boot", "jump", "begun"),)
    person = session("ready", journal=lost)
    transcript = play(person, "6", "2", "x", "n", "6", "2", "x", "y", "2", "", "b")
    assert person.machine.facts().journal[-1].state == "settled"
    assert transcript.count("This is the cause: It was restarted by hand.") == 3
    assert transcript.count("x: set right") == 2
    assert "Done." in transcript


@pytest.mark.parametrize("answer", ["b", ""])
def test_going_back_at_once(answer):
    assert "9. After coming back a disk is dead" in play(session("ready"), answer)
