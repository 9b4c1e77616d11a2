"""Unified kernel images: what is in them, and what is refused."""

import os
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kernels import bzimage, unified

from kjtui.backend.filehead import read_kernel
from kjtui.errors import KjtuiError
from kjtui.kexec import uki

KERNEL = bzimage(payload=4096, version="6.17.8-arch1")
IMAGE = unified(KERNEL, uname="6.17.8-arch1")
TABLE = 0x80 + 24 + 0xF0  # where the first section's 40 bytes begin


def test_the_sections_are_found_and_hold_what_was_put_in():
    found = uki.sections(IMAGE[: uki.HEAD], len(IMAGE))
    assert list(found) == [".osrel", ".uname", ".cmdline", ".linux", ".initrd"]
    piece = {name: IMAGE[one.offset : one.offset + one.size] for name, one in found.items()}
    assert piece[".linux"] == KERNEL
    assert uki.text(piece[".uname"]) == "6.17.8-arch1"
    assert uki.text(piece[".cmdline"]) == "quiet rw"
    assert uki.kernel(IMAGE) == KERNEL


def test_a_plain_kernel_and_an_efi_program_are_left_as_they_are():
    assert uki.kernel(KERNEL) == KERNEL
    without = IMAGE.replace(b".linux\0\0", b".text\0\0\0", 1)
    assert not uki.is_unified(without[: uki.HEAD], len(without))
    assert uki.kernel(without) == without


def test_one_for_another_processor_is_refused():
    with pytest.raises(KjtuiError, match="another kind of processor"):
        uki.kernel(unified(KERNEL, uname="6.17.8", machine=0xAA64))


@pytest.mark.parametrize(
    ("at", "form", "value"),
    [
        (0x3C, "<I", 0xFFFFFFF0),
        (0x3C, "<I", 0),
        (0x86, "<H", 97),
        (0x86, "<H", 90),
        (0x94, "<H", 0xFFF0),
        (TABLE + 3 * 40 + 20, "<I", 0xFFFFFFFF),
    ],
)
def test_what_points_outside_of_the_file_is_refused(at, form, value):
    data = bytearray(IMAGE)
    struct.pack_into(form, data, at, value)
    if at == TABLE + 3 * 40 + 20:
        struct.pack_into("<II", data, TABLE + 3 * 40 + 8, 1 << 20, 0)
        struct.pack_into("<I", data, TABLE + 3 * 40 + 16, 1 << 20)
    with pytest.raises(KjtuiError) as refused:
        uki.sections(bytes(data[: uki.HEAD]), len(data))
    assert refused.value.hint


@given(st.integers(0, len(IMAGE)))
def test_a_file_that_is_cut_off_never_gives_half_a_kernel(length):
    try:
        got = uki.kernel(IMAGE[:length])
    except KjtuiError:
        return
    assert got in (KERNEL, IMAGE[:length])


@given(st.lists(st.tuples(st.integers(0, 0x300), st.integers(0, 255)), min_size=1, max_size=12))
def test_a_damaged_head_is_read_or_refused(changes):
    data = bytearray(IMAGE)
    for at, value in changes:
        data[at] = value
    try:
        found = uki.sections(bytes(data[: uki.HEAD]), len(data))
        kernel = uki.kernel(bytes(data))
    except KjtuiError:
        return
    assert all(one.offset + one.size <= len(data) or not one.size for one in found.values())
    assert len(kernel) <= len(data)


def test_the_machine_reads_the_kernel_out_of_the_image(tmp_path):
    (tmp_path / "u.efi").write_bytes(IMAGE)
    (tmp_path / "k").write_bytes(KERNEL)
    os.mkfifo(tmp_path / "pipe")
    assert read_kernel("/u.efi", tmp_path) == KERNEL
    assert read_kernel("/k", tmp_path) == KERNEL
    for name in ("/pipe", "/none", "/"):
        with pytest.raises(KjtuiError, match="cannot be read"):
            read_kernel(name, tmp_path)
