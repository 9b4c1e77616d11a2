"""What a kernel's file is, what it carries in itself, and what follows from its configuration."""

import bz2
import gzip
import lzma
import struct
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from kernels import bzimage
from test_installed import FULL

from kjtui.backend import filehead
from kjtui.backend.probe.config import parse
from kjtui.errors import KjtuiError
from kjtui.kexec import bzimage as header
from kjtui.kexec import ikconfig, imagekinds
from kjtui.knowledge import visitor

ZSTD = zstandard.ZstdCompressor()
PACKERS = {
    "gzip": gzip.compress,
    "xz": lzma.compress,
    "lzma": lambda data: lzma.compress(data, lzma.FORMAT_ALONE),
    "bzip2": bz2.compress,
    "zstd": ZSTD.compress,
}


def elf(machine: int, kind: int = 2, order: int = 1) -> bytes:
    head = b"\x7fELF\x02" + bytes([order, 1]).ljust(11, b"\0")
    return head + struct.pack("<HH" if order == 1 else ">HH", kind, machine) + bytes(4096)


def windows(machine: int, start: bytes = b"MZ") -> bytes:
    head = bytearray(start.ljust(0x100, b"\0"))
    struct.pack_into("<I", head, 0x3C, 0x80)
    head[0x80:0x86] = b"PE\0\0" + struct.pack("<H", machine)
    return bytes(head) + bytes(4096)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"MZ" + bytes(0x36) + b"ARM\x64" + bytes(4096), "This is a kernel for ARM (64-bit)"),
        (b"MZ" + bytes(0x36) + b"RSC\x05" + bytes(4096), "This is a kernel for RISC-V"),
        (bytes(0x24) + b"\x18\x28\x6f\x01" + bytes(4096), "This is a kernel for ARM (32-bit)"),
        (windows(0xAA64, b"MZ\0\0zimg"), "This is a kernel for ARM (64-bit) that only EFI firmware unpacks"),
        (windows(0x8664), "This is an EFI program for 64-bit PCs"),
        (windows(0x6264), "LoongArch"),
        (gzip.compress(bytes(9000)), "packed by gzip"),
        (ZSTD.compress(bytes(9000)), "packed by zstd"),
        (elf(62), "unpacked kernel (vmlinux)"),
        (elf(183), "for ARM (64-bit) (ELF)"),
        (elf(22, order=2), "for IBM Z (ELF)"),
        (b"070701" + bytes(4096), "an initramfs"),
        (b"\x27\x05\x19\x56" + bytes(4096), "U-Boot"),
        (b"#!/bin/sh\n" + bytes(4096), "a script"),
        (bytes(9000), "not an x86 kernel image"),
        (b"", "not an x86 kernel image"),
    ],
)
def test_what_is_no_kernel_for_this_machine_is_called_what_it_is(data, says):
    for attempt in (lambda: header.parse(data), lambda: header.check(data[:4096], len(data))):
        with pytest.raises(KjtuiError) as refused:
            attempt()
        assert says in refused.value.title
        assert refused.value.detail
        assert refused.value.hint


@given(st.binary(max_size=300))
def test_any_beginning_has_a_name_or_none(data):
    for start in (b"", b"MZ", b"\x7fELF", b"MZ\0\0zimg"):
        assert isinstance(imagekinds.name(start + data), str)


def test_the_head_alone_is_judged_as_the_whole_file_is():
    whole = bzimage(payload=1 << 16)
    header.check(whole[:4096], len(whole))
    with pytest.raises(KjtuiError, match="cut off"):
        header.check(whole[:4096], len(whole) - 4096)


def carrying(config: str, pack) -> bytes:
    inner = b"x" * 5000 + b"IKCFG_ST" + gzip.compress(config.encode()) + b"IKCFG_ED" + b"y" * 5000
    packed = pack(inner) + struct.pack("<I", len(inner))
    data = bytearray(bzimage(payload=len(packed) + 512))
    struct.pack_into("<II", data, 0x248, 0x100, len(packed))
    start = 5 * 512 + 0x100
    data[start : start + len(packed)] = packed
    return bytes(data)


