"""Laying a kernel out in memory: the segments that one kexec_load call is given."""

import itertools
from collections.abc import Sequence

from kjtui.errors import KjtuiError
from kjtui.kexec import bootparams, bzimage, commandline, elfcore, iomem, regions
from kjtui.kexec.bzimage import ENTRY_64, BzImage
from kjtui.kexec.stub import RETURN_DIGITS, entry_stub
from kjtui.model.choices import Choices
from kjtui.model.facts import Facts
from kjtui.model.image import LoadImage, Segment
from kjtui.model.memory import GIB, MIB, PAGE, MemoryRange, Region, RegionKind, Span

SEGMENT_LIMIT = 16  # KEXEC_SEGMENT_MAX in include/linux/kexec.h
# The first pages of R, before the kernel: the stub, boot_params, the command line, the ELF core header.
_STUB, _PARAMS, _LINE, _CORE = 0, PAGE, 2 * PAGE, 4 * PAGE
_LINE_LIMIT = _CORE - _LINE
_CORE_LIMIT = 16 * PAGE
_HEAD = _CORE + _CORE_LIMIT
_CRASH_ALIGNMENT = 16 * MIB
_PAGE_LIST = 6 * MIB  # kernel B's list of its pages, where its memory lies across a border of 128 MiB


def plan_image(
    facts: Facts,
    region: Region,
    choices: Choices,
    kernel: bytes,
    initramfs: bytes,
    room: int | None = None,
    unpacked: int = 0,
) -> LoadImage:
    """Lay kernel and initramfs out in region. Raises KjtuiError when they do not fit.

    initramfs: the whole of it, with kernel B's orders. room: bytes that must be left beside kernel and
    initramfs as they are loaded. None asks for what they need to start; less is for finding out how little
    works (helpers/calibrate.py). unpacked: bytes that come of the initramfs, where it is compressed.
    """
    ranges = iomem.parse(facts.iomem)
    parsed = bzimage.parse(kernel)
    low = iomem.low_memory(ranges)
    if low is None:
        raise KjtuiError(
            "This machine shows no memory below 640 KiB",
            "Kernel B's first processor start needs some; /proc/iomem lists none as System RAM.",
            "Please report this with the content of /proc/iomem.",
        )
    if room is None:
        # The file system that the initramfs is unpacked to takes half of what is free then, and no more
        # (shmem_default_max_blocks in mm/shmem.c).
        room = 2 * max(unpacked, len(initramfs)) + _PAGE_LIST
    crash = crash_span(region.span, iomem.ram(ranges))
    load_at, initrd_at = _places(region.span, parsed, len(initramfs), room, crash)
    core_at = region.span.start + _CORE
    core = _core_header(facts, ranges, low, region)
    line = commandline.build(facts, choices, core_at if core else None, crash)
    if len(line) + 1 > min(parsed.command_line_size + 1, _LINE_LIMIT):
        raise KjtuiError(
            "Kernel B's command line is too long",
            f"It has {len(line)} characters; this kernel takes {parsed.command_line_size}.",
            "Add fewer words of your own, or start kernel A with fewer console= parameters.",
        )
    line_at, params_at = region.span.start + _LINE, region.span.start + _PARAMS
    # B must not use the page range of the core header, or its /proc/vmcore says "not initialized".
    withheld = [Span(core_at, core_at + _CORE_LIMIT)] if core else []
    params = bootparams.boot_params(
        parsed,
        bootparams.restricted_map(ranges, [low, region.span], withheld),
        line_at,
        Span(initrd_at, initrd_at + len(initramfs)),
        facts.acpi_rsdp,
        facts.screen_info,
    )
    stub = entry_stub(region.span.start, line_at + len(line) - RETURN_DIGITS, params_at, load_at + ENTRY_64)
    head = stub.ljust(_PARAMS, b"\0") + params + line.encode("ascii").ljust(_LINE_LIMIT, b"\0") + core
    segments = _segments(region, low, load_at, initrd_at, head, parsed, initramfs)
    image = LoadImage(region.span.start, segments, region, line, parsed.version)
    verify(image, low)
    return image


