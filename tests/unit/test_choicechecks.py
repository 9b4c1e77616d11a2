"""What a person types about kernel B: taken, or refused with the reason; never an exception."""

import random
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kjtui.backend.simulated import SimulatedMachine
from kjtui.bootcfg import words as line_words
from kjtui.model.checks import Finding, Verdict
from kjtui.model.files import FileHead
from kjtui.wizard import choicechecks, wordchecks

READY, ATTENTION, BLOCKED = Verdict.READY, Verdict.ATTENTION, Verdict.BLOCKED
MACHINES = Path(__file__).parent.parent / "machines"


def head(data: bytes, executable: bool = True, size: int | None = None) -> FileHead:
    return FileHead("/root/x", data[: choicechecks.HEAD], len(data) if size is None else size, executable)


def elf(machine: int = 62, kind: int = 3, bits: int = 2) -> bytes:
    start = b"\x7fELF" + bytes([bits, 1, 1]).ljust(12, b"\0")
    return start + struct.pack("<HH", kind, machine) + bytes(200)


def machine() -> SimulatedMachine:
    return SimulatedMachine.from_file(MACHINES / "ready.json")


# --- words ---


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "debug",
        "nr_cpus=1",
        "maxcpus=0 loglevel=7",
        'dyndbg="file kexec.c +p; file init.c +p"',
        "console=ttyS1,115200n8 module.option=1",
        "lockdown=none",
        "initcall_debug printk.time=1",
        "softlockup_panic=1",
        "memtest=0",
    ],
)
def test_usual_words_are_taken(text):
    assert wordchecks.judge(text).verdict is READY


@pytest.mark.parametrize(
    "word",
    [
        "kexec_jump_back_entry=0x1000",
        "kexec-jump-back-entry=0",
        "rdinit=/bin/sh",
        '"rdinit=/bin/sh"',
        'rdinit="/bin/sh"',
        "init=/bin/sh",
        "nr_cpus=2",
        "nr-cpus=2",
        "maxcpus=8",
        "maxcpus=",
        "maxcpus=0x1",
        "possible_cpus=4",
        "crashkernel=64M",
        "xcrashkernel=64M",
        "mem=4G",
        "memmap=exactmap",
        "elfcorehdr=0x1",
        "panic=10",
        "panic",
        "noinitrd",
        "initrd=/x",
        "lockdown=integrity",
        "lockdown",
        "sysctl.kernel.kexec_load_disabled=1",
        "resume=/dev/sda2",
        "memtest=4",
        "memtest",
        "kjtui.purpose=quick",
        "kjtui.gdt=0",
        "--",
        'a="b rdinit=/bin/sh c"',
        'a="b kjtui.park=1"',
    ],
)
@pytest.mark.parametrize("around", ["{}", "debug {} quiet", "\u0020{}\u0020"])
def test_what_would_break_the_way_home_is_refused_with_the_reason(word, around):
    finding = wordchecks.judge(around.format(word))
    assert finding.verdict is BLOCKED
    assert finding.title
    assert finding.why
    assert finding.cure


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('a="b', "quote"),
        ('"', "quote"),
        ("größe=1", "ASCII"),
        ("a\nb", "printed"),
        ("a\tb", "printed"),
        ("a\x00b", "printed"),
        ("x" * (wordchecks.MOST + 1), "too long"),
    ],
)
def test_lines_that_cannot_be_passed_on_are_refused(text, says):
    finding = wordchecks.judge(text)
    assert finding.verdict is BLOCKED
    assert says in finding.title


def test_words_for_a_root_file_system_are_taken_and_said_to_be_useless():
    finding = wordchecks.judge("root=/dev/sda1 ro debug")
    assert finding.verdict is ATTENTION
    assert "root=/dev/sda1, ro" in finding.title


def test_a_kernel_without_acpi_is_warned_of():
    finding = wordchecks.judge("debug acpi=off")
    assert finding.verdict is ATTENTION
    assert "acpi=off" in finding.title
    assert wordchecks.judge("acpi=force").verdict is READY


