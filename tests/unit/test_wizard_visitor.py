"""What kernel B told of its visit, as the return report says it."""

from dataclasses import replace
from pathlib import Path

import pytest

from kjtui.backend.simulated import SimulatedMachine
from kjtui.errors import KjtuiError
from kjtui.model.checks import Finding, Verdict
from kjtui.model.report import JumpReport, Snapshot
from kjtui.model.word import KeptDisk, ProgramEnd, VisitorWord, WayHome
from kjtui.wizard import returned, visitor
from kjtui.wizard.session import Session

WORD = VisitorWord("6.12.117", 9.04, WayHome.KEY, True)
LOG = tuple(f"[{number:12.6f}] line {number}" for number in range(40))


def quiet(_what: str, _fraction: float) -> None:
    pass


def report(word: VisitorWord | None, fault: str = "") -> JumpReport:
    before = Snapshot("boot", 10.0, 10.0, 2, "canary")
    return JumpReport(before, replace(before, boottime=20.0), word, fault)


def found(word: VisitorWord | None, fault: str = "") -> dict[str, Finding]:
    return {one.id: one for one in visitor.findings(report(word, fault))}


@pytest.mark.parametrize("way", WayHome)
def test_each_way_home_is_named(way: WayHome) -> None:
    one = found(replace(WORD, way_home=way))["visitor"]
    assert one.title == f"Kernel B, Linux 6.12.117, ran 9.0 s and came back because {visitor.BECAUSE[way]}"
    amiss = way in (WayHome.AGENT, WayHome.ERROR, WayHome.PANIC)
    assert one.verdict is (Verdict.ATTENTION if amiss else Verdict.READY)
    assert bool(one.cure) is amiss
    assert f"way home {way}" in one.evidence[0].text


def test_a_way_that_this_program_does_not_know_is_told_as_it_is() -> None:
    one = found(replace(WORD, way_home="teleport"))["visitor"]
    assert one.title.endswith("because teleport")
    assert one.verdict is Verdict.READY


def test_a_panic_says_why_and_shows_the_end_of_the_log() -> None:
    one = found(replace(WORD, way_home=WayHome.PANIC, panic="sysrq triggered crash", log=LOG))["visitor"]
    assert "it failed (panic)" in one.title
    assert one.evidence[0].text == "sysrq triggered crash"
    shown = [evidence.text for evidence in one.evidence if evidence.source == "kernel B's log"]
    assert shown == list(LOG[-12:])
    assert "load kernel B anew" in one.cure


@pytest.mark.parametrize(
    ("way", "saved", "verdict"),
    [
        (WayHome.CANCELLED, "", Verdict.ATTENTION),
        (WayHome.ERROR, "", Verdict.ATTENTION),
        (WayHome.ERROR, "all", Verdict.BLOCKED),  # as where the machine could not be switched off
        (WayHome.PANIC, "", Verdict.BLOCKED),
        (WayHome.RESTORED, "all", Verdict.BLOCKED),
        (None, "", Verdict.BLOCKED),
    ],
)
def test_an_image_that_cannot_be_looked_at_alarms_where_it_may_be_whole(
    way: WayHome | None, saved: str, verdict: Verdict
) -> None:
    word = replace(WORD, way_home=way, saved=saved) if way else None
    told = visitor.findings(replace(report(word), image_fault="/dev/sda1: No such file or directory"))
    one = next(finding for finding in told if finding.id == "image")
    assert one.verdict is verdict
    assert "No such file" in one.evidence[0].text
    assert "image discard" in one.cure


def test_what_was_whole_and_had_to_be_thrown_away_is_not_told_as_saved() -> None:
    one = found(replace(WORD, way_home=WayHome.ERROR, saved="all of it"))["visitor"]
    assert "saved" not in one.title


def test_the_log_is_not_shown_when_all_is_well() -> None:
    one = found(replace(WORD, log=LOG))["visitor"]
    assert [evidence.source for evidence in one.evidence] == ["mailbox"]


def test_an_error_is_in_kernel_b_s_own_words() -> None:
    one = found(replace(WORD, way_home=WayHome.ERROR, error="the disk vda could not be set read-only"))
    assert one["visitor"].evidence[0].text == "the disk vda could not be set read-only"


def test_no_word_is_not_known() -> None:
    one = found(None)["visitor"]
    assert one.verdict is Verdict.UNKNOWN
    assert one.title == "Kernel B left no word of its visit"