def _segments(
    region: Region, low: Span, load_at: int, initrd_at: int, head: bytes, kernel: BzImage, initramfs: bytes
) -> tuple[Segment, ...]:
    """The segments: a borrowed region is covered whole, of a reserved one only what is loaded."""
    start, end = region.span.start, region.span.end
    if region.kind is RegionKind.BORROWED:
        ends = (load_at, initrd_at, end)
    else:
        ends = (
            start + _pages(len(head)),
            load_at + _pages(kernel.init_size),
            initrd_at + _pages(len(initramfs)),
        )
    return (
        # Holds nothing, but must be swapped: B's second processor would start there.
        Segment("first 640 KiB", b"", low),
        Segment("entry stub, boot parameters, command line", head, Span(start, ends[0])),
        Segment("kernel", kernel.payload, Span(load_at, ends[1])),
        Segment("initramfs", initramfs, Span(initrd_at, ends[2])),
    )


def crash_span(span: Span, memory: Sequence[Span]) -> Span | None:
    """What kernel B keeps of its memory for the way home from a panic; None where it has no place for it.

    memory: all of A's. The kernel takes multiples of 16 MiB as the start only (CRASH_ALIGN in arch/x86).
    """
    size = regions.crash_size(memory)
    start = (span.end - size) // _CRASH_ALIGNMENT * _CRASH_ALIGNMENT
    return Span(start, start + size) if start > span.start + _HEAD else None


def _places(
    span: Span, kernel: BzImage, initramfs_size: int, room: int, crash: Span | None
) -> tuple[int, int]:
    """Load address of the kernel and address of the initramfs (as high as it can be)."""
    load_at = -(-(span.start + _HEAD) // kernel.alignment) * kernel.alignment
    ceiling = span.end if kernel.loads_above_4g else min(span.end, kernel.initrd_address_max + 1, 4 * GIB)
    initrd_at = (ceiling - initramfs_size) // PAGE * PAGE
    kept = crash.size if crash else 0
    if crash and initrd_at < crash.end:
        initrd_at = (min(ceiling, crash.start) - initramfs_size) // PAGE * PAGE
    needed = kernel.init_size + initramfs_size + room + kept
    kernel_end = load_at + kernel.init_size
    if load_at + needed > ceiling or kernel_end > (min(initrd_at, crash.start) if crash else initrd_at):
        raise KjtuiError(
            "This memory is too small for kernel B",
            f"The kernel needs {kernel.init_size // MIB + 1} MiB to unpack itself, its initramfs has "
            f"{initramfs_size // MIB + 1} MiB and takes {room // MIB + 1} MiB more when it is unpacked, and "
            f"{kept // MIB} MiB are kept for the way home; the region has {span.size // MIB} MiB.",
            f"Choose at least {(load_at - span.start + needed) // MIB + 32} MiB.",
        )
    return load_at, initrd_at


def _core_header(facts: Facts, ranges: Sequence[MemoryRange], low: Span, region: Region) -> bytes:
    """The ELF core header over A's memory, without what B uses; b"" if the kernel has no note for it."""
    if facts.vmcoreinfo is None:
        return b""
    memory: list[Span] = []
    for span in iomem.ram(ranges):
        start = -(-span.start // PAGE) * PAGE
        for hole in sorted((low, region.span)):
            if hole.overlaps(span):
                memory.append(Span(start, hole.start))
                start = hole.end
        memory.append(Span(start, span.end // PAGE * PAGE))
    memory = [span for span in memory if span.size > 0]
    core = elfcore.elf_core_header(memory, facts.vmcoreinfo)
    return core if len(core) <= _CORE_LIMIT else b""


def verify(image: LoadImage, low: Span) -> None:
    """The last look before the system call: what must hold of any image, whatever built it."""
    spans = sorted(segment.span for segment in image.segments)
    whole = [low, image.region.span]
    problems = [
        (len(spans) > SEGMENT_LIMIT, f"{len(spans)} segments"),
        (
            any(span.start % PAGE or span.end % PAGE or span.size <= 0 for span in spans),
            "a segment off page bounds",
        ),
        (any(a.overlaps(b) for a, b in itertools.pairwise(spans)), "segments that overlap"),
        (any(len(s.data) > s.span.size for s in image.segments), "a segment larger than its place"),
        (
            not all(any(part.contains(span) for part in whole) for span in spans),
            "a segment outside kernel B's memory",
        ),
    ]
    if wrong := [text for is_wrong, text in problems if is_wrong]:
        raise KjtuiError(
            "The image would not be safe to load",
            f"It has {', '.join(wrong)}. Nothing was loaded.",
            "Please report this with the evidence shown here.",
        )


def _pages(size: int) -> int:
    return -(-size // PAGE) * PAGE
