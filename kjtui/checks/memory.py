"""Is there memory enough for kernel B: free, in one piece, and within the kernel's limit?"""

from kjtui.checks.check import Check, evidence, mib, title
from kjtui.checks.words import reasons
from kjtui.errors import KjtuiError
from kjtui.kexec import iomem
from kjtui.kexec.regions import choose_region, largest
from kjtui.model.checks import Area, Evidence, Finding, Verdict
from kjtui.model.choices import Choices
from kjtui.model.facts import Facts
from kjtui.model.memory import LOW_END, MIB, RegionKind

_MEMINFO = "/proc/meminfo"
_IOMEM = "/proc/iomem"
# Kernel B's file and initramfs lie in this program and once more in the kernel while they are loaded.
LOADING = 96 * MIB
REGION = Choices().region_size
IMAGE = REGION + LOW_END
# MemAvailable leaves out a part of the caches as a caution (si_mem_available in mm/show_mem.c): as much may
# come free when they are dropped.
_CAUTION = 16
_TAKE_RESERVED = "Choose the reserved region in step 2 (Reserve memory)."


def memory(facts: Facts) -> Finding:
    """A borrowed region needs as much free memory again for its copy; a reserved one only what is loaded."""
    check = "memory"
    if facts.memory_total <= 0:
        unknown, cure = (
            "How much memory there is cannot be told",
            "Going on does no harm: loading may refuse.",
        )
        shown: tuple[Evidence, ...] = reasons(facts, _MEMINFO)
        return Finding(check, unknown, Verdict.UNKNOWN, shown, "Kernel B needs memory of its own.", cure)
    amounts = f"{mib(facts.memory_available)} available of {mib(facts.memory_total)}"
    reserved = _reserved(facts)
    shown = (evidence(_MEMINFO, amounts), *_shown(reserved))
    needed = REGION + LOADING
    why = (
        f"Kernel B borrows {mib(REGION)}: what they hold is copied aside, so as much again must be free, and "
        f"{mib(LOADING)} for loading."
    )
    short = needed - facts.memory_available
    if short <= 0:
        return Finding(check, title(f"Enough memory: {amounts}"), Verdict.READY, shown, why)
    if reserved and facts.memory_available >= LOADING:
        instead = title(f"Too little memory to borrow, but {mib(reserved)} are reserved")
        return Finding(check, instead, Verdict.ATTENTION, shown, why, _TAKE_RESERVED)
    little = title(f"Too little memory is free: {mib(facts.memory_available)} of {mib(needed)}")
    if short <= facts.memory_total // _CAUTION:
        cure = (
            "Little is missing: freeing the memory of file caches may be enough, and kjtui can do that. "
            "Otherwise end programs that use much memory, then look again."
        )
        return Finding(check, little, Verdict.BLOCKED, shown, why, cure, "free-caches")
    cure = "End programs that use much memory, then look again. `free -m` shows what is available."
    return Finding(check, little, Verdict.BLOCKED, shown, why, cure)


def largest_region(facts: Facts) -> Finding:
    """A borrowed region is one piece below 4 GiB, clear of this kernel and of what is reserved."""
    check = "largest-region"
    why = (
        f"Kernel B gets its {mib(REGION)} in one piece, below 4 GiB, where 32-bit devices reach it, clear of "
        "this kernel and of what is reserved."
    )
    try:
        ranges = iomem.parse(facts.iomem)
    except KjtuiError:
        ranges = ()
    if not iomem.ram(ranges):
        hidden = bool(facts.iomem) and _IOMEM not in facts.unreadable
        shown: tuple[Evidence, ...] = (
            (evidence(_IOMEM, "all addresses are 0"),) if hidden else reasons(facts, _IOMEM)
        )
        unknown = "How large a piece of memory can be lent is not told"
        cure = "Run kjtui as root (sudo kjtui), on the machine itself: then the memory map shows it."
        return Finding(check, unknown, Verdict.UNKNOWN, shown, why, cure)
    size, reserved = largest(ranges), _reserved(facts)
    shown = (evidence(_IOMEM, f"largest piece that could be lent: {mib(size)}"), *_shown(reserved))
    if size >= REGION:
        ready = title(f"There is a piece of memory to lend ({mib(size)})")
        return Finding(check, ready, Verdict.READY, shown, why)
    scattered = title(f"No piece of memory is large enough: {mib(size)} of {mib(REGION)}")
    if reserved:
        return Finding(check, scattered, Verdict.ATTENTION, shown, why, _TAKE_RESERVED)
    cure = (
        "Reserve memory at boot: add crashkernel=256M to the kernel command line, restart, choose the "
        "reserved region in step 2. Or give the machine more memory."
    )
    return Finding(check, scattered, Verdict.BLOCKED, shown, why, cure)


