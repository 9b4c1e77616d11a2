"""The commands: what they say, how they end, and that they write nothing but their file."""

import io
import json
import os
import re
import stat
import subprocess
import sys
import tarfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest
import zstandard

from kjtui.__main__ import main
from kjtui.backend.recorded import facts_to_json
from kjtui.backend.recording import read_recording
from kjtui.checks import run_all, worst
from kjtui.checks.registry import BY_ID, CHECKS
from kjtui.commands import check, output, pieces, report
from kjtui.commands.output import Streams
from kjtui.errors import KjtuiError
from kjtui.knowledge.errnos import ERRNOS
from kjtui.knowledge.redact import Secrets
from kjtui.model.checks import Verdict
from kjtui.model.facts import BlockDevice

ROOT = Path(__file__).parent.parent.parent
MACHINES = sorted((ROOT / "tests" / "machines").glob("*.json"))
READY, BLOCKED = (str(ROOT / "tests" / "machines" / name) for name in ("ready.json", "lockdown.json"))
SCHEMA = json.loads((ROOT / "kjtui" / "commands" / "check.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class Terminal(io.TextIOWrapper):
    """A stream that says it is a terminal, with what a person types."""

    def __init__(self, typed: str = "") -> None:
        super().__init__(io.BytesIO(typed.encode()), encoding="utf-8")

    def isatty(self) -> bool:
        return True


class Pipe(Terminal):
    """The same without a person."""

    def isatty(self) -> bool:
        return False


def kjtui(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kjtui", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, **options)  # type: ignore[call-overload]


def unpacked(archive: bytes) -> dict[str, str]:
    data = zstandard.ZstdDecompressor().decompress(archive)
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        return {name: tar.extractfile(name).read().decode() for name in tar.getnames()}  # type: ignore[union-attr]


@pytest.mark.parametrize("file", MACHINES, ids=lambda file: file.stem)
def test_check_json_keeps_to_its_schema(file, capsys):
    status = main(["check", "--json", "--machine", str(file)])
    told = json.loads(capsys.readouterr().out)
    VALIDATOR.validate(told)
    findings = run_all(read_recording(file).facts)
    assert [one["id"] for one in told["findings"]] == [one.id for one in findings]
    assert told["verdict"] == worst(findings)
    assert status == (1 if worst(findings) is Verdict.BLOCKED else 0)


def test_the_schema_is_one_and_refuses_what_is_wrong():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    facts = read_recording(Path(READY)).facts
    good = check.document("x", run_all(facts), NOW)
    VALIDATOR.validate(good)
    assert good["time"] == "2026-01-02T03:04:05Z"
    first = good["findings"][0]  # type: ignore[index]
    for wrong in (
        {**good, "version": 2},
        {**good, "verdict": "fine"},
        {**good, "findings": []},
        {**good, "findings": [{**first, "verdict": "blocked"}]},  # without a cure
        {**good, "error": {"title": "x", "detail": "", "hint": ""}},
        {"version": 1, "kjtui": "0.1"},
    ):
        assert not VALIDATOR.is_valid(wrong)


def test_all_well_fits_one_screen(capsys):
    assert main(["--machine", READY, "check"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= 25
    assert all(len(line) <= 80 for line in lines)
    assert f"all {len(CHECKS)} checks are ready" in lines[1]
    assert sum(
        int(found[1]) for line in lines if (found := re.search(r"(\d+) checks? (?:is|are) ready$", line))
    ) == len(CHECKS)


def test_a_removable_disk_is_seen_without_asking_for_the_evidence():
    stick = BlockDevice("sdb", 1 << 30, "Cruzer", removable=True, kind="disk", bus="usb")
    facts = read_recording(Path(READY)).facts
    for devices, words in (
        ((), "Disks            7 checks are ready\n"),
        ((stick,), "1 removable disk, none in"),
    ):
        seen = replace(facts, block_devices=devices)
        assert words in check.table("this machine", seen, run_all(seen), every=False)


def test_what_is_not_ready_is_told_in_full_and_the_rest_in_short(capsys):
    assert main(["--machine", BLOCKED, "check"]) == 1
    out = capsys.readouterr().out
    assert "[STOP] lockdown: Secure Boot has locked" in out
    assert "Why: " in out
    assert "To do: " in out
    assert "capability" not in out


@pytest.mark.parametrize("file", MACHINES, ids=lambda file: file.stem)
def test_all_shows_each_check_once(file, capsys):
    main(["check", "-v", "--machine", str(file)])
    lines = capsys.readouterr().out.splitlines()
    assert all(len(line) <= 80 for line in lines)
    shown = [found[1] for line in lines if (found := re.match(r"\[.{4}\] ([a-z0-9-]+): ", line))]
    assert sorted(shown) == sorted(BY_ID)


def test_a_remedy_of_the_wizard_is_named(capsys):
    assert main(["check", "--machine", str(ROOT / "tests/machines/warning.json")]) == 0
    assert "kjtui can: Drop the kernel that is loaded." in capsys.readouterr().out


def test_escape_sequences_of_a_machine_do_not_reach_the_terminal(tmp_path, capsys):
    facts = replace(
        read_recording(Path(READY)).facts, kernel_release="6\x1b[2J", distribution={"PRETTY_NAME": "\x07"}
    )
    file = tmp_path / "evil.json"
    file.write_text(json.dumps({"name": "\x1b]0;x", "facts": facts_to_json(facts)}))
    main(["check", "--all", "--machine", str(file)])
    main(["explain", "kernel-file", "--machine", str(file)])
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", capsys.readouterr().out)


@pytest.mark.parametrize("arguments", [["check"], ["explain", "kexec"], ["record", "-"], ["report", "-"]])
def test_a_bad_machine_is_told_in_words_and_ends_with_2(arguments, capsys):
    assert main(["--machine", "/no/such.json", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("kjtui: The recorded machine cannot be read\n/no/such.json")


def test_an_error_with_json_is_json(capsys):
    assert main(["check", "--json", "--machine", "/no/such.json"]) == 2
    out, err = capsys.readouterr()
    told = json.loads(out)
    VALIDATOR.validate(told)
    assert "/no/such.json" in told["error"]["detail"]
    assert err == ""


def test_a_mistake_of_kjtui_is_told_in_words_too(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr("kjtui.commands.check.run_all", lambda _facts: 1 / 0)
    assert main(["check", "--machine", READY]) == 2
    err = capsys.readouterr().err
    assert "did not expect" in err
    assert "Traceback" not in err
    assert "ZeroDivisionError" in (tmp_path / "kjtui" / "trouble.log").read_text()


def test_the_machine_may_be_named_before_or_behind_the_command(capsys):
    assert main(["--machine", BLOCKED, "check"]) == main(["check", "--machine", BLOCKED]) == 1
    before = capsys.readouterr().out
    assert before.count("practice: lockdown") == 2


def test_mistakes_in_the_command_line_end_with_2(capsys):
    for arguments in (["chekc"], ["check", "--jsn"], ["record"]):
        with pytest.raises(SystemExit) as caught:
            main(arguments)
        assert caught.value.code == 2
    capsys.readouterr()


@pytest.mark.parametrize("id", sorted(BY_ID))
def test_each_check_is_explained(id, capsys):
    assert main(["explain", id.upper(), "--machine", READY]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert all(len(line) <= 80 for line in lines)
    text = " ".join(" ".join(lines).split())
    for part in (
        BY_ID[id].asks,
        BY_ID[id].about,
        ", ".join(BY_ID[id].reads),
        "On practice: ready:",
        "Read: ",
    ):
        assert " ".join(part.split()) in text
    assert all(str(verdict) in text for verdict in BY_ID[id].verdicts)


@pytest.mark.parametrize(
    ("word", "call", "number"), [("EPERM", "kexec_load", 1), ("16", "reboot", 16), ("enosys", "reboot", 38)]
)
def test_error_numbers_are_explained_for_both_calls(word, call, number, capsys):
    assert main(["explain", word, "--machine", READY]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert ERRNOS[call][number].cause in text
    assert ERRNOS[call][number].cure in text
    assert "kexec_load(2)" in text
    assert "reboot(2)" in text


def test_the_checks_that_tell_the_cause_are_run(capsys):
    assert main(["explain", "EPERM", "--machine", BLOCKED]) == 0
    out = capsys.readouterr().out
    assert "[STOP] lockdown: " in out
    assert "[ ok ] load-disabled: " in out


def test_an_error_that_neither_call_knows(capsys):
    assert main(["explain", "EXDEV", "--machine", "/no/such.json"]) == 0
    assert capsys.readouterr().out.count("not known to end with this error") == 2


def test_without_a_word_all_are_listed(capsys):
    assert main(["explain"]) == 0
    out = capsys.readouterr().out
    assert all(id in out for id in BY_ID)
    assert "EBUSY" in out


@pytest.mark.parametrize(
    ("word", "near"), [("lockdwon", "lockdown"), ("EBUSSY", "EBUSY"), ("kexec-jmp", "kexec-jump")]
)
def test_an_unknown_word_gets_the_nearest(word, near, capsys):
    assert main(["explain", word]) == 2
    assert near in capsys.readouterr().err


@pytest.mark.parametrize("word", ["4711", "", "\x1b[2J", "²"])
def test_a_word_that_is_nothing(word, capsys):
    assert main(["explain", word]) == 2
    err = capsys.readouterr().err
    assert "lists all" in err
    assert "\x1b" not in err


@pytest.mark.parametrize("file", MACHINES, ids=lambda file: file.stem)
def test_a_recording_is_practised_on_with_the_same_result(file, tmp_path, capsys):
    target = tmp_path / "copy.json"
    assert main(["record", str(target), "--machine", str(file)]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert "Left out: " in err
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["copy.json"]
    original, copy = read_recording(file), read_recording(target)
    verdicts = [[(one.id, one.verdict) for one in run_all(each.facts)] for each in (original, copy)]
    assert verdicts[0] == verdicts[1]
    assert len(copy.kernels) == len(original.kernels)


def test_a_recording_of_this_machine_can_be_checked(tmp_path, capsys):
    target = tmp_path / "this.json"
    assert main(["record", str(target)]) == 0
    assert main(["check", "--machine", str(target)]) in (0, 1)
    assert "recorded: " in capsys.readouterr().out


def test_a_recording_to_standard_output(capsysbinary):
    assert main(["record", "-", "--machine", READY]) == 0
    assert json.loads(capsysbinary.readouterr().out)["name"] == "practice: ready"


@pytest.mark.parametrize("command", ["record", "report"])
def test_nothing_is_overwritten_unless_wanted(command, tmp_path, capsys):
    target = tmp_path / "there"
    target.write_text("mine")
    yes = ["--yes"] if command == "report" else []
    assert main([command, str(target), "--machine", READY, *yes]) == 2
    assert "--force" in capsys.readouterr().err
    assert target.read_text() == "mine"
    assert main([command, str(target), "--machine", READY, "--force", *yes]) == 0
    assert target.stat().st_size > 1000


@pytest.mark.parametrize("target", ["/dev/null", "/proc", "/no/such/folder/x"])
def test_what_cannot_be_written_is_told(target, capsys):
    assert main(["record", target, "--machine", READY, "--force"]) == 2
    assert capsys.readouterr().err.startswith("kjtui: Th")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_half_a_file_is_never_left(tmp_path, monkeypatch):
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    target = tmp_path / "x"
    target.write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(KjtuiError, match="cannot be written"):
        output.write(str(target), b"new", Pipe(), force=True)
    assert [one.name for one in tmp_path.iterdir()] == ["x"]
    assert target.read_bytes() == b"old"


def test_a_link_is_followed(tmp_path):
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("real")
    output.write(str(tmp_path / "link"), b"new", Pipe(), force=True)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


def test_report_packs_everything_that_is_there(tmp_path, capsys):
    target = tmp_path / "r.tar.zst"
    assert main(["report", str(target), "--yes", "--machine", BLOCKED]) == 0
    files = unpacked(target.read_bytes())
    assert {
        f"kjtui-report/{name}"
        for name in ("README.txt", "check.json", "check.txt", "facts.json", "versions.txt")
    } <= set(files)
    VALIDATOR.validate(json.loads(files["kjtui-report/check.json"]))
    assert "[STOP] lockdown" in files["kjtui-report/check.txt"]
    readme = files["kjtui-report/README.txt"]
    missing = readme.partition("Not inside:")[2]
    for name in pieces.ABOUT:
        assert (f"kjtui-report/{name}" in files) != (f"  {name} " in missing)
    assert "kernel: " in files["kjtui-report/versions.txt"]
    err = capsys.readouterr().err
    assert "check.json" in err
    assert str(len(files["kjtui-report/check.json"])) in err
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    practise = tmp_path / "facts.json"
    practise.write_text(files["kjtui-report/facts.json"])
    assert main(["check", "--machine", str(practise)]) == 1


class Silent:
    """A machine whose logs may not be read."""

    def __init__(self) -> None:
        recording = read_recording(Path(READY))
        unreadable = {"/var/lib/kjtui/journal.jsonl": "not permitted"}
        self._facts = replace(recording.facts, journal=None, unreadable=unreadable)
        self.name = "this machine"

    def facts(self):
        return self._facts

    def kernel_log(self):
        raise KjtuiError("The kernel log cannot be read", "/dev/kmsg: not permitted.", "Run kjtui as root.")

    def previous_log(self):
        return ()

    def installed_kernels(self):
        return ()


def test_what_may_not_be_read_is_missing_with_its_reason(tmp_path):
    found = pieces.gather(Silent(), Secrets(), tmp_path / "none", NOW)  # type: ignore[arg-type]
    assert found.missing == {
        "journal.jsonl": "not permitted",
        "kernel-log.txt": "/dev/kmsg: not permitted.",
        "previous-log.txt": "nothing is left of it",
        "trouble.log": "there is none: no mistake of kjtui was noted",
    }
    readme = found.files["README.txt"].decode()
    assert all(reason in readme for reason in found.missing.values())


def test_the_same_files_give_the_same_archive():
    found = pieces.gather(Silent(), Secrets(), Path("/none"), NOW)  # type: ignore[arg-type]
    again = pieces.gather(Silent(), Secrets(), Path("/none"), NOW)  # type: ignore[arg-type]
    assert report.archive(found.files) == report.archive(dict(reversed(again.files.items())))


@pytest.mark.parametrize(("typed", "status"), [("y\n", 0), ("Yes\n", 0), ("\n", 1), ("n\n", 1), ("", 1)])
def test_the_person_is_asked_after_the_list(typed, status, tmp_path):
    target = tmp_path / "r"
    streams = Streams(Terminal(typed), Pipe(), io.StringIO())
    assert report.run(Silent(), Secrets(), str(target), streams, force=False, yes=False) == status  # type: ignore[arg-type]
    assert target.exists() == (status == 0)
    said = streams.stderr.getvalue()  # type: ignore[attr-defined]
    assert said.index("check.json") < said.index("Write it?")


def test_nobody_to_ask(tmp_path, capsys):
    result = kjtui("report", str(tmp_path / "r"), "--machine", READY, stdin=subprocess.DEVNULL)
    assert result.returncode == 2
    assert "--yes" in result.stderr
    assert not (tmp_path / "r").exists()
    capsys.readouterr()


def test_no_archive_on_a_terminal():
    streams = Streams(Pipe(), Terminal(), io.StringIO())
    with pytest.raises(KjtuiError, match="nothing for a terminal"):
        report.run(Silent(), Secrets(), "-", streams, force=False, yes=True)  # type: ignore[arg-type]


def test_a_report_into_a_pipe():
    command = [sys.executable, "-m", "kjtui", "--machine", READY, "report", "-"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, stdin=subprocess.DEVNULL, check=True)
    assert "kjtui-report/check.txt" in unpacked(result.stdout)
    assert b"Inside (bytes):" in result.stderr


@pytest.mark.parametrize("arguments", ["check --all", "check --json", "explain", "record -", "report -"])
def test_a_reader_that_has_seen_enough_is_no_trouble(arguments):
    read, written = os.pipe()
    os.close(read)  # nobody reads
    with os.fdopen(written, "wb") as pipe:
        command = [sys.executable, "-m", "kjtui", "--machine", READY, *arguments.split()]
        result = subprocess.run(
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=pipe,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert "Error" not in result.stderr
    assert "Exception" not in result.stderr
    assert result.returncode == 141


WATCHED = """
import json, os, sys
import kjtui.__main__
opened = []
def watch(event, details):
    if event == "open" and isinstance(details[0], (str, bytes, os.PathLike)):
        mode, flags = str(details[1] or ""), details[2] or 0
        if set(mode) & set("wax+") or flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC):
            name = os.fsdecode(details[0])
            if name != os.devnull:  # the standard input of a program that is asked
                opened.append(name)
    elif event in ("os.mkdir", "os.remove", "os.rename", "os.link", "os.symlink", "os.truncate", "os.chmod"):
        opened.append(event)
sys.addaudithook(watch)
status = kjtui.__main__.main(sys.argv[1:])
told = {"status": status, "textual": "textual" in sys.modules, "written": opened}
print(json.dumps(told), file=sys.stderr)
"""


@pytest.mark.parametrize("machine", [(), ("--machine", READY)], ids=["this", "recorded"])
@pytest.mark.parametrize(
    "arguments",
    ["check", "check --json", "explain EPERM", "record -", "report -", "record F", "report F --yes"],
)
def test_nothing_is_written_but_the_file(arguments, machine, tmp_path):
    target = tmp_path / "out"
    words = [str(target) if word == "F" else word for word in arguments.split()]
    command = [sys.executable, "-c", WATCHED, *machine, *words]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, stdin=subprocess.DEVNULL, check=True)
    told = json.loads(result.stderr.decode().splitlines()[-1])
    assert told["status"] in (0, 1)
    assert not told["textual"]
    if str(target) in words:
        unfinished, moved = told["written"]
        assert unfinished.startswith(str(tmp_path / ".out."))
        assert moved == "os.rename"
        assert target.exists()
    else:
        assert told["written"] == []


FULL_OR_CLOSED = [
    (["check"], ">/dev/full", 2, "Standard output cannot be written to"),
    (["check", "--json"], ">/dev/full", 2, "Standard output cannot be written to"),
    (["record", "-"], ">/dev/full", 2, "Standard output cannot be written to"),
    (["check"], ">&-", 2, "Standard output is closed"),
    (["--plain"], ">/dev/full", 1, "Standard output cannot be written to"),
    (["--plain"], "<&-", 1, "Standard input is closed"),
    (["check"], "2>&-", 0, ""),
]


@pytest.mark.parametrize(("arguments", "redirected", "status", "told"), FULL_OR_CLOSED)
def test_streams_that_take_nothing_are_named(arguments, redirected, status, told):
    command = [sys.executable, "-m", "kjtui", *arguments, "--machine", READY]
    result = subprocess.run(
        ["sh", "-c", f'"$@" {redirected}', "sh", *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert result.returncode == status
    assert told in result.stderr
    assert "Traceback" not in result.stderr
    assert "mistake in kjtui" not in result.stderr


def test_a_reader_of_the_plain_mode_may_go_away():
    command = f"{sys.executable} -m kjtui --plain --machine {READY} | head -1"
    result = subprocess.run(
        ["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=True, input="1\n\n\n"
    )
    assert result.stderr == ""


def test_a_name_that_cannot_even_be_looked_at_is_explained(tmp_path):
    with pytest.raises(KjtuiError, match="The file cannot be written"):
        output.check_target(str(tmp_path / ("x" * 300)), force=False)


def test_while_something_blocks_what_cannot_be_told_is_only_named():
    container = str(ROOT / "tests" / "machines" / "container.json")
    short, full = kjtui("check", "--machine", container), kjtui("check", "--all", "--machine", container)
    unknown = [one for one in short.stdout.splitlines() if one.startswith("[ ?? ]")]
    assert unknown
    assert len(short.stdout.splitlines()) < 65
    lines = full.stdout.splitlines()
    assert all(lines[lines.index(one) + 1].lstrip().startswith("Why:") for one in unknown)
