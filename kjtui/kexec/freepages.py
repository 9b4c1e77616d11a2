"""Which of A's memory was free when it left: read from A's own lists, in its memory.

The lists are those of the buddy allocator (mm/page_alloc.c), the offsets come from A itself (the note
VMCOREINFO, Documentation/admin-guide/kdump/vmcoreinfo.rst). Free pages are the only ones that may be left
out of an image: what is in them is never looked at again, unless A counts on its being zero.
"""

from collections.abc import Callable, Mapping

from kjtui.model.memory import PAGE, Span

_KERNEL_MAP = 0xFFFFFFFF80000000  # __START_KERNEL_map in arch/x86/include/asm/page_64_types.h
_ADDRESS = 0x000FFFFFFFFFF000  # of a page table's entry
_PRESENT, _LARGE = 1, 0x80
_SECTION_FLAGS = 0x3F  # below the address in mem_section.section_mem_map (include/linux/mmzone.h)
_CHUNK = 1 << 16  # bytes of A's memory that are read at once: beside a number there are others
_CHUNKS = 256  # that are kept
_TOLERANCE = 4096  # pages by which a zone's count may be behind: each processor keeps some (mm/vmstat.c)

Read = Callable[[int, int], bytes]
"""Reads so many bytes at a physical address of A. Raises LookupError where that cannot be had."""


class Unknown(Exception):
    """The lists cannot be followed; says why. Then all memory is saved."""


def parse(note: bytes) -> dict[str, int]:
    """The note's content: "SIZE(page)" → 64. Symbols are addresses; what is no number is left out."""
    found: dict[str, int] = {}
    for line in note.decode("ascii", "replace").splitlines():
        key, _, value = line.partition("=")
        hexadecimal = key.startswith(("SYMBOL", "KERNELOFFSET"))
        try:
            found[key] = int(value, 16 if hexadecimal else 10)
        except ValueError:
            continue
    return found


def free_spans(note: bytes, read: Read) -> tuple[Span, ...]:
    """The free memory of A, sorted, blocks beside each other put together. Raises Unknown."""
    try:
        return _Walk(parse(note), read).spans()
    except KeyError as error:
        raise Unknown(f"this kernel does not tell {error}") from None
    except LookupError as error:
        raise Unknown(str(error)) from None


def direct_map(note: bytes, read: Read) -> int | None:
    """The virtual address of physical address 0 in A's map of all memory, None where it cannot be told."""
    try:
        return _Walk(parse(note), read).direct_map()
    except (KeyError, LookupError, Unknown):
        return None


