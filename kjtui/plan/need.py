"""How much memory kernel B needs, whether a size for it can work, and where it had better come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kjtui.errors import KjtuiError
from kjtui.kexec import iomem, regions
from kjtui.knowledge.calibration import calibration
from kjtui.model.memory import MIB, RegionKind, Span
from kjtui.plan.sizes import amount

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kjtui.knowledge.calibration import Calibration
    from kjtui.model.choices import Purpose
    from kjtui.model.facts import Facts

STEP = 16 * MIB  # sizes are offered in these
LEAST_MARGIN = 32 * MIB
MARGIN = 4  # one part in so many
A_KEEPS = 256 * MIB  # what kernel A must have beyond what it uses now
# The entry stub, the boot parameters and the command line; the kernel follows on a border of 2 MiB
# (kjtui.kexec.layout).
_HEAD = regions.ALIGNMENT
# The kernel's list of its pages (struct page, 64 bytes for each 4 KiB) comes in pieces for 128 MiB each,
# whole even where only a part is memory (SECTION_SIZE_BITS in arch/x86/include/asm/sparsemem.h, sparse_init).
_SECTION = 128 * MIB
_SECTION_COST = _SECTION // 64
_MORE_SECTIONS = 2  # the first 640 KiB lie in one; the region may reach into one more than its size fills
# One way, each page of A and its counterpart change places over a third (swap_pages in
# arch/x86/kernel/relocate_kernel_64.S).
_COPIES = 3
_WAYS = 2  # there and back


@dataclass(frozen=True)
class Part:
    """Something that takes memory in kernel B. source tells people where the figure comes from."""

    name: str
    bytes: int
    source: str


@dataclass(frozen=True)
class Need:
    """What kernel B needs, in bytes. need: the sum of the parts; total: with margin, a multiple of STEP."""

    parts: tuple[Part, ...]
    need: int
    margin: int
    total: int


@dataclass(frozen=True)
class Recommendation:
    """Where kernel B's memory had better come from; reason: a sentence or two for people."""

    kind: RegionKind
    reason: str