SEEDS = (
    "debug loglevel=7 console=ttyS0,115200 nr_cpus=1",
    'root=UUID=1 ro quiet splash dyndbg="file a.c +p" -- single',
    "rdinit=/bin/sh nr_cpus=2 crashkernel=64M kexec_jump_back_entry=0x1",
    "memmap=4G$0x1 mem=1G elfcorehdr=1 panic=1 noinitrd kjtui.park=1",
)


def mutated(chance: random.Random) -> str:
    text = list(chance.choice(SEEDS))
    for _ in range(chance.randrange(1, 12)):
        at = chance.randrange(len(text) + 1)
        letter = chr(chance.choice((*range(128), 0xE4, 0x20AC, 0xD800, 0x1F600)))
        how = chance.randrange(3)
        if how == 0:
            text.insert(at, letter)
        elif how == 1 and at < len(text):
            text[at] = letter
        elif at < len(text):
            del text[at : at + chance.randrange(1, 9)]
        if not text:
            text = ["="]
    return "".join(text)


def test_five_thousand_mutated_lines_are_taken_or_refused_and_what_is_taken_is_harmless():
    chance = random.Random(20250101)
    verdicts = {READY: 0, ATTENTION: 0, BLOCKED: 0}
    for _ in range(5000):
        text = mutated(chance)
        finding = wordchecks.judge(text)
        verdicts[finding.verdict] += 1
        if finding.verdict is BLOCKED:
            assert finding.title
            assert finding.why
            assert finding.cure
        else:
            assert text.isascii()
            assert text.isprintable() or not text.strip()
            names = {wordchecks.name(word) for word in line_words.split(text)}
            assert not names & {"rdinit", "init", "crashkernel", "elfcorehdr", "mem", "memmap", "panic"}
            assert "kexec_jump_back_entry=" not in text
    assert min(verdicts.values()) > 20


@given(st.text(max_size=300))
def test_any_text_is_judged(text):
    for check in (wordchecks.judge, choicechecks.bring_back, choicechecks.network, choicechecks.timer):
        finding = check(text)
        assert isinstance(finding, Finding)
        assert finding.title


# --- programs ---


@pytest.mark.parametrize(
    ("data", "executable", "verdict", "says"),
    [
        (elf(), True, READY, "program for 64-bit PCs"),
        (elf(kind=2), True, READY, "program for 64-bit PCs"),
        (elf(), False, BLOCKED, "may not be executed"),
        (elf(machine=183), True, BLOCKED, "but for ARM (64-bit)"),
        (elf(machine=3, bits=1), True, BLOCKED, "but for 32-bit PCs"),
        (elf(kind=1), True, BLOCKED, "cannot be run"),
        (elf()[:40], True, BLOCKED, "not for 64-bit PCs"),
        (elf()[:6], True, BLOCKED, "not for 64-bit PCs"),
        (b"#!/bin/sh\necho\n", True, READY, "script"),
        (b"#! /bin/sh -e\necho\n", True, READY, "script"),
        (b"#!/usr/bin/env sh\n", True, READY, "script"),
        (b"#!/bin/sh\n", False, BLOCKED, "may not be executed"),
        (b"#!/usr/bin/python3\n", True, BLOCKED, "/usr/bin/python3"),
        (b"#!/usr/bin/env python3\n", True, BLOCKED, "/usr/bin/env python3"),
        (b"#!", True, BLOCKED, "nothing is named"),
        (b"#!\xff\xfe", True, BLOCKED, "runs this script"),
        (b"", True, BLOCKED, "empty"),
        (b"hello", True, BLOCKED, "no program"),
    ],
)
def test_programs(data, executable, verdict, says):
    finding = choicechecks.program_head(head(data, executable))
    assert finding.verdict is verdict
    assert says in finding.title


@given(st.binary(max_size=80))
def test_any_file_is_a_program_or_not(data):
    for start in (b"", b"#!", b"\x7fELF", b"\x7fELF\x02\x01\x01"):
        assert choicechecks.program_head(head(start + data)).title
        assert choicechecks.initramfs_head(head(start + data)).title


# --- initramfs files ---


