"""The kernel's log as it lies in memory: rings built as the kernel builds them, and broken ones."""

import random
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kjtui.kexec import ringbuffer, word
from kjtui.kexec.ringbuffer import Record

MAP, BASE = 0xFFFFFFFF80000000, 0x2000000  # __START_KERNEL_map; phys_base
RESERVED, COMMITTED, FINALIZED, REUSABLE = range(4)  # enum desc_state
# The structures as Linux 6.12 lays them out on x86-64 (include/linux/printk.h, printk_ringbuffer.h).
LAYOUT = {
    "SIZE(printk_ringbuffer)": 80, "OFFSET(printk_ringbuffer.desc_ring)": 0,
    "OFFSET(printk_ringbuffer.text_data_ring)": 48, "OFFSET(prb_desc_ring.count_bits)": 0,
    "OFFSET(prb_desc_ring.descs)": 8, "OFFSET(prb_desc_ring.infos)": 16, "OFFSET(prb_desc_ring.head_id)": 24,
    "SIZE(prb_desc)": 24, "OFFSET(prb_desc.state_var)": 0, "OFFSET(prb_desc.text_blk_lpos)": 8,
    "OFFSET(prb_data_blk_lpos.begin)": 0, "OFFSET(prb_data_blk_lpos.next)": 8, "SIZE(printk_info)": 88,
    "OFFSET(printk_info.ts_nsec)": 8, "OFFSET(printk_info.text_len)": 16,
    "OFFSET(prb_data_ring.size_bits)": 0, "OFFSET(prb_data_ring.data)": 8,
}  # fmt: skip
PRB, DESCS, INFOS, TEXT = (MAP + 0x1000000 * number for number in (1, 2, 3, 4))
POINTER = MAP + 0x5000000


