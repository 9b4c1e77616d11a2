"""`kjtui jump` on simulated machines: what it asks, brings home, and how it ends."""

import io
import json
import os
import signal
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from kjtui.__main__ import main
from kjtui.backend.recording import Damage, Failure, Faults, Visitor, read_recording
from kjtui.backend.simulated import SimulatedMachine
from kjtui.commands import answers, jump
from kjtui.commands.answers import Wishes
from kjtui.commands.output import Streams
from kjtui.errors import KjtuiError
from kjtui.model.choices import Purpose
from kjtui.model.memory import RegionKind
from kjtui.model.word import WayHome

ROOT = Path(__file__).parent.parent.parent
MACHINES = ROOT / "tests" / "machines"
SCHEMA = json.loads((ROOT / "kjtui" / "commands" / "jump.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
SCRIPT = "/root/measure.sh"
RAN = Visitor(output="hello\xff\n", files={"result.bin": "\x00\x01\xfe", "result.txt": "fine\n"})
PROGRAM = Wishes(run=SCRIPT, yes=True)


class Stream(io.TextIOWrapper):
    """Standard input or output, with what a person types; tty: whether it says it is a terminal."""

    def __init__(self, typed: str = "", tty: bool = False) -> None:
        super().__init__(io.BytesIO(typed.encode()), encoding="utf-8", write_through=True)
        self.tty = tty

    def isatty(self) -> bool:
        return self.tty

    @property
    def said(self) -> bytes:
        return self.buffer.getvalue()  # type: ignore[attr-defined]


class Ended:
    """A run that has ended: its status, what it wrote where, and the machine afterwards."""

    def __init__(self, machine: SimulatedMachine, wishes: Wishes, typed: str | None, practice: bool) -> None:
        out, err = Stream(), Stream()
        streams = Streams(Stream(typed or "", tty=typed is not None), out, err)
        self.status = jump.run(machine, streams, wishes, practice=practice, plain=True)
        self.out, self.err = out.said, err.said.decode()
        self.machine = machine
        self.loaded = machine.facts().kexec_loaded
        self.journal = [(one.operation, one.state) for one in machine.facts().journal or ()]

    @property
    def jumps(self) -> int:
        return self.journal.count(("jump", "done"))


def machine(
    name: str = "ready", visitor: Visitor | None = RAN, faults: Faults | None = None, **facts: object
):
    recording = read_recording(MACHINES / f"{name}.json")
    changed = replace(recording, visitor=visitor, facts=replace(recording.facts, **facts))  # type: ignore[arg-type]
    return SimulatedMachine(replace(changed, faults=faults) if faults else changed)


def run(wishes: Wishes, typed: str | None = None, practice: bool = False, on: SimulatedMachine | None = None):
    return Ended(on or machine(), wishes, typed, practice)


def told(ended: Ended) -> dict[str, object]:
    document = json.loads(ended.out)
    VALIDATOR.validate(document)
    return document  # type: ignore[no-any-return]


class TestProgram:
    def test_output_and_files_come_home_byte_by_byte(self, tmp_path):
        ended = run(replace(PROGRAM, bring_back=("result.bin",), into=str(tmp_path)))
        assert (ended.status, ended.out) == (0, b"hello\xff\n")
        assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
            "result.bin": b"\x00\x01\xfe"
        }
        assert (tmp_path / "result.bin").stat().st_mode & 0o777 == 0o600
        assert ended.loaded is False
        assert f"What was brought home is in {tmp_path}" in " ".join(ended.err.split())
        assert ended.machine.kept == []

    @pytest.mark.parametrize("status", [1, 7, 127, 137])
    def test_the_programs_status_is_passed_on(self, status):
        assert run(PROGRAM, on=machine(visitor=replace(RAN, status=status))).status == status

    @pytest.mark.parametrize("way", [WayHome.PANIC, WayHome.ERROR, WayHome.AGENT])
    def test_a_program_that_did_not_get_to_its_end_has_no_status(self, way):
        ended = run(PROGRAM, on=machine(visitor=replace(RAN, way_home=way, panic="out of memory")))
        assert ended.status == jump.FAILED
        assert ended.out == b""
        assert ended.loaded is False

    def test_a_program_cut_off_by_the_timer_says_what_it_said(self):
        ended = run(PROGRAM, on=machine(visitor=replace(RAN, way_home=WayHome.TIMER)))
        assert (ended.status, ended.out) == (137, b"hello\xff\n")

    def test_a_file_that_is_not_there_is_no_success(self, tmp_path):
        ended = run(replace(PROGRAM, bring_back=("other",), into=str(tmp_path)))
        assert ended.status == jump.FAILED
        assert "other: No such file or directory" in " ".join(ended.err.split())

    def test_no_word_no_status(self):
        assert run(PROGRAM, on=machine(visitor=None)).status == jump.FAILED
        damaged = run(PROGRAM, on=machine(visitor=replace(RAN, damaged="its checksum is not right")))
        assert damaged.status == jump.FAILED
        assert "word of its visit is damaged" in damaged.err

    def test_what_was_lost_counts_more_than_the_program(self):
        faults = Faults(after=Damage(memory_intact=False))
        assert run(PROGRAM, on=machine(faults=faults)).status == jump.FAILED

    def test_a_file_that_is_there_is_refused_before_anything_is_done(self, tmp_path):
        (tmp_path / "result.bin").write_bytes(b"old")
        wishes = replace(PROGRAM, bring_back=("result.bin",), into=str(tmp_path))
        ended = run(wishes)
        assert ended.status == jump.FAILED
        assert "there already" in ended.err
        assert ended.journal == []
        assert run(replace(wishes, force=True)).status == 0
        assert (tmp_path / "result.bin").read_bytes() == b"\x00\x01\xfe"

    @pytest.mark.parametrize("name", ["", "../x", "a b", "a,b"])
    def test_names_that_lead_elsewhere_are_refused(self, tmp_path, name):
        ended = run(replace(PROGRAM, bring_back=(name,), into=str(tmp_path)))
        assert ended.status == jump.FAILED
        assert "no file's name" in ended.err
        assert ended.journal == []

    def test_a_folder_that_is_not_there_is_refused(self, tmp_path):
        ended = run(replace(PROGRAM, bring_back=("result.bin",), into=str(tmp_path / "none")))
        assert ended.status == jump.FAILED
        assert ended.journal == []

    def test_nothing_is_lost_where_the_folder_cannot_be_written_in_the_end(self, tmp_path):
        folder = tmp_path / "into"
        folder.mkdir()
        one = machine()
        one.jump = lambda: (SimulatedMachine.jump(one), folder.rmdir(), folder.write_text(""))  # type: ignore[method-assign,func-returns-value,assignment]
        ended = run(replace(PROGRAM, bring_back=("result.bin",), into=str(folder)), on=one)
        assert ended.status == jump.FAILED
        assert "could not be written where you wanted it" in ended.err
        assert "It is all in /var/lib/kjtui/visits/1" in ended.err
        assert one.kept == [{"output": b"hello\xff\n", "result.bin": b"\x00\x01\xfe"}]
        assert ended.loaded is False

    def test_each_of_several_jumps_has_its_own_folder(self, tmp_path):
        ended = run(replace(PROGRAM, bring_back=("result.txt",), into=str(tmp_path), times=3))
        assert (ended.status, ended.jumps, ended.out) == (0, 3, b"hello\xff\n" * 3)
        assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.txt")) == [
            "1/result.txt",
            "2/result.txt",
            "3/result.txt",
        ]

    def test_practice_writes_no_file(self, tmp_path):
        ended = run(replace(PROGRAM, bring_back=("result.bin",), into=str(tmp_path)), practice=True)
        assert ended.status == 0
        assert list(tmp_path.iterdir()) == []
        assert len(ended.machine.kept) == 1

    def test_what_is_no_program_is_refused_as_in_the_wizard(self):
        ended = run(replace(PROGRAM, run="/root/report.py"))
        assert ended.status == jump.FAILED
        assert "Kernel B does not have what runs this script" in ended.err
        assert ("load", "begun") not in ended.journal


