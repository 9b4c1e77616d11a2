"""Which memory was free: read from lists as a kernel has them, through page tables as it has them."""

import itertools
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kjtui.kexec import freepages
from kjtui.kexec.freepages import Unknown
from kjtui.model.memory import PAGE, Span

KERNEL_MAP, DIRECT, PAGES = 0xFFFFFFFF80000000, 0xFFFF888000000000, 0xFFFFEA0000000000
BASE, TOP = 0x200000, 0x210000  # where the kernel lies, and its uppermost page table
NODE, TABLES, SECTIONS, ROOTS, MAP = 0x300000, 0x220000, 0x310000, 0x311000, 0x800000
ORDERS, KINDS, LIST, AREA, ZONE = 4, 2, 16, 40, 1024
LRU, STRUCT_PAGE = 8, 64
FREE_AREA, VM_STAT, ZONES, NR_ZONES = 64, 512, 128, 100
INFO = {
    "NUMBER(phys_base)": BASE,
    "SYMBOL(init_top_pgt)": f"{KERNEL_MAP + TOP - BASE:x}",
    "SIZE(page)": STRUCT_PAGE,
    "OFFSET(page.lru)": LRU,
    "SYMBOL(contig_page_data)": f"{DIRECT + NODE:x}",
    "OFFSET(pglist_data.nr_zones)": NR_ZONES,
    "OFFSET(pglist_data.node_zones)": ZONES,
    "SIZE(zone)": ZONE,
    "OFFSET(zone.free_area)": FREE_AREA,
    "OFFSET(zone.vm_stat)": VM_STAT,
    "NUMBER(NR_FREE_PAGES)": 0,
    "LENGTH(zone.free_area)": ORDERS,
    "SIZE(free_area)": AREA,
    "OFFSET(free_area.free_list)": 0,
    "LENGTH(free_area.free_list)": KINDS,
    "SIZE(list_head)": LIST,
    "SYMBOL(mem_section)": f"{DIRECT + ROOTS:x}",
    "LENGTH(mem_section)": 4,
    "SIZE(mem_section)": 32,
    "OFFSET(mem_section.section_mem_map)": 0,
}


def note(**changed: object) -> bytes:
    told = {**INFO, **changed}
    return "\n".join(f"{key}={value}" for key, value in told.items() if value is not None).encode()


