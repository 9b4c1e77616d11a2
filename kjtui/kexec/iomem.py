"""The memory map as /proc/iomem tells it (kernel/resource.c), and what follows from it."""

import functools
import re
from collections.abc import Iterable

from kjtui.errors import KjtuiError
from kjtui.model.memory import LOW_END, PAGE, MemoryRange, Span

SYSTEM_RAM = "System RAM"
CRASH_KERNEL = "Crash kernel"
_LINE = re.compile(r"^( *)([0-9a-f]+)-([0-9a-f]+) : (.*)$")


def parse(lines: Iterable[str]) -> tuple[MemoryRange, ...]:
    """Lines of /proc/iomem as ranges, in their order; lines of another form are left out.

    Raises KjtuiError when the kernel hides the addresses (all 0 without CAP_SYS_ADMIN).
    """
    return _parsed(tuple(lines))


@functools.lru_cache(maxsize=4)
def _parsed(lines: tuple[str, ...]) -> tuple[MemoryRange, ...]:
    """Kept for the next who asks: half a dozen checks look at the same map."""
    ranges = []
    for line in lines:
        if found := _LINE.match(line.rstrip("\n")):
            indent, start, end, name = found.groups()
            ranges.append(MemoryRange(Span(int(start, 16), int(end, 16) + 1), name, len(indent) // 2))
    if ranges and all(entry.span.end == 1 for entry in ranges):
        raise KjtuiError(
            "The memory map is hidden",
            "/proc/iomem shows only zeros: the kernel tells addresses to processes with CAP_SYS_ADMIN alone.",
            "Run kjtui as root.",
        )
    return tuple(ranges)


def ram(ranges: Iterable[MemoryRange]) -> tuple[Span, ...]:
    """All System RAM of this kernel, sorted."""
    return tuple(sorted(entry.span for entry in ranges if entry.depth == 0 and entry.name == SYSTEM_RAM))


def low_memory(ranges: Iterable[MemoryRange]) -> Span | None:
    """The whole pages of RAM in the first 640 KiB, without page 0: a second processor starts there."""
    for span in ram(ranges):
        start = max(_up(span.start), PAGE)
        end = min(span.end, LOW_END) // PAGE * PAGE
        if start < end:
            return Span(start, end)
    return None


def crash_regions(ranges: Iterable[MemoryRange]) -> tuple[Span, ...]:
    """The crashkernel= ranges, sorted."""
    return tuple(sorted(entry.span for entry in ranges if entry.name == CRASH_KERNEL))


def kernel_image(ranges: Iterable[MemoryRange]) -> tuple[Span, ...]:
    """Where the running kernel's own code and data lie."""
    names = ("Kernel code", "Kernel rodata", "Kernel data", "Kernel bss")
    return tuple(sorted(entry.span for entry in ranges if entry.name in names))


def _up(address: int) -> int:
    return -(-address // PAGE) * PAGE
