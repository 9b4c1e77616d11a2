"""The plain mode: transcripts of whole walks."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from kjtui import __version__
from kjtui.backend.simulated import SimulatedMachine
from kjtui.errors import KjtuiError
from kjtui.plain.walk import walk
from kjtui.wizard.session import Session
from kjtui.wizard.steps import STEPS

MACHINES = Path(__file__).parent.parent / "machines"
TRANSCRIPTS = Path(__file__).parent.parent / "tui" / "pictures"


def play(name: str, *answers: str) -> tuple[str, int, Session]:
    """The transcript of a walk with these answers; then the input ends."""
    lines: list[str] = []
    waiting = list(answers)

    def ask(prompt: str) -> str:
        if not waiting:
            lines.append(prompt + "(end of input)")
            raise EOFError
        answer = waiting.pop(0)
        lines.append(prompt + answer)
        return answer

    session = Session(SimulatedMachine.from_file(MACHINES / f"{name}.json"))
    status = walk(session, ask, lines.append)
    return "\n".join(lines) + "\n", status, session


def compare(transcript: str, name: str) -> None:
    file = TRANSCRIPTS / f"plain-{name}.txt"
    if os.environ.get("KJTUI_UPDATE_PICTURES"):
        file.write_text(transcript, encoding="utf-8")
    assert transcript == file.read_text(encoding="utf-8")


def test_enter_leads_to_the_report_and_out():
    transcript, status, session = play("ready", *[""] * 10)
    assert "Return report" in transcript
    assert "nothing was lost" in transcript
    assert status == 0
    assert session.machine.facts().kexec_loaded is False
    compare(transcript, "ready")


def test_blocked():
    transcript, status, _session = play("debian", "1", "", "q")
    assert transcript.count("Step 1 of 5") == 2
    assert "Step 2 of 5" not in transcript
    assert status == 1
    compare(transcript, "debian")


def test_evidence_and_looking_again():
    transcript, _status, _session = play("debian", "1", "e", "r", "q")
    assert transcript.count("Please wait: looking at this machine.") == 2
    assert "Read: /boot/config" in transcript


def test_a_warning_wants_a_typed_yes():
    transcript, _status, _session = play("warning", "", "", "", "", "y")
    assert transcript.count("Go on anyway?") == 2
    assert transcript.index("Step 2 of 5") > transcript.rindex("Go on anyway?")


def test_look_around_is_the_second_choice():
    transcript, _status, session = play("ready", "", "", "", "", "2", "", "")
    assert "Chosen: Look around." in transcript
    assert session.choices.purpose == "look"


def test_memory_is_reserved_kept_and_given_back():
    keys = ["", "", "2", "", "y", "r", "", "", "y", "", "u", "y", "r", "", "q"]
    transcript, _status, session = play("ready", *keys)
    assert "A restart" not in transcript.split("Step 2")[1].split("Do it?")[0]
    assert "1. Add an entry for the trial start to /boot/grub/custom.cfg" in transcript
    assert "Ready: Reserved: 192 MiB at" in transcript
    assert "Keeps the reservation: 192 MiB" in transcript
    assert "Taken back: the boot configuration is as it was before." in transcript
    assert not session.reservation.standing
    assert not session.machine.facts().kexec_crash_size


def test_what_is_not_said_yes_to_is_not_done():
    transcript, _status, session = play("ready", "", "", "2", "", "", "q")
    assert "Do it? Type y for yes" in transcript
    assert not session.machine.changes()


@pytest.mark.parametrize(("name", "keys"), [("load-fails", 8), ("jump-refused", 9)])
def test_what_fails_is_told_and_can_be_left(name, keys):
    transcript, _status, session = play(name, *[""] * (keys - 1), "b", "q", "")
    assert "This did not work" in transcript
    assert session.loaded is None


def test_the_end_of_input_undoes_the_load():
    transcript, status, session = play("ready", *[""] * 7)
    assert "Step 5 of 5" in transcript
    assert "Kernel B is unloaded" in transcript
    assert session.machine.facts().kexec_loaded is False
    assert status == 0


def test_jump_again_and_keep():
    transcript, _status, session = play("ready", *[""] * 8, "j", "", "q", "k")
    assert transcript.count("Return report") == 2
    assert session.machine.facts().kexec_loaded is True


def test_help_everywhere():
    transcript, _status, _session = play("ready", "h", "", "h", "q")
    assert transcript.count("kernel B is a second Linux") == 2


def test_back_from_the_first_step_is_the_welcome():
    transcript, _status, _session = play("ready", "7", "", "b", "q")
    assert transcript.count("Welcome to kjtui") == 3
    assert transcript.count("Step 1 of 5") == 1


def test_the_cause_is_found_from_the_welcome_and_from_any_question():
    transcript, _status, _session = play("debian", "4", "b", "", "d", "b", "q")
    assert transcript.count("What do you see?") == 2
    assert transcript.count("Welcome to kjtui") == 2
    assert transcript.rindex("What do you see?") > transcript.index("Step 1 of 5")


def test_what_has_failed_is_looked_into():
    transcript, _status, _session = play("jump-refused", *[""] * 8, "d")
    failed = transcript.index("This did not work")
    assert "The jump was refused" in transcript[failed:]
    assert "What do you see?" not in transcript[failed:]


def test_a_remedy_that_fails_in_the_troubleshooting_is_told(monkeypatch):
    def fail(*_what):
        raise KjtuiError("It could not be set right", "The kernel says no.", "Try again.")

    monkeypatch.setattr("kjtui.plain.trouble.walk", fail)
    transcript, _status, _session = play("ready", "4", "q")
    assert "This did not work: It could not be set right." in transcript
    assert transcript.count("Welcome to kjtui") == 2


def test_what_can_be_set_right_is_set_right_after_a_typed_yes():
    transcript, _status, session = play("warning", "", "x", "", "x", "y", "q")
    assert transcript.count("x: Drop the kernel that is loaded.") == 2
    assert transcript.count("kexec_load with no segments") == 2
    asked, done = transcript.split("Do it? Type y for yes, Enter for no")[1:]
    assert "x: Drop the kernel" in asked
    assert "image-loaded" not in [one.id for one in STEPS[0].view(session).found]
    assert "x: " not in done
    assert session.machine.facts().kexec_loaded is False


def command(*arguments: str, answers: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kjtui", *arguments],
        input=answers,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **environment},
        cwd=MACHINES.parent.parent,
    )


def test_without_a_terminal_the_command_asks_line_by_line():
    done = command("--machine", str(MACHINES / "debian.json"), answers="\n", LANG="C")
    assert done.returncode == 1
    assert "Stop: This kernel was built without the jump" in done.stdout
    assert done.stderr == ""


def test_version_help_and_mistakes():
    assert command("--version").stdout == f"kjtui {__version__}\n"
    assert "--machine" in command("--help").stdout
    assert command("--nonsense").returncode == 2
    missing = command("--machine", "nowhere.json")
    assert missing.returncode == 1
    assert "nowhere.json" in missing.stderr
    assert "Traceback" not in missing.stderr


def test_another_kernel_is_listed_and_taken():
    transcript, _status, session = play("ready", "", "", "", "", "k", "4", "2", "", "q")
    assert "1. Linux 6.14.0-24-generic (the running one)." in transcript
    assert "Stop: Linux 6.1.0-40-amd64 cannot come back." in transcript
    assert "Chosen: Linux 6.12.48-jump." in transcript
    assert session.choices.kernel == "/boot/vmlinuz-6.12.48-jump"


def test_a_kernel_of_which_nothing_is_known_is_looked_into_and_asked_about():
    transcript, _status, _session = play("ready", "", "", "", "", "k", "3", "", "", "", "q")
    assert "Please wait: looking for the configuration in the kernel's own file." in transcript
    assert "Cannot tell: Whether Linux 6.11.10-amd64 can come back cannot be told." in transcript
    assert "Go on anyway?" in transcript


def test_the_options_are_asked_one_after_the_other():
    answers = [
        "",
        "",
        "",
        "",
        "4",
        "o",
        "/root/report.py",
        "/root/measure.sh",
        "A.txt b",
        "yes",
        "0",
        "-",
        "debug",
    ]
    transcript, _status, session = play("ready", *answers, "", "q")
    assert "Stop: Program: No program is named yet." in transcript
    assert "Stop: Kernel B does not have what runs this script: /usr/bin/python3." in transcript
    assert "Program [] > /root/measure.sh" in transcript
    assert session.choices.program == "/root/measure.sh"
    assert session.choices.bring_back == ("A.txt", "b")
    assert (session.choices.network, session.choices.timer) == (True, 0)
    assert (session.choices.kernel, session.choices.words) == ("", "debug")
    assert "Its command line gets: debug" in transcript.rpartition("Further words [")[2]


def test_enter_keeps_an_option_and_a_dash_empties_it():
    answers = ["", "", "", "", "4", "o", "/root/measure.sh", "", "", "", "", "x=1"]
    transcript, _status, session = play("ready", *answers, "", "o", "-", "", "", "7", "", "", "q")
    assert "Program [/root/measure.sh] > -" in transcript
    assert session.choices.program == ""
    assert (session.choices.timer, session.choices.words) == (420, "x=1")
    assert transcript.count("No program is named yet") >= 2


def test_a_file_of_ones_own_is_named_from_the_list():
    answers = ["", "", "", "", "k", "o", "/root/own.cpio", "/boot/vmlinuz-6.12.48-jump", "", ""]
    transcript, _status, session = play("ready", *answers, "q")
    assert "Stop: This is an initramfs (cpio archive)." in transcript
    assert session.choices.kernel == "/boot/vmlinuz-6.12.48-jump"


def test_what_blocks_just_before_the_jump_is_told(monkeypatch):
    jumped = SimulatedMachine.write_out

    def hangs(machine, progress):
        written = jumped(machine, progress)
        return replace(written, done=False, hanging=machine.facts().mounts[:1])

    monkeypatch.setattr(SimulatedMachine, "write_out", hangs)
    transcript, status, session = play("ready", *[""] * 9)
    assert "The jump was not begun: this stands in its way." in transcript
    assert "Stop: A file system does not answer: /proc." in transcript
    assert "Return report" not in transcript
    assert session.report is None
    assert status == 0  # nothing has gone wrong yet


def test_what_is_amiss_after_the_return_can_be_set_right():
    transcript, status, session = play("memory-lost", *[""] * 8, "x", "y", "")
    assert "Only 1 of 2 processors came back: not 1." in transcript
    assert "  x: Bring all processors online." in transcript
    assert transcript.count("Return report") == 2
    assert "All processors are back: 2 of 2 online." in transcript
    assert status == 1  # the memory stays lost
    assert session.report is not None