class TestAsking:
    def test_nothing_is_done_before_a_yes(self):
        ended = run(Wishes(), typed="\n")
        assert ended.status == 1
        assert b"Nothing was done." in ended.out
        assert b"kexec_load" in ended.out
        assert ("load", "begun") not in ended.journal
        assert run(Wishes(), typed="y\n").status == 0

    def test_without_a_terminal_it_wants_to_be_told(self):
        ended = run(Wishes())
        assert ended.status == 2
        assert "Nobody can be asked" in ended.err
        assert run(PROGRAM).status == 0
        assert run(replace(PROGRAM, yes=None)).status == jump.FAILED

    def test_what_blocks_stops_with_its_reason(self):
        for wishes in (Wishes(yes=True, accept_all=True), replace(PROGRAM, accept_all=True)):
            ended = run(wishes, on=machine("lockdown"))
            assert ended.status == 1
            assert "Why: A locked-down kernel" in ended.out.decode() + ended.err
            assert ended.journal == []

    def test_what_asks_must_be_named_or_agreed_to(self):
        ended = run(Wishes(yes=True), on=machine("warning"))
        assert ended.status == 2
        assert 'accept = ["image-loaded", "terminal"]' in " ".join(ended.err.split())
        named = Wishes(yes=True, accept=("image-loaded", "terminal", "foreign-image"))
        assert run(named, on=machine("warning")).status == 0
        assert run(Wishes(yes=True, accept_all=True), on=machine("warning")).status == 0
        assert run(Wishes(), typed="y\ny\ny\n", on=machine("warning")).status == 0
        assert run(Wishes(), typed="n\n", on=machine("warning")).status == 1

    def test_a_loaded_kernel_of_others_stays_where_nobody_says_yes(self):
        ended = run(Wishes(yes=True, accept=("image-loaded", "terminal")), on=machine("warning"))
        assert ended.status == 2
        assert ended.loaded is True

    def test_the_last_look_stops_and_unloads(self):
        faults = Faults(hanging=("/",))
        ended = run(Wishes(yes=True, accept_all=True), on=machine(faults=faults))
        assert ended.status == 1
        assert b"A file system does not answer" in ended.out
        assert ended.jumps == 0
        assert ended.loaded is False


