"""The code of ours that runs between the kernels, checked as bytes; that it works is proved by real jumps."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kjtui.errors import KjtuiError
from kjtui.kexec.stub import entry_stub
from kjtui.kexec.trampoline import trampoline, trampoline_size
from kjtui.model.memory import GIB, MIB, PAGE


def walk(tables: bytes, base: int, root: int, virtual: int, levels: int) -> int:
    """Translate an address with the trampoline's own tables, as the processor would."""
    table = root
    for level in range(levels, 1, -1):
        index = virtual >> (12 + 9 * (level - 1)) & 511
        (entry,) = struct.unpack_from("<Q", tables, table - base + 8 * index)
        assert entry & 1, f"not present at level {level}"
        if level == 2:
            assert entry & 0x80
            return (entry & ~0x1FFFFF & (1 << 52) - 1) + (virtual & 0x1FFFFF)
        table = entry & ~0xFFF & (1 << 52) - 1
    raise AssertionError


@given(
    top=st.integers(1, 1100).map(lambda n: n * GIB),
    where=st.floats(0, 1, exclude_max=True),
    place=st.floats(0, 1, exclude_max=True),
    levels=st.sampled_from([4, 5]),
)
def test_all_memory_is_mapped_one_to_one(top: int, where: float, place: float, levels: int) -> None:
    address = int((top - MIB) * place) // PAGE * PAGE
    entry = int((top - PAGE) * where)
    code = trampoline(address, entry, top)
    assert len(code) == trampoline_size(top)
    root = address + (PAGE if levels == 5 else 2 * PAGE)
    for virtual in (address, entry, 0, top - 1, top // 2):
        assert walk(code, address, root, virtual, levels) == virtual


def test_addresses_that_do_not_fit_are_refused() -> None:
    with pytest.raises(KjtuiError, match="way back cannot be built"):
        trampoline(PAGE, 2 * GIB, GIB)
    with pytest.raises(KjtuiError, match="way back cannot be built"):
        trampoline(1, PAGE, GIB)


def test_the_descriptor_of_a_lent_gdt_is_where_lgdt_looks() -> None:
    code = trampoline(16 * PAGE, 0x1234000, GIB, gdt=0xFFFFFE0000001000)
    at = code.index(b"\x0f\x01\x15")
    (offset,) = struct.unpack_from("<i", code, at + 3)
    limit, base = struct.unpack_from("<HQ", code, at + 7 + offset)
    assert (limit, base) == (0x7F, 0xFFFFFE0000001000)
    assert code.index(b"\x0f\x22\xd8") > at  # the switch of page tables comes after it
    assert b"\x0f\x01\x15" not in trampoline(16 * PAGE, 0x1234000, GIB)


def test_the_stub_knows_its_places() -> None:
    code = entry_stub(0x10000000, 0x10002010, 0x10001000, 0x10200200)
    assert code.index(struct.pack("<Q", 0x10002010)) == 6
    assert b"\x48\xbe" + struct.pack("<Q", 0x10001000) in code
    assert b"\x48\xb8" + struct.pack("<Q", 0x10200200) + b"\xff\xe0" in code
    loop = code.index(b"\x75")
    assert loop + 2 + struct.unpack_from("b", code, loop + 1)[0] == code.index(b"\x48\xc1\xc0\x04")
    at = code.index(b"\x0f\x01\x15")
    descriptor = at + 7 + struct.unpack_from("<i", code, at + 3)[0]
    limit, base = struct.unpack_from("<HQ", code, descriptor)
    table = code[base - 0x10000000 :][: limit + 1]
    assert struct.unpack("<4Q", table)[2:] == (0x00AF9B000000FFFF, 0x00CF93000000FFFF)
