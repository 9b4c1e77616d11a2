"""boot_params, the "zero page" that a kernel is started with (Documentation/arch/x86/zero-page.rst)."""

import itertools
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from kjtui.errors import KjtuiError
from kjtui.kexec.bzimage import HEADER_START, BzImage
from kjtui.model.memory import MIB, PAGE, MemoryRange, Span

E820_RAM, E820_RESERVED, E820_ACPI, E820_NVS, E820_UNUSABLE = 1, 2, 3, 4, 5
E820_LIMIT = 128  # E820_MAX_ENTRIES_ZEROPAGE
_TYPES = {
    "ACPI Tables": E820_ACPI,
    "ACPI Non-volatile Storage": E820_NVS,
    "Unusable memory": E820_UNUSABLE,
}
_FIRMWARE_NAMES = ("System RAM", "Reserved", "Soft Reserved", "Persistent Memory", *_TYPES)


@dataclass(frozen=True)
class E820:
    """One entry of the memory map that kernel B is given."""

    span: Span
    type: int


def restricted_map(
    ranges: Sequence[MemoryRange], usable: Sequence[Span], withheld: Sequence[Span]
) -> list[E820]:
    """A memory map in which only `usable` is RAM, without what is `withheld`; sorted, without overlap.

    Every other piece of A's RAM is reserved, so that B neither uses it nor puts PCI windows there; what the
    firmware keeps stays as it is. Raises KjtuiError if the map would give B memory that is not RAM of A.
    """
    top = [entry for entry in ranges if entry.depth == 0 and entry.name in _FIRMWARE_NAMES]
    memory = [entry.span for entry in top if entry.name == "System RAM"]
    for span in usable:
        if not any(whole.contains(span) for whole in memory):
            raise KjtuiError(
                "Kernel B would be given memory that is not there",
                f"{span.start:#x}-{span.end:#x} is no part of System RAM in /proc/iomem.",
                "Probe this machine again, then choose the memory anew.",
            )
    edges = sorted({edge for span in (*usable, *withheld) for edge in (span.start, span.end)})
    entries: list[E820] = []
    for entry in sorted(top, key=lambda entry: entry.span):
        own: list[E820] = []
        for piece in _cut(entry.span, edges):
            kind = _TYPES.get(entry.name, E820_RESERVED)
            if _within(piece, usable) and not _within(piece, withheld):
                kind = E820_RAM
            if own and own[-1].type == kind:
                own[-1] = E820(Span(own[-1].span.start, piece.end), kind)
            else:
                own.append(E820(piece, kind))
        entries += own
    entries = _apart_at_1_mib(entries)
    if len(entries) > E820_LIMIT:
        raise KjtuiError(
            "This machine's memory map has too many pieces",
            f"It needs {len(entries)} entries; boot_params holds {E820_LIMIT}.",
            "Please report this with the content of /proc/iomem.",
        )
    return entries


def _apart_at_1_mib(entries: list[E820]) -> list[E820]:
    """The same map without the last page of what is reserved up to 1 MiB (it is ROM).

    The kernel joins reserved ranges that touch, and takes one that begins below 1 MiB for busy as a whole
    (arch/x86/kernel/e820.c). A's memory would be part of it, and CONFIG_IO_STRICT_DEVMEM would keep B from
    reading it.
    """
    return [
        E820(Span(entry.span.start, MIB - PAGE), entry.type)
        if entry.type == E820_RESERVED and entry.span.start < MIB - PAGE and entry.span.end == MIB
        else entry
        for entry in entries
    ]


def _cut(span: Span, edges: Sequence[int]) -> list[Span]:
    points = [span.start, *(edge for edge in edges if span.start < edge < span.end), span.end]
    return [Span(start, end) for start, end in itertools.pairwise(points)]


def _within(piece: Span, spans: Sequence[Span]) -> bool:
    return any(span.contains(piece) for span in spans)


def boot_params(
    kernel: BzImage,
    memory_map: Sequence[E820],
    command_line: int,
    initramfs: Span,
    acpi_rsdp: int | None,
    screen_info: bytes = b"",
) -> bytes:
    """The 4,096 bytes of boot_params.

    command_line: physical address of the zero-terminated command line. initramfs: where it lies, to its
    last byte. screen_info: A's struct screen_info (64 bytes) or nothing.
    """
    page = bytearray(PAGE)
    page[: min(len(screen_info), 64)] = screen_info[:64]
    page[HEADER_START : HEADER_START + len(kernel.setup_header)] = kernel.setup_header
    struct.pack_into("<Q", page, 0x070, acpi_rsdp or 0)
    struct.pack_into("<I", page, 0x0C0, initramfs.start >> 32)
    struct.pack_into("<I", page, 0x0C4, initramfs.size >> 32)
    struct.pack_into("<I", page, 0x0C8, command_line >> 32)
    page[0x1E8] = len(memory_map)
    page[0x1EF] = 0  # the sentinel: these boot_params were built on purpose
    struct.pack_into("<H", page, 0x1FA, 0xFFFF)  # vid_mode: normal
    page[0x210] = 0xFF  # type_of_loader: not one of the registered ones
    struct.pack_into("<I", page, 0x218, initramfs.start & 0xFFFFFFFF)
    struct.pack_into("<I", page, 0x21C, initramfs.size & 0xFFFFFFFF)
    struct.pack_into("<I", page, 0x228, command_line & 0xFFFFFFFF)
    for i, entry in enumerate(memory_map):
        struct.pack_into("<QQI", page, 0x2D0 + 20 * i, entry.span.start, entry.span.size, entry.type)
    return bytes(page)