class TestEnds:
    def test_a_refused_jump_is_told_and_unloaded(self):
        ended = run(Wishes(yes=True), on=machine(faults=Faults(jump=Failure("EBUSY"))))
        assert ended.status == 2
        assert "kjtui: " in ended.err
        assert ended.loaded is False
        assert run(PROGRAM, on=machine(faults=Faults(jump=Failure("EBUSY")))).status == jump.FAILED

    def test_what_was_lost_is_a_status_of_1(self):
        ended = run(Wishes(yes=True), on=machine(faults=Faults(after=Damage(memory_intact=False))))
        assert ended.status == 1
        assert ended.loaded is False

    def test_it_is_kept_if_wanted(self):
        assert run(Wishes(yes=True, keep=True)).loaded is True
        assert run(Wishes(yes=True)).loaded is False
        refused = run(Wishes(yes=True, keep=True), on=machine(faults=Faults(jump=Failure("EBUSY"))))
        assert refused.loaded is False

    def test_a_visit_is_continued_where_it_can_be(self):
        ended = run(Wishes(yes=True, times=2))
        assert (ended.status, ended.jumps) == (0, 2)
        assert ended.journal.count(("load", "done")) == 1
        anew = run(Wishes(yes=True, times=2), on=machine(restores_gdt=False, gdt_address=1 << 40))
        assert (anew.status, anew.jumps) == (0, 2)
        assert anew.journal.count(("load", "done")) == 2

    def test_a_mistake_of_ours_unloads_too(self, monkeypatch, tmp_path):
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
        one = machine()
        one.jump = lambda: 1 // 0  # type: ignore[method-assign,assignment,return-value]
        ended = run(Wishes(yes=True), on=one)
        assert ended.status == 2
        assert "did not expect" in ended.err
        assert ended.loaded is False

    def test_a_signal_during_the_visit_waits_for_the_files(self, tmp_path):
        one = machine()
        one.jump = lambda: (os.kill(os.getpid(), signal.SIGTERM), SimulatedMachine.jump(one))  # type: ignore[method-assign,assignment,return-value,func-returns-value]
        ended = run(replace(PROGRAM, bring_back=("result.txt",), into=str(tmp_path)), on=one)
        assert ended.status == jump.FAILED
        assert "Ended by a signal" in ended.err
        assert (tmp_path / "result.txt").read_text() == "fine\n"
        assert ended.loaded is False

    def test_ctrl_c_unloads(self):
        one = machine()

        def cut_off() -> None:
            raise KeyboardInterrupt

        one.jump = cut_off  # type: ignore[method-assign]
        ended = run(PROGRAM, on=one)
        assert ended.status == jump.FAILED
        assert ended.loaded is False