@dataclass
class Ring:
    """struct printk_ringbuffer, filled as prb_reserve() and prb_commit() do. Sizes are powers of two."""

    count_bits: int = 5
    size_bits: int = 10
    head: int = field(init=False)
    begin: int = field(init=False)

    def __post_init__(self) -> None:
        # The counters begin so that they soon run over (BLK0_LPOS, DESC0_ID).
        self.head = -(1 << self.count_bits) & (1 << 62) - 1
        self.begin = -(1 << self.size_bits) & (1 << 64) - 1
        self.descs = bytearray(24 << self.count_bits)
        self.infos = bytearray(88 << self.count_bits)
        self.text = bytearray(1 << self.size_bits)

    def add(self, text: bytes, seconds: float = 1.0, state: int = FINALIZED) -> None:
        """A record. Its block has an id of 8 bytes before the text and begins at a multiple of 8."""
        size, ring = -(-(8 + len(text)) // 8) * 8, 1 << self.size_bits
        end = self.begin + size & (1 << 64) - 1
        at = self.begin % ring
        if self.begin >> self.size_bits != (self.begin + size) >> self.size_bits:
            # It would not lie in one piece: it goes to the start of the ring (data_alloc).
            end, at = (self.begin + size >> self.size_bits << self.size_bits) + size, 0
        self.text[at : at + 8] = struct.pack("<Q", self.head + 1 & (1 << 62) - 1)
        self.text[at + 8 : at + 8 + len(text)] = text
        self.note(self.begin, end & (1 << 64) - 1, len(text), seconds, state)
        self.begin = end & (1 << 64) - 1

    def note(self, begin: int, end: int, length: int, seconds: float, state: int) -> None:
        self.head = self.head + 1 & (1 << 62) - 1
        slot = self.head % (1 << self.count_bits)
        struct.pack_into("<3Q", self.descs, 24 * slot, state << 62 | self.head, begin, end)
        struct.pack_into("<QQH", self.infos, 88 * slot, self.head, int(seconds * 1e9), length)

    def add_dataless(self) -> None:
        """A record without a block: an empty line (3), or one for which there was no room (1)."""
        self.note(3, 3, 0, 1.0, FINALIZED)
        self.note(1, 1, 0, 1.0, FINALIZED)

    @property
    def parts(self) -> dict[int, bytes]:
        prb = struct.pack("<QQQQQQ", self.count_bits, DESCS, INFOS, self.head, 0, 0)
        prb += struct.pack("<QQQQ", self.size_bits, TEXT, self.begin, 0)
        return {PRB: prb, DESCS: bytes(self.descs), INFOS: bytes(self.infos), TEXT: bytes(self.text)}

    @property
    def memory(self) -> dict[int, bytes]:
        return {**self.parts, POINTER: struct.pack("<Q", PRB)}

    def read(self, virtual: int, size: int) -> bytes:
        for start, data in self.memory.items():
            if start <= virtual and virtual + size <= start + len(data):
                return data[virtual - start :][:size]
        raise ValueError(hex(virtual))

    def located(self) -> ringbuffer.Place:
        place = ringbuffer.locate(vmcoreinfo(), self.read)
        assert place is not None
        return place

    def copied(self, step: int = word.ROOM) -> bytes:
        """The copy that the trampoline makes: each part from a page of its own on."""
        return b"".join(part + bytes(-len(part) % step) for part in self.parts.values())


def vmcoreinfo(**more: str) -> str:
    told = {
        "OSRELEASE": "6.12.117", "PAGESIZE": "4096", "NUMBER(phys_base)": str(BASE),
        "SYMBOL(prb)": f"{POINTER:x}", **{name: str(value) for name, value in LAYOUT.items()}, **more,
    }  # fmt: skip
    return "".join(f"{name}={value}\n" for name, value in told.items()) + "KERNELOFFSET=0\nno sign\n"


def lines(ring: Ring, step: int = word.ROOM) -> list[str]:
    found = ringbuffer.records(ring.copied(step), ring.located().layout, step)
    return [record.text for record in found]


def test_the_parts_are_found_by_their_physical_addresses() -> None:
    place = Ring().located()
    assert [piece.physical for piece in place.pieces] == [
        virtual - MAP + BASE for virtual in (PRB, DESCS, INFOS, TEXT)
    ]
    assert [piece.size for piece in place.pieces] == [80, 24 * 32, 88 * 32, 1024]
    assert place.size == sum(piece.size for piece in place.pieces)


def test_a_log_is_read_from_the_oldest_line_on() -> None:
    ring = Ring()
    for number in range(5):
        ring.add(f"line {number}".encode(), number + 0.5)
    found = ringbuffer.records(ring.copied(), ring.located().layout, word.ROOM)
    assert found == tuple(Record(number + 0.5, f"line {number}") for number in range(5))


@given(
    texts=st.lists(st.binary(max_size=60), max_size=80),
    count_bits=st.integers(1, 6),
    size_bits=st.integers(8, 12),
    step=st.sampled_from([8, 80, word.ROOM]),
)
def test_after_a_turn_the_newest_lines_are_there(
    texts: Sequence[bytes], count_bits: int, size_bits: int, step: int
) -> None:
    ring = Ring(count_bits, size_bits)
    room, kept = 1 << size_bits, 0
    for text in texts:
        ring.add(b"<" + text.hex().encode() + b">"[:1] if len(text) < 40 else b"<long>")
    expected = [f"<{text.hex()}>" if len(text) < 40 else "<long>" for text in texts]
    found = lines(ring, step)
    # Those whose blocks nothing has been written over since: at least half a ring's worth.
    for text in reversed(expected[-(1 << count_bits) :]):
        room -= -(-(8 + len(text)) // 8) * 8
        if room < 1 << size_bits >> 1:
            break
        kept += 1
    assert found[len(found) - kept :] == expected[len(expected) - kept :]
    assert len(found) <= 1 << count_bits


def test_a_block_that_ends_exactly_at_the_end_of_the_ring_is_read_both_ways() -> None:
    """Older kernels put it at the start, newer ones (2025) leave it where it is."""
    old = Ring(size_bits=8)
    for number in range(4):
        old.add(f"{number}".encode() * 56)
    assert old.text[:8] != bytes(8)
    assert lines(old)[-1] == "3" * 56
    new = Ring(size_bits=8)
    for number in range(3):
        new.add(f"{number}".encode() * 56)
    at = new.begin % 256
    new.text[at : at + 64] = struct.pack("<Q", new.head + 1 & (1 << 62) - 1) + b"x" * 56
    new.note(new.begin, new.begin + 64 & (1 << 64) - 1, 56, 1.0, FINALIZED)
    assert lines(new)[-1] == "x" * 56


def test_what_is_not_a_line_is_passed_over() -> None:
    ring = Ring()
    ring.add(b"first")
    ring.add_dataless()
    ring.add(b"still being written", state=RESERVED)
    ring.add(b"may grow", state=COMMITTED)
    ring.add(b"given up", state=REUSABLE)
    ring.add(b"last")
    assert lines(ring) == ["first", "may grow", "last"]


def test_a_record_of_many_lines_is_many_lines() -> None:
    ring = Ring()
    ring.add(b"one\ntwo\nthree")
    assert lines(ring) == ["one", "two", "three"]


def test_what_a_terminal_would_obey_is_spelled_out() -> None:
    ring = Ring()
    ring.add(b"\x1b[2Jred \x07\xff \xc3\xa9")
    assert lines(ring) == ["\\x1b[2Jred \\x07\N{REPLACEMENT CHARACTER} é"]


def test_an_empty_ring_has_no_lines() -> None:
    assert lines(Ring()) == []


@pytest.mark.parametrize(
    "more",
    [
        *({name: ""} for name in (*LAYOUT, "NUMBER(phys_base)", "SYMBOL(prb)")),
        {"SYMBOL(prb)": f"{MAP:x}"},
        {"SYMBOL(prb)": "nothing"},
        {"SIZE(printk_ringbuffer)": "4"},
        {"SIZE(printk_ringbuffer)": "-1"},
        {"SIZE(printk_ringbuffer)": str(1 << 80)},
        {"OFFSET(prb_desc_ring.descs)": str(1 << 80)},
    ],
)
def test_a_place_that_is_not_told_is_none(more: dict[str, str]) -> None:
    assert ringbuffer.locate(vmcoreinfo(**more), Ring().read) is None


def test_a_ring_outside_of_the_kernel_s_image_is_none() -> None:
    ring = Ring()
    far = struct.pack("<Q", 0xFFFF888000000000)

    def read(virtual: int, size: int) -> bytes:
        data = ring.read(virtual, size)
        return data[:8] + far + data[16:] if size == 80 else data

    assert ringbuffer.locate(vmcoreinfo(), read) is None


def test_memory_that_cannot_be_read_is_none() -> None:
    def read(_virtual: int, _size: int) -> bytes:
        raise OSError(5, "Input/output error")

    assert ringbuffer.locate(vmcoreinfo(), read) is None


def full_ring() -> Ring:
    ring = Ring()
    for number in range(70):
        ring.add(f"line {number} of them".encode(), number)
        if number % 9 == 0:
            ring.add_dataless()
    return ring


def test_2000_mutated_copies_never_are_an_exception() -> None:
    chance = random.Random(7)
    ring = full_ring()
    whole, layout = ring.copied(), ring.located().layout
    good = ringbuffer.records(whole, layout, word.ROOM)
    same = 0
    for _ in range(2000):
        copy, told = bytearray(whole), dict(layout)
        how = chance.randrange(4)
        if how == 0:
            for _ in range(chance.choice((1, 8, 400))):
                copy[chance.randrange(len(copy))] = chance.randrange(256)
        elif how == 1:
            del copy[chance.randrange(len(copy)) :]
        elif how == 2:
            start = chance.randrange(80)
            copy[start : start + 8] = chance.randbytes(8)
        else:
            name = chance.choice(sorted(told))
            told[name] = chance.choice((0, 1, -1, 7, 1 << 16, 1 << 40, 1 << 70, -(1 << 70), told[name] + 8))
            if chance.random() < 0.1:
                del told[name]
        found = ringbuffer.records(bytes(copy), told, word.ROOM)
        assert all(record.text.isprintable() for record in found)
        same += found == good
    assert 50 < same < 1950