def half_limit(facts: Facts) -> Finding:
    """kexec_load answers EINVAL to an image above half of memory (sanity_check_segment_list)."""
    check = "half-limit"
    why = "The kernel takes no image that is larger than half of all memory (EINVAL)."
    if facts.memory_total <= 0:
        unknown, cure = (
            "Whether kernel B is small enough cannot be told",
            "Going on does no harm: loading refuses.",
        )
        return Finding(check, unknown, Verdict.UNKNOWN, reasons(facts, _MEMINFO), why, cure)
    half, reserved = facts.memory_total // 2, _reserved(facts)
    text = f"half of all memory: {mib(half)}; kernel B with borrowed memory: {mib(IMAGE)}"
    shown = (evidence(_MEMINFO, text), *_shown(reserved))
    if half >= IMAGE:
        return Finding(check, "Kernel B takes less than half of all memory", Verdict.READY, shown, why)
    if reserved and half >= LOADING:
        instead = "Too little memory to borrow half of it, but some is reserved"
        return Finding(check, title(instead), Verdict.ATTENTION, shown, why, _TAKE_RESERVED)
    little = title(f"This machine has too little memory: {mib(facts.memory_total)}")
    cure = f"Use a machine with at least {mib(2 * (REGION + MIB))}; 1024 MiB are comfortable."
    return Finding(check, little, Verdict.BLOCKED, shown, why, cure)


def _shown(reserved: int) -> tuple[Evidence, ...]:
    return (evidence(_IOMEM, f"Crash kernel: {mib(reserved)} reserved"),) if reserved else ()


def _reserved(facts: Facts) -> int:
    """Bytes of a reserved region that kernel B may use, 0 without one."""
    if facts.kexec_crash_loaded is not False:
        return 0
    try:
        return choose_region(facts.iomem, RegionKind.RESERVED, 0).span.size
    except KjtuiError:
        return 0


MEMORY = Check(
    "memory",
    Area.MEMORY,
    "Is there memory enough for kernel B?",
    (_MEMINFO, _IOMEM),
    "Kernel B needs memory of its own. Borrowed memory is copied aside for the visit, so the same amount "
    "must be free a second time, and some more while kernel B is loaded; otherwise loading ends with "
    "ENOMEM. Memory that was reserved at boot (crashkernel=) holds nothing and needs no copy. Ending large "
    "programs frees memory; where little is missing, dropping the caches of files may do, which kjtui "
    "offers.",
    frozenset({Verdict.READY, Verdict.ATTENTION, Verdict.BLOCKED, Verdict.UNKNOWN}),
    memory,
)
LARGEST_REGION = Check(
    "largest-region",
    Area.MEMORY,
    "Is there one piece of memory large enough?",
    (_IOMEM,),
    "Kernel B's memory is one piece of physical memory below 4 GiB that keeps clear of the running kernel, "
    "its first page tables and what is reserved. On machines with little memory, or with a memory map that "
    "firmware has cut into small pieces, none may be large enough. What programs use does not matter here: "
    "that is copied aside. Memory reserved at boot (crashkernel=256M) is the way round.",
    frozenset({Verdict.READY, Verdict.ATTENTION, Verdict.BLOCKED, Verdict.UNKNOWN}),
    largest_region,
)
HALF_LIMIT = Check(
    "half-limit",
    Area.MEMORY,
    "Does kernel B stay below half of all memory?",
    (_MEMINFO,),
    "To keep a load from taking all memory, kexec_load(2) refuses an image larger than half of the machine's "
    "memory, with EINVAL. All of a borrowed region counts, of a reserved one only what is loaded into it. "
    "Only machines with less than about 400 MiB meet this limit. More memory, or a reserved region, helps.",
    frozenset({Verdict.READY, Verdict.ATTENTION, Verdict.BLOCKED, Verdict.UNKNOWN}),
    half_limit,
)
