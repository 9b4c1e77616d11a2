"""Which pages changed places: found in a list as the kernel has it, and in nothing else."""

import itertools
import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kjtui.kexec import exchanged
from kjtui.kexec.freepages import Unknown
from kjtui.model.memory import MIB, PAGE, Span

LOW, REGION = Span(PAGE, 0x9F000), Span(8 * MIB, 12 * MIB)
PLACES = (LOW, REGION)
CONTROL, TABLE = 0x200000, 0x300000
ENTRY = CONTROL + 0x1F3
DESTINATION, INDIRECTION, DONE, SOURCE = 1, 2, 4, 8


class Memory:
    """Memory of a kernel with such a list in it. segments: (destination, its sources)."""

    def __init__(self, segments: Sequence[tuple[int, Sequence[int]]], at: int = 0x830) -> None:
        self.content = bytearray(16 * MIB)
        self.put(CONTROL + at, TABLE | INDIRECTION)
        words = []
        for destination, sources in segments:
            words += [destination | DESTINATION, *(page | SOURCE for page in sources)]
        table = TABLE
        while len(words) > 511:
            self.fill(table, [*words[:511], (table + PAGE) | INDIRECTION])
            words, table = words[511:], table + PAGE
        self.fill(table, [*words, DONE])

    def fill(self, table: int, words: Sequence[int]) -> None:
        for number, word in enumerate(words):
            self.put(table + 8 * number, word)

    def put(self, at: int, value: int) -> None:
        self.content[at : at + 8] = value.to_bytes(8, "little")

    def read(self, address: int, size: int) -> bytes:
        if not 0 <= address <= len(self.content) - size:
            raise LookupError(f"{address:#x} is not there")
        return bytes(self.content[address : address + size])

    def runs(self) -> tuple[exchanged.Run, ...]:
        return exchanged.runs(ENTRY, self.read, PLACES)


def pages(first: int, count: int, step: int = 1) -> list[int]:
    return [first + PAGE * step * number for number in range(count)]


BOTH = [(REGION.start, pages(4 * MIB, 1024)), (LOW.start, pages(0x1000000, 100, -1))]


@pytest.mark.parametrize("at", [0, 0x830, 0xFF8])
def test_the_list_is_found_wherever_its_address_is(at: int) -> None:
    found = Memory(BOTH, at).runs()
    assert [run.span for run in found] == [Span(LOW.start, LOW.start + 100 * PAGE), REGION]
    assert [[word - SOURCE for word in run.words] for run in found] == [BOTH[1][1], BOTH[0][1]]


def test_words_that_only_look_like_its_address_are_passed_by() -> None:
    memory = Memory(BOTH, 0x830)
    memory.put(CONTROL + 0x10, 0x400000 | INDIRECTION)  # a page of zeros
    memory.put(CONTROL + 0x18, (1 << 45) | INDIRECTION)  # no memory
    memory.put(CONTROL + 0x20, (TABLE + PAGE) | INDIRECTION)  # its middle: no page has a destination yet
    assert len(memory.runs()) == 2


@pytest.mark.parametrize(
    "segments",
    [
        [],
        [(REGION.start, [])],
        [(REGION.end - PAGE, pages(4 * MIB, 2))],  # beyond kernel B's place
        [(6 * MIB, pages(4 * MIB, 2))],  # elsewhere
        [(REGION.start, pages(4 * MIB, 4)), (REGION.start + 3 * PAGE, pages(5 * MIB, 2))],  # twice
        [(REGION.start, [4 * MIB, 4 * MIB])],  # two at the same place
        [(REGION.start, [4 * MIB, 5 * MIB + 0x100, 6 * MIB])],  # no page
        [(REGION.start, pages(0, 1300))],  # more than there can be
    ],
)
def test_a_list_that_no_jump_has_is_not_believed(segments: list[tuple[int, list[int]]]) -> None:
    with pytest.raises(Unknown):
        Memory(segments).runs()


def test_a_list_that_leads_in_a_circle_is_left() -> None:
    memory = Memory([])
    memory.fill(TABLE, [TABLE | INDIRECTION])
    with pytest.raises(Unknown):
        memory.runs()


def test_a_control_page_that_cannot_be_read_is_told() -> None:
    with pytest.raises(Unknown):
        exchanged.runs(1 << 45, Memory(BOTH).read, PLACES)


@settings(max_examples=200, deadline=None)
@given(st.randoms(use_true_random=False), st.sets(st.integers(0, 1023)))
def test_what_waits_for_any_pages_is_found_page_by_page(chance: random.Random, wanted: set[int]) -> None:
    sources = pages(0, 1024)
    chance.shuffle(sources)
    half = chance.randrange(1, 1024)
    found = Memory(
        [
            (REGION.start + half * PAGE, sources[half:]),
            (REGION.start, sources[:half]),
        ]
    ).runs()
    spans: list[Span] = []
    for number in sorted(wanted):
        start = REGION.start + number * PAGE
        if spans and spans[-1].end == start:
            spans[-1] = Span(spans[-1].start, start + PAGE)
        else:
            spans.append(Span(start, start + PAGE))
    told = exchanged.sources_of(found, [Span(0, PAGE), *spans, Span(15 * MIB, 16 * MIB)])
    assert sorted(page for span in told for page in range(span.start, span.end, PAGE)) == sorted(
        sources[number] for number in wanted
    )
    assert all(one.end < after.start for one, after in itertools.pairwise(told))


def test_part_of_a_page_is_no_page() -> None:
    found = Memory([(REGION.start, pages(4 * MIB, 4))]).runs()
    spans = [Span(REGION.start + 10, REGION.start + 2 * PAGE + 10)]
    assert exchanged.sources_of(found, spans) == (Span(4 * MIB + PAGE, 4 * MIB + 2 * PAGE),)