class TestMemory:
    def test_the_region_that_is_asked_for(self):
        ended = run(Wishes(yes=True, region=RegionKind.BORROWED), on=machine("reserved"))
        assert b"borrowed, and the first 640 KiB" in ended.out
        assert b"reserved, and the first 640 KiB" in run(Wishes(yes=True), on=machine("reserved")).out
        assert b"256 MiB at" in run(Wishes(yes=True, size=256)).out

    def test_reserved_memory_that_is_not_there(self):
        ended = run(Wishes(yes=True, region=RegionKind.RESERVED))
        assert ended.status == 2
        assert "eserved" in ended.err
        assert ended.journal == []


class TestJson:
    def test_one_object_tells_all(self, tmp_path):
        wishes = replace(PROGRAM, json=True, bring_back=("result.bin",), into=str(tmp_path))
        document = told(run(wishes))
        (jumped,) = document["jumps"]  # type: ignore[misc]
        assert (document["outcome"], document["status"]) == ("returned", 0)
        assert jumped["way_home"] == "done"
        assert jumped["program"] == {"status": 0, "trouble": ""}
        assert jumped["output"] == {"base64": "aGVsbG//Cg=="}
        path = str(tmp_path / "result.bin")
        assert jumped["files"] == [{"name": "result.bin", "bytes": 3, "path": path}]
        assert jumped["away"] == 11.5
        assert jumped["word"]["uptime"] == 9.0

    def test_text_is_told_as_text(self):
        document = told(run(replace(PROGRAM, json=True), on=machine(visitor=replace(RAN, output="ä\n"))))
        assert document["jumps"][0]["output"] == {"base64": "5Ao="}  # type: ignore[index]
        document = told(run(replace(PROGRAM, json=True), on=machine(visitor=replace(RAN, output="a\n"))))
        assert document["jumps"][0]["output"] == {"text": "a\n"}  # type: ignore[index]

    @pytest.mark.parametrize("way", list(WayHome))
    def test_each_way_home_keeps_to_the_schema(self, way):
        for purpose in (Wishes(purpose=Purpose.LOOK, yes=True), PROGRAM):
            one = machine(visitor=replace(RAN, way_home=way, panic="x", error="y", log=("[ 1.0] z",)))
            document = told(run(replace(purpose, json=True), on=one))
            assert document["jumps"][0]["way_home"] == way  # type: ignore[index]

    @pytest.mark.parametrize("file", sorted(MACHINES.glob("*.json")), ids=lambda file: file.stem)
    def test_every_machine_keeps_to_the_schema(self, file):
        ended = run(Wishes(yes=True, accept_all=True, json=True), on=SimulatedMachine.from_file(file))
        assert told(ended)
        assert not ended.loaded or ended.jumps == 0

    def test_why_not_is_json_too(self):
        blocked = told(run(Wishes(yes=True, json=True), on=machine("lockdown")))
        assert (blocked["outcome"], blocked["status"], blocked["jumps"]) == ("blocked", 1, [])
        assert any(one["verdict"] == "blocked" for one in blocked["findings"])  # type: ignore[attr-defined]
        declined = told(run(Wishes(json=True), typed="n\n"))
        assert declined["outcome"] == "declined"
        refused = told(run(Wishes(yes=True, json=True), on=machine(faults=Faults(jump=Failure("EBUSY")))))
        assert refused["error"]["title"]  # type: ignore[index]

    def test_the_jumps_before_a_failure_are_told(self):
        one = machine()
        went = one.jump
        count = 0

        def second_is_refused() -> None:
            nonlocal count
            count += 1
            if count == 2:
                raise KjtuiError("Refused", "EBUSY.", "Try again.")
            went()

        one.jump = second_is_refused  # type: ignore[method-assign]
        document = told(run(Wishes(yes=True, json=True, times=3), on=one))
        assert len(document["jumps"]) == 1  # type: ignore[arg-type]
        assert document["error"]["title"] == "Refused"  # type: ignore[index]

    def test_the_schema_is_one(self):
        jsonschema.Draft202012Validator.check_schema(SCHEMA)
        good = told(run(Wishes(yes=True, json=True)))
        for wrong in ({**good, "version": 2}, {**good, "jumps": []}, {**good, "outcome": "lost"}):
            assert not VALIDATOR.is_valid(wrong)