def estimate(parts: Iterable[Part]) -> Need:
    """The need of a kernel B that is made of these parts; the list of its pages is added to them.

    Each part is rounded up to whole MiB, so that the sum is right to the eye as well.
    """
    whole = [Part(part.name, _up(part.bytes, MIB), part.source) for part in parts]
    whole.append(Part("list of pages", _books(sum(part.bytes for part in whole)), "2 MiB for each 128 MiB"))
    need = sum(part.bytes for part in whole)
    margin = max(need // MARGIN, LEAST_MARGIN)
    return Need(tuple(whole), need, margin, _up(need + margin, STEP))


def need_for(facts: Facts, purpose: Purpose, initramfs_packed: int | None) -> Need:
    """What kernel B needs on this machine. initramfs_packed: its size in bytes, None while it is not packed.

    What cannot be read here counts as much as where it was measured (kjtui.knowledge.calibration).
    """
    known = calibration()
    header = facts.kernel_header
    init_size = header.init_size if header else 0
    packed = known.packed if initramfs_packed is None else initramfs_packed
    kernel = Part("kernel", init_size, "init_size in the kernel's file")
    if not init_size:
        kernel = Part("kernel", known.init_size, f"as Linux {known.kernel}: this one's file was not read")
    disks = sum(device.kind in ("disk", "rom", "") for device in facts.block_devices)
    links = sum(link.driver != "" for link in facts.links or ())
    devices = Part("devices", disks * known.disk + links * known.link, f"disks: {disks}, network: {links}")
    files = _files(known, packed, exact=initramfs_packed is not None)
    home = Part("way home", _way_home(facts), "kept for a panic: 2 MiB, 12 KiB for each GiB")
    return estimate((kernel, *files, devices, home, _work(known, purpose)))


def _way_home(facts: Facts) -> int:
    """Bytes that kernel B keeps for the way home from a panic. Where the memory map is hidden, by the sum."""
    try:
        memory = iomem.ram(iomem.parse(facts.iomem))
    except KjtuiError:
        memory = (Span(0, facts.memory_total),)
    return regions.crash_size(memory)


def _files(known: Calibration, packed: int, exact: bool) -> tuple[Part, ...]:
    source = "as it is loaded" if exact else "as measured"
    unpacked = -(-packed * known.unpacked // known.packed)
    return (
        Part("boot data", _HEAD, "entry stub, parameters, command line"),
        Part("initramfs", packed, source),
        Part("the same, unpacked", unpacked, "beside it at first"),
        # The kernel lets the file system in memory take half of what is free when it is made
        # (shmem_default_max_blocks in mm/shmem.c). Where less is free, unpacking ends with "write error".
        Part("as much free", unpacked, "its file system takes half, no more"),
    )


def _work(known: Calibration, purpose: Purpose) -> Part:
    """What was left to the purpose where the least memory was measured."""
    others = _HEAD + known.init_size + known.packed + 2 * known.unpacked + known.disks * known.disk
    others += known.way_home
    least = known.least(purpose)
    work = least - others - _books(others)
    return Part("programs", max(work, 0), f"least measured: {amount(least)}")


def _books(size: int) -> int:
    """Bytes of the list of pages, at most, for a region that has room for size bytes besides."""
    of_its_own = _MORE_SECTIONS + 1
    return ((size + of_its_own * _SECTION_COST) // (_SECTION - _SECTION_COST) + of_its_own) * _SECTION_COST


def _up(size: int, step: int) -> int:
    return -(-size // step) * step


def left_for_a(facts: Facts, size: int) -> int:
    """Bytes of memory that kernel A has when so many are reserved for kernel B, 0 when nothing is left.

    What is reserved now counts as A's again: a new reservation takes its place.
    """
    return max(0, facts.memory_total + (facts.kexec_crash_size or 0) - size)


def bounds(facts: Facts, need: Need, kind: RegionKind) -> tuple[int, int]:
    """The least and the largest size, in bytes, that can work for memory to be borrowed or to be reserved.

    Where the largest is below the least, none can. Raises KjtuiError when the memory map is hidden.
    """
    return need.need, min(limit for limit, _ in _limits(facts, kind))


def refusal(facts: Facts, size: int, need: Need, kind: RegionKind) -> KjtuiError | None:
    """Why a size (bytes) for memory to be borrowed or to be reserved cannot work, None if it can."""
    if size < need.need:
        return KjtuiError(
            "This is too little memory for kernel B",
            f"{sum_text(need)}; {amount(size)} are too little.",
            f"Choose {amount(need.total)}: that leaves a margin of {amount(need.total - need.need)}.",
        )
    try:
        limit, why = min(_limits(facts, kind))
    except KjtuiError as error:
        return error
    if size <= limit:
        return None
    return KjtuiError(
        "This is more memory than can be given to kernel B",
        f"{why} {amount(size)} are too much.",
        f"Choose at most {limit // MIB} MiB." if limit >= need.need else _INSTEAD[kind],
    )


def needed_in_all(need: Need) -> str:
    """The need, the margin and their total: "83 MiB and a margin of 45 MiB: 128 MiB in all"."""
    margin = amount(need.total - need.need)
    return f"{amount(need.need)} and a margin of {margin}: {amount(need.total)} in all"


def sum_text(need: Need) -> str:
    """The parts and their sum in words: "kernel 19 MiB + initramfs 12 MiB + … = 64 MiB"."""
    parts = " + ".join(f"{part.name} {amount(part.bytes)}" for part in need.parts if part.bytes)
    return f"{parts} = {amount(need.need)}"


def table(need: Need) -> tuple[str, ...]:
    """The parts, one a line, with where each figure comes from; then the sum, the margin and the total."""
    rows = [(part.name, part.bytes, part.source) for part in need.parts if part.bytes]
    rows += [
        ("needed", need.need, ""),
        ("margin", need.total - need.need, f"a quarter, at least {amount(LEAST_MARGIN)}"),
        ("together", need.total, f"a multiple of {amount(STEP)}"),
    ]
    return tuple(f"{name:<20} {amount(size):>8}  {source}".rstrip() for name, size, source in rows)


def _limits(facts: Facts, kind: RegionKind) -> list[tuple[int, str]]:
    """What a region may have at most, each with the sum that shows it. Raises KjtuiError."""
    free = facts.memory_available
    if kind == RegionKind.RESERVED:
        whole, now = left_for_a(facts, 0), facts.kexec_crash_size or 0
        used = max(0, facts.memory_total - free)
        spare = max(0, whole - used - A_KEEPS)
        text = f"Of {amount(whole)} this system uses {amount(used)} and keeps {amount(A_KEEPS)} to spare"
        if spare < now:  # with what is reserved now this system runs already
            return [(now, f"{amount(now)} are reserved now, and more cannot be spared.")]
        return [(spare, f"{text}: {amount(spare)} are left.")]
    half, piece = free // 2, regions.largest(iomem.parse(facts.iomem))
    return [
        (half, f"Of {amount(free)} of free memory half can be lent, {amount(half)}: its content is copied."),
        (piece, f"The largest piece of memory that can be lent (below 4 GiB) has {amount(piece)}."),
    ]


_INSTEAD = {
    RegionKind.BORROWED: "Reserve memory at the next start instead, or end programs that use much of it.",
    RegionKind.RESERVED: "End programs that use much memory, or give this machine more.",
}


def copy_seconds(swapped: int, speed: float) -> float:
    """Seconds that copying takes in one jump there and back.

    swapped: bytes that change places (LoadImage.bytes_swapped); speed: bytes copied per second
    (kjtui.backend.speed.memory_speed).
    """
    return _WAYS * _COPIES * swapped / speed


def recommend(
    facts: Facts, need: Need, *, frequent: bool = False, crash_dump: bool = False
) -> Recommendation:
    """Whether memory had better be borrowed or reserved on this machine, and why.

    frequent: jumps are made often; crash_dump: a full dump of A's memory is wanted.
    """
    reserved, wanted = facts.kexec_crash_size or 0, amount(need.total)
    if reserved >= need.need and not facts.kexec_crash_loaded:
        reason = f"{amount(reserved)} are reserved already, and kernel B needs {amount(need.need)}."
        return Recommendation(RegionKind.RESERVED, reason)
    if crash_dump:
        reason = "A full dump needs memory that holds nothing of this system, and that is reserved memory."
        return Recommendation(RegionKind.RESERVED, reason)
    if frequent:
        reason = "Each jump is quicker: reserved memory holds nothing that would have to be copied."
        return Recommendation(RegionKind.RESERVED, reason)
    if refusal(facts, need.total, need, RegionKind.BORROWED) is not None:
        reason = f"There is too little free memory, or none in one piece, to borrow {wanted} for each jump."
        return Recommendation(RegionKind.RESERVED, reason)
    reason = f"{wanted} are easily lent for a jump now and then: no restart, and nothing is given up."
    return Recommendation(RegionKind.BORROWED, reason)
