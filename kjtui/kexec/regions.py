"""Choosing region R, the memory that kernel B gets."""

from collections.abc import Iterable, Sequence

from kjtui.errors import KjtuiError
from kjtui.kexec import iomem
from kjtui.model.memory import GIB, MIB, PAGE, MemoryRange, Region, RegionKind, Span

ALIGNMENT = 2 * MIB
_DMA_END = 16 * MIB  # below lies the zone that old devices of A depend on
# The kernel's "brk" area with the first page tables of its direct map follows bss (arch/x86/mm/init.c).
_AFTER_KERNEL = 16 * MIB
_CRASH_LEAST = 2 * MIB
# What a small kernel was seen to get by with (kjtui.knowledge.calibration), and its way home; rounded up.
SMALLEST = 64 * MIB


def choose_region(lines: Iterable[str], kind: RegionKind, size: int) -> Region:
    """Choose R from the lines of /proc/iomem. size in bytes; it counts for a borrowed region only.

    A reserved region is taken whole. Raises KjtuiError when there is none that fits.
    """
    ranges = iomem.parse(lines)
    if kind is RegionKind.RESERVED:
        return reserved(ranges)
    return borrowed(ranges, size)


def reserved(ranges: Sequence[MemoryRange]) -> Region:
    """The largest crashkernel= range, cut to whole 2 MiB pieces."""
    cut = [_aligned(span) for span in iomem.crash_regions(ranges)]
    best = max(cut, key=lambda span: span.size, default=None)
    if best is None:
        raise KjtuiError(
            "No memory is reserved on this machine",
            'There is no "Crash kernel" range in /proc/iomem: the kernel was not started with crashkernel=.',
            "Borrow memory instead, or start this kernel with crashkernel=256M on its command line.",
        )
    if best.size < SMALLEST:
        raise KjtuiError(
            "The reserved memory is too small for kernel B",
            f"{best.size // MIB} MiB are reserved (crashkernel=); at least {SMALLEST // MIB} MiB are needed.",
            "Borrow memory instead, or start this kernel with crashkernel=256M on its command line.",
        )
    return Region(best, RegionKind.RESERVED)


def borrowed(ranges: Sequence[MemoryRange], size: int) -> Region:
    """The lowest piece of RAM of this size below 4 GiB that keeps clear of A's kernel and reservations.

    Below 4 GiB, so that B has memory which 32-bit devices reach. Clear of A's own kernel and of what follows
    it: processors that A took offline wait in its code (mwait_play_dead in arch/x86/kernel/smpboot.c), under
    its first page tables. Low, because the kernel puts its other early tables (page tables, per-processor
    data) at the top.
    """
    size = -(-size // ALIGNMENT) * ALIGNMENT
    if size < SMALLEST:
        raise KjtuiError(
            "This is too little memory for kernel B",
            f"{size // MIB} MiB were asked for; at least {SMALLEST // MIB} MiB are needed.",
            "Choose a larger region.",
        )
    fitting = [span for span in _lendable(ranges) if span.size >= size]
    if not fitting:
        raise KjtuiError(
            "There is no piece of memory large enough to lend to kernel B",
            f"{size // MIB} MiB in one piece are needed; the largest usable piece below 4 GiB has "
            f"{largest(ranges) // MIB} MiB (/proc/iomem).",
            "Choose a smaller region, or give this machine more memory.",
        )
    start = fitting[0].start
    return Region(Span(start, start + size), RegionKind.BORROWED)


def largest(ranges: Sequence[MemoryRange]) -> int:
    """Bytes of the largest piece that could be lent to kernel B, 0 without one."""
    return max((span.size for span in _lendable(ranges)), default=0)


def crash_size(memory: Sequence[Span]) -> int:
    """Bytes of region R that kernel B keeps for the way home from a panic. memory: all of A's.

    The way home has a page table for each GiB of it, and so has the kernel's own part.
    """
    top = max((one.end for one in memory), default=0)
    return -(-(_CRASH_LEAST + 3 * PAGE * -(-top // GIB)) // MIB) * MIB


def _lendable(ranges: Sequence[MemoryRange]) -> list[Span]:
    own = [Span(span.start, span.end + _AFTER_KERNEL) for span in iomem.kernel_image(ranges)]
    return _free(iomem.ram(ranges), [*own, *iomem.crash_regions(ranges)])


def _free(spans: Iterable[Span], taken: Sequence[Span]) -> list[Span]:
    """Aligned pieces of spans between 16 MiB and 4 GiB which overlap nothing that is taken, sorted."""
    pieces = []
    for span in spans:
        start, end = max(span.start, _DMA_END), min(span.end, 4 * GIB)
        for hole in sorted(hole for hole in taken if hole.overlaps(span)):
            pieces.append(Span(start, min(end, hole.start)))
            start = max(start, hole.end)
        pieces.append(Span(start, end))
    return sorted(cut for piece in pieces if (cut := _aligned(piece)).size > 0)


def _aligned(span: Span) -> Span:
    start = -(-span.start // ALIGNMENT) * ALIGNMENT
    return Span(start, max(start, span.end // ALIGNMENT * ALIGNMENT))
