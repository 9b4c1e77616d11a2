"""What is done when kernel B has come back: its files are kept, its way home is written down."""

from dataclasses import replace
from pathlib import Path

import pytest

from kjtui.backend.recording import Damage, Faults, Visitor, read_recording
from kjtui.backend.simulated import SimulatedMachine
from kjtui.errors import KjtuiError
from kjtui.model.checks import Verdict
from kjtui.model.choices import Choices, Purpose
from kjtui.model.word import KeptDisk, WayHome
from kjtui.plan import visit
from kjtui.wizard import returned, visitor
from kjtui.wizard.session import Session

READY = read_recording(Path(__file__).parent.parent / "machines" / "ready.json")
RAN = Visitor(output="hello\n", files={"result.txt": "fine\n", "other": ""})
PROGRAM = Choices(purpose=Purpose.PROGRAM, program="/root/measure.sh", bring_back=("result.txt",))


def quiet(_what: str, _fraction: float) -> None:
    pass


def visited(told: Visitor | None = RAN, choices: Choices = PROGRAM, faults: Faults | None = None) -> Session:
    walk = Session(SimulatedMachine(replace(READY, visitor=told, faults=faults or Faults())))
    walk.take_look(walk.look())
    walk.choose(choices)
    walk.take_image(walk.prepare(quiet))
    walk.load(quiet)
    walk.jump()
    return walk


def noted(walk: Session) -> str:
    (line,) = [one for one in walk.machine.facts().journal or () if one.operation == "return"]
    assert line.state == "done"
    return line.about


def finding(walk: Session, name: str):
    assert walk.report is not None
    return next((one for one in returned.findings(walk.report) if one.id == name), None)


def test_what_a_program_made_is_kept_and_the_report_says_where():
    walk = visited()
    assert walk.machine.kept == [{"output": b"hello\n", "result.txt": b"fine\n"}]  # type: ignore[attr-defined]
    told = finding(walk, "files")
    assert told.title == "What was brought home is in /var/lib/kjtui/visits/1"
    assert told.verdict is Verdict.READY
    walk.jump()  # the same kernel B again tells the same again
    assert len(walk.machine.kept) == 1  # type: ignore[attr-defined]
    assert finding(walk, "files").title == told.title


def test_a_program_that_is_run_anew_is_kept_anew():
    walk = visited()
    walk.load(quiet)
    walk.jump()
    assert len(walk.machine.kept) == 2  # type: ignore[attr-defined]


def test_without_a_program_there_is_nothing_to_keep():
    walk = visited(choices=Choices())
    assert walk.machine.kept == []  # type: ignore[attr-defined]
    assert finding(walk, "files") is None


def test_a_disk_that_takes_nothing_is_told_and_the_report_comes_all_the_same():
    def full(_files: object) -> str:
        raise KjtuiError("It could not be written", "The disk is full.", "Make room.")

    machine = SimulatedMachine(replace(READY, visitor=RAN))
    walk = Session(machine)
    walk.keeper = full
    walk.take_look(walk.look())
    walk.choose(PROGRAM)
    walk.take_image(walk.prepare(quiet))
    walk.load(quiet)
    walk.jump()
    told = finding(walk, "files")
    assert told.verdict is Verdict.ATTENTION
    assert "The disk is full." in told.why
    assert noted(walk).endswith("what was brought home could not be written")


def test_a_journal_that_cannot_be_written_loses_no_report(monkeypatch):
    def read_only(*_words: str) -> None:
        raise KjtuiError("The journal cannot be written", "It is read-only.")

    monkeypatch.setattr(SimulatedMachine, "record", read_only)
    assert visited().report is not None


@pytest.mark.parametrize("way", list(WayHome))
def test_the_way_home_stands_in_the_journal(way):
    about = noted(visited(replace(RAN, way_home=way, panic="Out of memory"), Choices()))
    assert about.startswith(f"{way}: Linux 6.14.0-24-generic ran 9.0 s")
    assert about.endswith("disks read-only: nvme0n1; away 11.5 s")
    assert ("Out of memory" in about) == (way is WayHome.PANIC)


def test_no_word_and_a_damaged_one():
    assert noted(visited(None)) == "unknown: kernel B left no word; away 11.5 s"
    assert noted(visited(replace(RAN, damaged="its checksum is not right"))).startswith(
        "unknown: kernel B's word is damaged; away"
    )


def test_what_was_lost_stands_there_too():
    damage = Damage(cpus_online=1, memory_intact=False, same_boot=False)
    about = noted(visited(choices=Choices(), faults=Faults(after=damage)))
    assert about.endswith("; another boot; memory changed; 1 of 4 processors")


def test_a_long_story_is_cut_short():
    walk = visited()
    assert walk.report is not None
    assert walk.report.word is not None
    disks = tuple(KeptDisk(f"nvme{number}n1", "", number > 0) for number in range(99))
    word = replace(walk.report.word, way_home="panic", panic="x\x1b" * 5000, disks=disks)
    about = visitor.sentence(replace(walk.report, word=word))
    assert len(about) < 1000
    assert about.isprintable()
    assert "disks not read-only: nvme0n1;" in about


@pytest.mark.parametrize(
    ("choices", "timer"),
    [
        (Choices(), 300),
        (Choices(purpose=Purpose.PROGRAM), 3600),
        (Choices(purpose=Purpose.PROGRAM, timer=0), 0),
        (Choices(purpose=Purpose.PROGRAM, timer=7200), 7200),
        (Choices(purpose=Purpose.PROGRAM, limit=60), 60),
        (Choices(purpose=Purpose.PROGRAM, timer=0, limit=60), 60),
        (Choices(purpose=Purpose.LOOK, limit=60), 300),
    ],
)
def test_how_long_kernel_b_stays(choices, timer):
    assert visit.orders_for(READY.facts, choices, None, (), same_kernel=True).timer == timer
