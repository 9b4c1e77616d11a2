"""Having the starts look for saved systems from within the wizard, and taking that back."""

from dataclasses import replace
from pathlib import Path

import pytest

from kjtui.backend.recording import read_recording
from kjtui.backend.simulated import SimulatedMachine
from kjtui.errors import KjtuiError
from kjtui.model.boot import BootFile
from kjtui.model.saved import Task
from kjtui.plain.walk import walk as plain_walk
from kjtui.wizard import changing, goals, imageplace, lookout
from kjtui.wizard.session import Session
from kjtui.wizard.steps import STEPS

MACHINES = Path(__file__).parent.parent / "machines"
HOOK = "/etc/initramfs-tools/hooks/kjtui"
SCRIPT = "/etc/initramfs-tools/scripts/local-top/kjtui"


def quiet(_what: str, _fraction: float) -> None:
    pass


def machine(*tools: str) -> SimulatedMachine:
    """One whose starts do not look for saved systems. tools: what makes its initramfs."""
    recording = read_recording(MACHINES / "hibernate.json")
    made = SimulatedMachine(replace(recording, facts=replace(recording.facts, looks_for_saved="")))
    made.disk.files |= {tool: BootFile(tool, "a program", 0o755) for tool in tools}
    return made


def session(*tools: str) -> Session:
    made = Session(machine(*tools))
    goals.begin(made, next(one for one in goals.GOALS if one.task is Task.HIBERNATE))
    made.take_look(made.look())
    return made


@pytest.mark.parametrize("tool", ["/usr/sbin/update-initramfs", "/usr/bin/dracut"])
def test_it_is_set_up_looked_at_and_taken_back(tool: str) -> None:
    walk = session(tool)
    assert STEPS[2].view(walk).blocked is imageplace.NOT_LOOKED_FOR
    plan = lookout.plan(walk)
    assert plan.blocked is None
    assert tool in " ".join(line for _, lines in plan.parts for line in lines)
    lookout.enable(walk, quiet)
    walk.take_look(walk.look())
    assert STEPS[2].view(walk).blocked is None
    assert walk.reservation.standing
    changing.undo(walk, quiet)
    walk.take_look(walk.look())
    assert STEPS[2].view(walk).blocked is imageplace.NOT_LOOKED_FOR
    files = walk.machine.disk.files  # type: ignore[attr-defined]
    assert not [path for path, file in files.items() if "kjtui" in path and file.data is not None]


def test_where_it_cannot_be_done_the_reason_is_told() -> None:
    plan = lookout.plan(session())
    assert plan.blocked is not None
    assert "update-initramfs" in plan.blocked.why
    assert "dracut" in plan.blocked.why


def test_what_was_set_up_and_does_not_work_says_what_to_do() -> None:
    walk = session("/usr/sbin/update-initramfs")
    lookout.enable(walk, quiet)
    walk.machine.disk.lookout = ""  # type: ignore[attr-defined]
    walk.take_look(walk.look())
    with pytest.raises(KjtuiError, match="set up") as told:
        lookout.plan(walk)
    assert "update-initramfs -u" in told.value.hint


def test_it_is_undone_where_it_fails() -> None:
    walk = session("/usr/sbin/update-initramfs")

    def fail(*_words: object) -> str:
        raise KjtuiError("update-initramfs failed", "It ended with status 1.")

    walk.machine.disk.run = fail  # type: ignore[attr-defined]
    with pytest.raises(KjtuiError, match="failed"):
        lookout.enable(walk, quiet)
    assert walk.machine.read_file(HOOK) is None
    assert walk.machine.read_file(SCRIPT) is None
    assert not walk.reservation.standing


def test_the_plain_walk_does_it() -> None:
    """Hibernate, go on to step 3, x, yes: then that step can go on."""
    made = Session(machine("/usr/sbin/update-initramfs"))
    said: list[str] = []
    answers = iter(["2", "", "", "", "", "x", "y", "", "q"])

    def ask(prompt: str) -> str:
        said.append(prompt)
        return next(answers)

    plain_walk(made, ask, said.append)
    text = "\n".join(said)
    assert "would not look for the saved system" in text
    assert "Done. What is saved from now on is found at the next start." in text
    assert made.seen is not None
    assert made.seen.facts.looks_for_saved