@pytest.mark.parametrize(
    ("data", "verdict", "says"),
    [
        (b"\x1f\x8b\x08" + bytes(200), READY, "gzip"),
        (b"\xfd7zXZ\0" + bytes(200), READY, "xz"),
        (b"\x28\xb5\x2f\xfd" + bytes(200), READY, "zstd"),
        (b"070701" + bytes(200), READY, "cpio"),
        (b"BZh9" + bytes(200), BLOCKED, "bzip2"),
        (b"\x02\x21\x4c\x18" + bytes(200), BLOCKED, "lz4"),
        (bytes(0x202) + b"HdrS" + bytes(200), BLOCKED, "not an initramfs"),
        (elf(), BLOCKED, "not an initramfs"),
        (b"070701", BLOCKED, "too short"),
        (b"", BLOCKED, "too short"),
    ],
)
def test_initramfs_files(data, verdict, says):
    finding = choicechecks.initramfs_head(head(data))
    assert finding.verdict is verdict
    assert says in finding.title


def test_an_initramfs_that_no_memory_holds_is_refused():
    assert choicechecks.initramfs_head(head(b"070701", size=2 << 30)).verdict is BLOCKED


# --- the rest ---


@pytest.mark.parametrize(
    ("text", "names"),
    [("", ()), (" a.txt, b ", ("a.txt", "b")), ("a a", ("a",)), ("ä…", ("ä…",))],
)
def test_names_to_bring_back(text, names):
    assert choicechecks.bring_back(text).verdict is READY
    assert choicechecks.names(text) == names


@pytest.mark.parametrize(
    "text", ["/etc/passwd", "a/b", "..", "ok .", "output", "x" * 256, " ".join("abcdefghijklmnopq")]
)
def test_names_that_lead_elsewhere_are_refused(text):
    finding = choicechecks.bring_back(text)
    assert finding.verdict is BLOCKED
    assert finding.why


@pytest.mark.parametrize(
    ("text", "verdict"),
    [("yes", ATTENTION), ("Y", ATTENTION), ("no", READY), ("", READY), ("maybe", BLOCKED)],
)
def test_network(text, verdict):
    assert choicechecks.network(text).verdict is verdict


@pytest.mark.parametrize(("text", "verdict"), [("yes", READY), ("n", READY), ("some", BLOCKED)])
def test_caches(text, verdict):
    assert choicechecks.keep_caches(text).verdict is verdict


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("5", READY),
        ("0", ATTENTION),
        ("1440", READY),
        ("1441", BLOCKED),
        ("-1", BLOCKED),
        ("٣", BLOCKED),
        ("", BLOCKED),
    ],
)
def test_timer(text, verdict):
    assert choicechecks.timer(text).verdict is verdict


@pytest.mark.parametrize(
    ("check", "path", "verdict"),
    [
        (choicechecks.kernel, "", READY),
        (choicechecks.kernel, "vmlinuz", BLOCKED),
        (choicechecks.kernel, "/none", BLOCKED),
        (choicechecks.kernel, "/root/own.cpio", BLOCKED),
        (choicechecks.kernel, "/boot/vmlinuz-6.12.48-jump", ATTENTION),
        (choicechecks.kernel, "/boot/vmlinuz-6.1.0-40-amd64", BLOCKED),
        (choicechecks.kernel, "/boot/efi/EFI/Linux/rescue-6.11.10.efi", Verdict.UNKNOWN),
        (choicechecks.program, "", BLOCKED),
        (choicechecks.program, "/root/measure.sh", READY),
        (choicechecks.program, "/root/report.py", BLOCKED),
        (choicechecks.program, "/none", BLOCKED),
        (choicechecks.program, "/a\x00b", BLOCKED),
        (choicechecks.initramfs, "", BLOCKED),
        (choicechecks.initramfs, "/root/own.cpio", READY),
        (choicechecks.initramfs, "/boot/initrd.img-6.14.0-24-generic", READY),
        (choicechecks.initramfs, "/boot/vmlinuz-6.14.0-24-generic", BLOCKED),
    ],
)
def test_files_of_a_machine(check, path, verdict):
    finding = check(machine(), path)
    assert finding.verdict is verdict
    assert finding.verdict is not BLOCKED or finding.why