def test_a_damaged_word_is_said_to_be_damaged_and_why() -> None:
    findings = found(None, "It left word in this kernel's memory, but its checksum is not right.")
    assert list(findings) == ["visitor"]
    assert findings["visitor"].verdict is Verdict.UNKNOWN
    assert "damaged" in findings["visitor"].title
    assert "checksum" in findings["visitor"].evidence[0].text


class TestProgram:
    def test_none(self) -> None:
        assert "program" not in found(WORD)

    def test_all_well(self) -> None:
        ended = replace(WORD, program=ProgramEnd(0), files={"output": b"12345", "result": b""})
        one = found(ended)["program"]
        assert one.verdict is Verdict.READY
        assert (
            one.title == "Your program ended with status 0; brought home: output (5 bytes), result (0 bytes)"
        )
        assert one.cure == ""

    def test_status(self) -> None:
        one = found(replace(WORD, program=ProgramEnd(3), files={"output": b"12345"}))["program"]
        assert one.verdict is Verdict.ATTENTION
        assert "status 3" in one.title
        assert one.cure == "Its output says why."

    def test_trouble_keeps_the_names_of_files_as_they_are(self) -> None:
        trouble = "the file ResultA.DAT: No such file or directory"
        one = found(replace(WORD, program=ProgramEnd(0, trouble)))["program"]
        assert one.verdict is Verdict.ATTENTION
        assert one.title == "Your program ended with status 0; nothing was brought home"
        assert one.cure == "The file ResultA.DAT: No such file or directory."
        assert one.evidence[0].text == f"status 0; {trouble}"


class TestDisks:
    def test_none(self) -> None:
        assert "disks" not in found(WORD)

    def test_out_of_reach(self) -> None:
        kept = (KeptDisk("sda", "vda", True, "/"), KeptDisk("sdb", "", True))
        one = found(replace(WORD, disks=kept))["disks"]
        assert one.verdict is Verdict.READY
        assert one.title == "Kernel B could not write to your disks: sda, sdb"
        assert [evidence.text for evidence in one.evidence] == [
            "/; vda there, read-only",
            "kernel B had no driver for it",
        ]
        assert one.cure == ""

    def test_a_disk_that_was_writable_needs_attention(self) -> None:
        kept = (KeptDisk("sda", "vda", True, "/"), KeptDisk("sdb", "vdb", False, "/home"))
        one = found(replace(WORD, disks=kept))["disks"]
        assert one.verdict is Verdict.ATTENTION
        assert one.title == "Kernel B could have written to your disks sdb"
        assert one.evidence[1].text == "/home; vdb there, writable"
        assert "fsck" in one.cure


def test_the_report_holds_what_kernel_b_told() -> None:
    word = replace(WORD, disks=(KeptDisk("sda", "vda", True),), program=ProgramEnd(0))
    ids = [one.id for one in returned.findings(report(word))]
    assert ids == ["same-boot", "memory", "processors", "away", "visitor", "program", "disks"]
    broken = replace(report(word), after=Snapshot("other", 1.0, 1.0, 2, "canary"))
    assert returned.findings(broken)[0].id == "same-boot"
    assert returned.findings(broken)[0].verdict is Verdict.BLOCKED


@pytest.mark.parametrize("damaged", [True, False])
def test_the_session_goes_on_without_a_word(monkeypatch: pytest.MonkeyPatch, damaged: bool) -> None:
    file = Path(__file__).parents[1] / "machines/ready.json"
    walk = Session(SimulatedMachine.from_file(file))
    walk.take_look(walk.look())
    walk.take_image(walk.prepare(quiet))
    walk.load(quiet)

    def word() -> VisitorWord | None:
        if damaged:
            raise KjtuiError("Kernel B's word is damaged", "Its checksum is not right.", "Nothing.")
        return None

    monkeypatch.setattr(walk.machine, "word", word)
    left = walk.jump()
    assert left.word is None
    assert left.fault == ("Its checksum is not right." if damaged else "")
    assert left.all_well  # what counts is what this kernel has found
    assert not walk.can_jump  # a kernel B that nothing is known of is not entered again
    titles = [one.title for one in returned.findings(left)]
    assert ("Kernel B's word of its visit is damaged" in titles) is damaged