@pytest.mark.parametrize("pack", PACKERS.values(), ids=PACKERS)
def test_the_configuration_in_a_kernel_is_found(pack):
    assert ikconfig.embedded(carrying(FULL, pack)) == FULL


def test_a_kernel_without_one_or_with_a_damaged_one_has_none():
    assert ikconfig.embedded(bzimage()) is None
    assert ikconfig.embedded(b"") is None
    good = carrying(FULL, gzip.compress)
    for at in range(5 * 512 + 0x100, 5 * 512 + 0x180):
        damaged = bytearray(good)
        damaged[at] ^= 0xFF
        assert ikconfig.embedded(bytes(damaged)) in (None, FULL)


@pytest.mark.parametrize("packed", [True, False])
def test_examining_looks_into_the_file_only_when_asked_to(tmp_path, packed):
    (tmp_path / "k").write_bytes(carrying(FULL, ZSTD.compress) if packed else bzimage())
    quick = filehead.examine_kernel("/k", tmp_path, thorough=False)
    assert (quick.can_be_b, quick.config_source, quick.source) == (None, "", "a file of your own")
    thorough = filehead.examine_kernel("/k", tmp_path, thorough=True)
    assert thorough.can_come_back is (True if packed else None)
    assert thorough.config_source == ("/k (IKCONFIG)" if packed else "")


def test_read_head_tells_size_and_rights(tmp_path):
    (tmp_path / "p").write_bytes(b"#!/bin/sh\n" + bytes(9000))
    (tmp_path / "p").chmod(0o755)
    head = filehead.read_head("/p", 100, tmp_path)
    assert (len(head.data), head.size, head.executable) == (100, 9010, True)


@pytest.mark.parametrize("name", sorted({one for demand in visitor.MUST for one in demand.options}))
def test_without_what_it_must_have_a_kernel_cannot_be_b(name):
    judged = visitor.judge(parse(FULL.replace(f"{name}=y\n", "")))
    assert judged.can_be_b is False
    assert judged.can_come_back is True
    assert name.removeprefix("CONFIG_") in judged.why[0]


@pytest.mark.parametrize("name", sorted({one for demand in visitor.BACK for one in demand.options}))
def test_without_the_jump_a_kernel_cannot_come_back(name):
    judged = visitor.judge(parse(FULL.replace(f"{name}=y\n", f"{name}=m\n")))
    assert (judged.can_be_b, judged.can_come_back) == (True, False)
    assert judged.can_jump is (name != "CONFIG_KEXEC_JUMP")


@pytest.mark.parametrize("name", ["DEVMEM", "CRASH_DUMP", "PROC_VMCORE", "RD_ZSTD", "VT_CONSOLE"])
def test_what_is_only_taken_away_is_said_and_does_not_stop(name):
    judged = visitor.judge(parse(FULL.replace(f"CONFIG_{name}=y\n", "")))
    assert (judged.can_be_b, judged.can_come_back, judged.why) == (True, True, ())
    assert len(judged.lacks) == 1


def test_a_kernel_that_locks_itself_down_cannot_come_back():
    judged = visitor.judge(parse(FULL + "CONFIG_LOCK_DOWN_KERNEL_FORCE_INTEGRITY=y\n"))
    assert judged.can_come_back is False


def test_without_a_configuration_nothing_is_claimed():
    assert visitor.judge(None) == visitor.judge({}) == visitor.Judgement()


def test_this_projects_own_kernel_can_be_b_and_come_back():
    text = (Path(__file__).parents[2] / "helpers/kernel/jump.config").read_text()
    # Without what the architecture's own defaults add.
    options = parse(text + "CONFIG_X86_64=y\n")
    assert visitor.judge(options).why == ()


def test_a_head_larger_than_memory_is_no_matter_for_a_small_file(tmp_path):
    (tmp_path / "small").write_bytes(b"few bytes")
    assert filehead.read_head("/small", 1 << 50, tmp_path).data == b"few bytes"