@dataclass
class Kernel:
    """Physical memory of a kernel with these free blocks: (number of the first page, order) by zone.

    count: what each zone's counter says; None for what is right.
    """

    zones: list[list[tuple[int, int]]]
    count: int | None = None
    memory: bytearray = field(default_factory=lambda: bytearray(16 << 20))

    def __post_init__(self) -> None:
        self.tables()
        self.put(ROOTS + 8, DIRECT + SECTIONS)  # the first root has no sections
        self.put(SECTIONS + 32, PAGES | 0xF)
        self.put(NODE + NR_ZONES, len(self.zones), 4)
        for number, blocks in enumerate(self.zones):
            at = NODE + ZONES + number * ZONE
            pages = sum(1 << order for _, order in blocks)
            self.put(at + VM_STAT, pages if self.count is None else self.count)
            for order in range(ORDERS):
                for kind in range(KINDS):
                    head = at + FREE_AREA + order * AREA + kind * LIST
                    here = [page for page, size in blocks if size == order and page // 8 % KINDS == kind]
                    self.chain(head, here)

    def put(self, at: int, value: int, size: int = 8) -> None:
        self.memory[at : at + size] = value.to_bytes(size, "little")

    def tables(self) -> None:
        """The direct map by pages of 1 GiB, the struct pages by pages of 2 MiB and the first by 4 KiB."""
        self.put(TOP + 8 * (DIRECT >> 39 & 511), (TABLES | 1))
        self.put(TABLES + 8 * (DIRECT >> 30 & 511), 0x81)
        self.put(TOP + 8 * (PAGES >> 39 & 511), (TABLES + PAGE) | 1)
        self.put(TABLES + PAGE + 8 * (PAGES >> 30 & 511), (TABLES + 2 * PAGE) | 1)
        self.put(TABLES + 2 * PAGE + 8 * (PAGES >> 21 & 511), (TABLES + 3 * PAGE) | 1)
        self.put(TABLES + 2 * PAGE + 8 * ((PAGES >> 21 & 511) + 1), (MAP + (2 << 20)) | 0x81)
        for small in range(512):
            self.put(TABLES + 3 * PAGE + 8 * small, (MAP + small * PAGE) | 1)

    def chain(self, head: int, pages: list[int]) -> None:
        places = [head, *(MAP + page * STRUCT_PAGE + LRU for page in pages)]
        names = [DIRECT + head, *(PAGES + page * STRUCT_PAGE + LRU for page in pages)]
        for place, following in zip(places, [*names[1:], names[0]], strict=True):
            self.put(place, following)

    def read(self, address: int, size: int) -> bytes:
        if not 0 <= address <= len(self.memory) - size:
            raise LookupError(f"{address:#x} is not there")
        return bytes(self.memory[address : address + size])


def found(kernel: Kernel) -> tuple[Span, ...]:
    return freepages.free_spans(note(), kernel.read)


def test_blocks_of_all_zones_and_sizes_are_found_and_put_together() -> None:
    kernel = Kernel([[(16, 2), (20, 2), (8, 3), (100, 0)], [(40_000, 3)]])
    assert found(kernel) == (
        Span(8 * PAGE, 24 * PAGE),
        Span(100 * PAGE, 101 * PAGE),
        Span(40_000 * PAGE, 40_008 * PAGE),
    )


@settings(max_examples=60, deadline=None)
@given(st.sets(st.integers(0, 6_000), max_size=60), st.randoms(use_true_random=False))
def test_any_set_of_blocks_is_found_page_by_page(places: set[int], chance: object) -> None:
    blocks = [(place * 8, chance.randrange(ORDERS)) for place in sorted(places)]  # type: ignore[attr-defined]
    spans = found(Kernel([blocks]))
    pages = {page for span in spans for page in range(span.start // PAGE, span.end // PAGE)}
    assert pages == {first + one for first, order in blocks for one in range(1 << order)}
    assert all(one.end < other.start for one, other in itertools.pairwise(spans))


def test_lists_that_do_not_agree_with_the_count_are_not_believed() -> None:
    with pytest.raises(Unknown, match="count"):
        found(Kernel([[(16, 2)]], count=1 << 20))
    with pytest.raises(Unknown, match="count"):
        found(Kernel([[(page * 8, 3) for page in range(1_000)]], count=0))


def test_a_page_in_two_lists_is_not_believed() -> None:
    with pytest.raises(Unknown, match="twice"):
        found(Kernel([[(16, 2), (18, 1)]]))


def test_a_list_that_leads_astray_is_not_followed() -> None:
    kernel = Kernel([[(16, 2)]])
    kernel.put(MAP + 16 * STRUCT_PAGE + LRU, PAGES + 3)  # no struct page begins there
    with pytest.raises(Unknown, match="no page"):
        found(kernel)


def test_a_list_that_never_ends_is_left() -> None:
    kernel = Kernel([[(16, 2)]])
    kernel.put(MAP + 16 * STRUCT_PAGE + LRU, PAGES + 16 * STRUCT_PAGE + LRU)
    with pytest.raises(Unknown, match="more pages"):
        found(kernel)


@pytest.mark.parametrize("lacking", sorted(set(INFO) - {"SYMBOL(init_top_pgt)"}))
def test_a_kernel_that_tells_less_is_not_guessed_at(lacking: str) -> None:
    with pytest.raises(Unknown):
        freepages.free_spans(note(**{lacking: None}), Kernel([[(16, 2)]]).read)


def test_memory_that_is_elsewhere_is_told() -> None:
    """As with a region that is borrowed: what was there is in other pages meanwhile."""
    kernel = Kernel([[(16, 2)]])

    def read(address: int, size: int) -> bytes:
        if MAP <= address < MAP + (4 << 20):
            raise LookupError(f"{address:#x} is kernel B's now")
        return kernel.read(address, size)

    with pytest.raises(Unknown, match="kernel B's"):
        freepages.free_spans(note(), read)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, (16 << 20) - 8), st.binary(min_size=8, max_size=8))
def test_a_word_that_was_changed_leads_to_an_answer_or_to_unknown(at: int, noise: bytes) -> None:
    kernel = Kernel([[(16, 2), (64, 3)], [(4_000, 1)]])
    kernel.memory[at : at + 8] = noise
    try:
        spans = found(kernel)
    except Unknown:
        return
    assert list(spans) == sorted(spans)


def test_the_map_of_all_memory_is_found() -> None:
    kernel = Kernel([[(8, 0)]])
    found = freepages.direct_map(note(), kernel.read)
    assert found == DIRECT


def test_where_it_cannot_be_found_it_is_unknown() -> None:
    kernel = Kernel([[(8, 0)]])
    assert freepages.direct_map(note(**{"SYMBOL(init_top_pgt)": None}), kernel.read) is None
    kernel.memory[TOP : TOP + PAGE] = bytes(PAGE)
    assert freepages.direct_map(note(), kernel.read) is None
    kernel = Kernel([[(8, 0)]])
    kernel.put(TABLES + 8 * (DIRECT >> 30 & 511), (TABLES + 5 * PAGE) | 1)
    kernel.put(TABLES + 5 * PAGE + 8, 0x81)  # does not begin at a GiB
    assert freepages.direct_map(note(), kernel.read) is None
