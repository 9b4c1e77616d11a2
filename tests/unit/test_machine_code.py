"""The code of ours that runs between the kernels, checked as bytes; that it works is proved by real jumps."""

import ctypes
import mmap
import random
import struct
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kjtui.errors import KjtuiError
from kjtui.kexec import word
from kjtui.kexec.stub import entry_stub
from kjtui.kexec.trampoline import Copy, _copying, trampoline, trampoline_size
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


NONCE = "0123456789abcdef"
COPIES = st.lists(
    st.builds(
        Copy,
        source=st.integers(0, (1 << 52) - 1),
        page=st.integers(0, 1 << 40).map(lambda number: number * PAGE),
        size=st.integers(0, word.ROOM // 8).map(lambda eights: eights * 8),
    ),
    min_size=1,
    max_size=9,
)


@given(COPIES, st.none() | st.just(0xFFFFFE0000001000), st.integers(1, 40).map(lambda number: number * GIB))
def test_the_list_of_copies_lies_where_the_code_looks_for_it(
    copies: list[Copy], gdt: int | None, top: int
) -> None:
    address = 16 * PAGE
    data = trampoline(address, 0x1234000, top, gdt, copies, NONCE)
    assert len(data) == trampoline_size(top, len(copies))
    page = data[:PAGE]
    (listed,) = struct.unpack_from("<Q", page, page.index(b"\x48\xbb") + 2)  # mov rbx, copies
    triples = list(struct.iter_unpack("<3Q", data[listed - address :]))
    assert triples == [*((one.source, one.page, one.size // 8) for one in copies), (0, 0, 0)]
    # Copied under the page tables that map everything, and before A is entered.
    assert page.index(b"\x0f\x22\xd8") < page.index(_copying(listed, NONCE)) < page.rindex(b"\xff\xe0")
    if gdt is not None:
        at = page.index(b"\x0f\x01\x15")
        assert struct.unpack_from("<HQ", page, at + 7 + struct.unpack_from("<i", page, at + 3)[0]) == (
            0x7F,
            gdt,
        )


def test_without_copies_there_is_no_list() -> None:
    assert b"\xf3\x48\xa5" not in trampoline(16 * PAGE, 0x1234000, GIB, nonce=NONCE)
    assert trampoline_size(GIB, 0) == trampoline_size(GIB)


@pytest.fixture
def executable() -> mmap.mmap:
    try:
        return mmap.mmap(-1, PAGE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    except OSError as error:
        pytest.skip(f"this system gives no memory that may be written and executed: {error.strerror}")


class Memory:
    """Pages of A's, and memory of B's to copy from, in this process: what the code takes for physical."""

    def __init__(self, pages: int, source: bytes) -> None:
        self.block = mmap.mmap(-1, pages * PAGE)
        self.base = ctypes.addressof(ctypes.c_char.from_buffer(self.block))
        self.kept = ctypes.create_string_buffer(source, len(source))
        self.source = ctypes.addressof(self.kept)

    def page(self, number: int) -> int:
        return self.base + number * PAGE


def call(executable: mmap.mmap, copies: Sequence[Copy]) -> None:
    """Run the copying code with this list, as a function. rbx is the caller's."""
    listed = b"".join(struct.pack("<3Q", one.source, one.page, one.size // 8) for one in copies)
    table = ctypes.create_string_buffer(listed + bytes(24))
    code = b"\x53" + _copying(ctypes.addressof(table), NONCE) + b"\x5b\xc3"  # push rbx … pop rbx; ret
    executable[: len(code)] = code
    ctypes.CFUNCTYPE(None)(ctypes.addressof(ctypes.c_char.from_buffer(executable)))()


def other_nonces() -> list[str]:
    """Wrong in the first half, in the second half, in one letter at either end, in all."""
    return ["x" + NONCE[1:], NONCE[:-1] + "x", NONCE[8:] + NONCE[:8], NONCE[:8] + "0" * 8, "f" * 16]


def test_the_code_copies_to_pages_with_the_nonce_only(executable: mmap.mmap) -> None:
    chance = random.Random(3)
    source = chance.randbytes(20 * PAGE)
    for _ in range(50):
        nonces = [chance.choice((NONCE, NONCE, *other_nonces())) for _ in range(12)]
        memory = Memory(len(nonces), source)
        before = []
        for number, nonce in enumerate(nonces):
            page = word.blank(nonce, number, 12)[: word.BODY] + chance.randbytes(word.ROOM)
            memory.block[number * PAGE : (number + 1) * PAGE] = page
            before.append(page)
        places = [(8 * chance.randrange(2 * PAGE), 8 * chance.randint(1, word.ROOM // 8)) for _ in nonces]
        call(
            executable,
            [Copy(memory.source + at, memory.page(number), size) for number, (at, size) in enumerate(places)],
        )
        for number, (at, size) in enumerate(places):
            page = memory.block[number * PAGE : (number + 1) * PAGE]
            expected = before[number]
            if nonces[number] == NONCE:
                end = word.BODY + size
                expected = expected[: word.BODY] + source[at : at + size] + expected[end:]
            assert page == expected
        assert memory.kept.raw == source


def test_the_code_ends_at_an_empty_list(executable: mmap.mmap) -> None:
    call(executable, [])
    assert executable[:3] == b"\x53\x48\xbb"  # it has come back


def test_the_code_fills_a_page_to_its_last_byte_and_no_further(executable: mmap.mmap) -> None:
    memory = Memory(2, b"\xaa" * PAGE)
    for number in range(2):
        memory.block[number * PAGE : (number + 1) * PAGE] = word.blank(NONCE, number, 2)
    call(executable, [Copy(memory.source, memory.page(0), word.ROOM)])
    assert memory.block[word.BODY : PAGE] == b"\xaa" * word.ROOM
    assert memory.block[PAGE:] == word.blank(NONCE, 1, 2)
    assert word.expects(memory.block[:PAGE], NONCE, 0, 2)


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