class _Walk:
    """One walk over the lists."""

    def __init__(self, info: Mapping[str, int], read: Read) -> None:
        self._info = info
        self._physical = read
        self._base = info["NUMBER(phys_base)"]
        self._levels = 5 if info.get("NUMBER(pgtable_l5_enabled)", 0) else 4
        self._known: dict[int, tuple[int, int]] = {}  # virtual block of 2 MiB → (physical, bytes that hold)
        self._chunks: dict[int, bytes] = {}
        self._top = (info.get("SYMBOL(init_top_pgt)") or info["SYMBOL(swapper_pg_dir)"]) - _KERNEL_MAP
        self._top += self._base
        self._mask = _ADDRESS & ~info.get("NUMBER(sme_mask)", 0)

    def spans(self) -> tuple[Span, ...]:
        info = self._info
        self._page_size = info["SIZE(page)"]
        self._first_page = self._pages_at()
        blocks: list[tuple[int, int]] = []
        for zone in self._zones():
            counted = self._counted(zone)
            found = self._zone(zone, counted + _TOLERANCE)
            pages = sum(1 << order for _, order in found)
            if pages < counted - _TOLERANCE:
                raise Unknown(f"its lists hold {pages} pages and its count says {counted}")
            blocks += found
        return _joined(blocks)

    def direct_map(self) -> int | None:
        """The lowest map in the kernel's half is that of all memory (Documentation/arch/x86/x86_64/mm.rst).

        None where it does not begin at a GiB, as page_offset_base does.
        """
        table, virtual = self._top, -1 << (12 + 9 * self._levels)
        first = 256
        for level in range(self._levels - 1, -1, -1):
            shift = 12 + 9 * level
            entries = self._physical(table + 8 * first, PAGE - 8 * first)
            for number in range(first, 512):
                entry = int.from_bytes(entries[8 * (number - first) : 8 * (number - first) + 8], "little")
                if entry & _PRESENT:
                    break
            else:
                return None
            virtual += number << shift
            if level == 0 or (level < 3 and entry & _LARGE):
                base = virtual - (entry & self._mask & ~((1 << shift) - 1))
                return base % (1 << 64) if base % (1 << 30) == 0 else None
            table, first = entry & self._mask, 0
        return None

    def _zones(self) -> list[int]:
        info = self._info
        if "SYMBOL(node_data)" in info:
            table = self._virtual(info["SYMBOL(node_data)"], 8 * info["LENGTH(node_data)"])
            nodes = [int.from_bytes(table[at : at + 8], "little") for at in range(0, len(table), 8)]
        else:
            nodes = [info["SYMBOL(contig_page_data)"]]
        zones = []
        for node in nodes:
            if node:
                count = self._number(node + info["OFFSET(pglist_data.nr_zones)"], 4)
                first = node + info["OFFSET(pglist_data.node_zones)"]
                zones += [first + i * info["SIZE(zone)"] for i in range(min(count, 8))]
        return zones

    def _zone(self, zone: int, most: int) -> list[tuple[int, int]]:
        """The free blocks of a zone: (number of the first page, order). most: pages that there can be."""
        info = self._info
        found: list[tuple[int, int]] = []
        for order in range(info["LENGTH(zone.free_area)"]):
            area = zone + info["OFFSET(zone.free_area)"] + order * info["SIZE(free_area)"]
            for kind in range(info["LENGTH(free_area.free_list)"]):
                head = area + info["OFFSET(free_area.free_list)"] + kind * info["SIZE(list_head)"]
                at = self._number(head, 8)
                while at != head:
                    page = at - info["OFFSET(page.lru)"] - self._first_page
                    number, rest = divmod(page, self._page_size)
                    if rest or number < 0 or number % (1 << order):
                        raise Unknown("its lists lead to something that is no page")
                    most -= 1 << order
                    if most < 0:
                        raise Unknown("its lists hold more pages than are counted")
                    found.append((number, order))
                    at = self._number(at, 8)
        return found

    def _counted(self, zone: int) -> int:
        info = self._info
        at = zone + info["OFFSET(zone.vm_stat)"] + 8 * info["NUMBER(NR_FREE_PAGES)"]
        return max(0, int.from_bytes(self._virtual(at, 8), "little", signed=True))

    def _pages_at(self) -> int:
        """The virtual address of page 0's struct page, from any section's entry (vmemmap)."""
        info = self._info
        roots = info["SYMBOL(mem_section)"]
        for root in range(min(info["LENGTH(mem_section)"], 1 << 16)):
            sections = self._number(roots + 8 * root, 8)
            if sections:
                for one in range(PAGE // info["SIZE(mem_section)"]):
                    entry = sections + one * info["SIZE(mem_section)"]
                    encoded = self._number(entry + info["OFFSET(mem_section.section_mem_map)"], 8)
                    if encoded:
                        return encoded & ~_SECTION_FLAGS
        raise Unknown("no section of its memory is there")

    def _number(self, virtual: int, size: int) -> int:
        """A number at a virtual address. There are many: each by itself would take Python seconds."""
        at = virtual % _CHUNK
        chunk = self._chunks.get(virtual - at)
        if chunk is None:
            try:
                chunk = self._virtual(virtual - at, _CHUNK)
            except (LookupError, Unknown):
                chunk = b""  # not all of it is there
            if len(self._chunks) >= _CHUNKS:
                self._chunks.clear()
            self._chunks[virtual - at] = chunk
        held = chunk[at : at + size]
        return int.from_bytes(held if len(held) == size else self._virtual(virtual, size), "little")

    def _virtual(self, virtual: int, size: int) -> bytes:
        """Bytes at a virtual address of A, within one page or one large page."""
        start = virtual & ~(2 * 1024 * 1024 - 1)
        if start not in self._known or not 0 <= virtual - start <= self._known[start][1] - size:
            physical, holds = self._translate(virtual)
            if virtual + size > (virtual & ~(holds - 1)) + holds:
                first = (virtual & ~(holds - 1)) + holds - virtual
                return self._virtual(virtual, first) + self._virtual(virtual + first, size - first)
            if holds < 2 * 1024 * 1024:
                return self._physical(physical, size)
            self._known[start] = (physical - (virtual - start), 2 * 1024 * 1024)
        return self._physical(self._known[start][0] + virtual - start, size)

    def _translate(self, virtual: int) -> tuple[int, int]:
        """A virtual address through A's page tables: (physical, bytes of the page it is in)."""
        table = self._top
        for level in range(self._levels - 1, -1, -1):
            shift = 12 + 9 * level
            entry = int.from_bytes(self._physical(table + 8 * (virtual >> shift & 0x1FF), 8), "little")
            if not entry & _PRESENT:
                raise Unknown(f"its page tables have nothing at {virtual:#x}")
            if level == 0 or (level < 3 and entry & _LARGE):
                size = 1 << shift
                return (entry & self._mask & ~(size - 1)) + (virtual & (size - 1)), size
            table = entry & self._mask
        raise Unknown("its page tables have no end")


def _joined(blocks: list[tuple[int, int]]) -> tuple[Span, ...]:
    out: list[Span] = []
    begun = reached = -1
    for number, order in sorted(blocks):
        if number < reached:
            raise Unknown("its lists name a page twice")
        if number > reached:
            if reached >= 0:
                out.append(Span(begun * PAGE, reached * PAGE))
            begun = number
        reached = number + (1 << order)
    if reached >= 0:
        out.append(Span(begun * PAGE, reached * PAGE))
    return tuple(out)