class TestLine:
    """The command line itself."""

    def test_it_runs(self, capsys):
        assert main(["--machine", str(MACHINES / "ready.json"), "jump", "--yes"]) == 0
        assert "nothing was lost" in capsys.readouterr().out

    def test_an_answers_file_and_options_that_win(self, tmp_path, capsys):
        file = tmp_path / "answers.toml"
        file.write_text("yes = true\ntimes = 2\njson = true\n")
        arguments = ["--machine", str(MACHINES / "ready.json"), "jump", "--answers", str(file)]
        assert main(arguments) == 0
        assert len(json.loads(capsys.readouterr().out)["jumps"]) == 2
        assert main([*arguments, "--times", "1"]) == 0
        assert len(json.loads(capsys.readouterr().out)["jumps"]) == 1

    @pytest.mark.parametrize(
        ("words", "status"),
        [
            (["--answers", "/nowhere.toml"], 2),
            (["--run", "/x", "--answers", "/nowhere.toml"], 125),
            (["--run", "/x", "--purpose", "quick"], 125),
            (["--times", "0"], 2),
            (["--timer", "-1"], 2),
            (["--timer", "5"], 2),
            (["--network", "--yes"], 2),
            (["--bring-back", "x"], 2),
            (["--limit", "5"], 2),
            (["--initramfs", "/x", "--purpose", "look"], 2),
            (["--words", "nr_cpus=2", "--yes"], 2),
        ],
    )
    def test_what_does_not_fit_is_refused(self, words, status, capsys):
        assert main(["--machine", str(MACHINES / "ready.json"), "jump", *words]) == status
        assert capsys.readouterr().err.startswith(("kjtui: ", "Machine"))

    def test_a_refused_line_is_json_where_that_was_asked_for(self, capsys):
        assert main(["--machine", str(MACHINES / "ready.json"), "jump", "--json", "--times", "0"]) == 2
        document = json.loads(capsys.readouterr().out)
        VALIDATOR.validate(document)
        assert "times" in document["error"]["detail"]

    def test_yes_on_the_line_says_yes_to_everything(self):
        assert answers.from_line({"yes": True}).accept_all is True
        assert answers.from_line({"yes": None}).accept_all is None


@pytest.mark.parametrize(
    ("way", "status", "said"),
    [
        (WayHome.DONE, 0, "all was saved"),
        (WayHome.CANCELLED, 1, "the saving was cancelled"),
        (WayHome.ERROR, 1, "something did not work there"),
        (WayHome.PANIC, 1, "it failed"),
    ],
)
def test_saving_that_came_to_nothing_is_no_success(way, status, said):
    wishes = Wishes(snapshot=True, to="/dev/sda1", yes=True, accept_all=True)
    ended = run(wishes, on=machine("hibernate", visitor=Visitor(way_home=way)))
    assert ended.status == status
    assert said in " ".join((ended.out.decode() + ended.err).split())
