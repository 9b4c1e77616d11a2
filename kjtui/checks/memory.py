"""Is there memory enough for kernel B?"""

from kjtui.checks.check import mib, read
from kjtui.errors import KjtuiError
from kjtui.kexec.regions import choose_region
from kjtui.model.checks import Evidence, Finding, Verdict
from kjtui.model.choices import Choices
from kjtui.model.facts import Facts
from kjtui.model.memory import LOW_END, MIB, RegionKind

_ID = "memory"
_MEMINFO = "/proc/meminfo"
# Kernel B's file and initramfs lie in this program and once more in the kernel while they are loaded.
LOADING = 96 * MIB


def memory(facts: Facts) -> Finding:
    """A borrowed region needs as much free memory again for its copy; a reserved one only what is loaded."""
    if facts.memory_total == 0:
        nothing = (read(facts, _MEMINFO, "it could not be read"),)
        title, cure = "How much memory there is cannot be told", "Going on does no harm: loading may refuse."
        return Finding(_ID, title, Verdict.UNKNOWN, nothing, "Kernel B needs memory of its own.", cure)
    amounts = f"{mib(facts.memory_available)} available of {mib(facts.memory_total)}"
    evidence: tuple[Evidence, ...] = (Evidence(_MEMINFO, amounts),)
    reserved = _reserved(facts)
    if reserved:
        evidence = (*evidence, Evidence("/proc/iomem", f"Crash kernel: {mib(reserved)} reserved"))
    region = Choices().region_size
    needed = region + LOADING
    why = (
        f"Kernel B borrows {mib(region)}: what they hold is copied aside, so as much again must be free, and "
        f"{mib(LOADING)} for loading. One image may take half of all memory at most."
    )
    half = facts.memory_total // 2
    if facts.memory_available >= needed and half >= region + LOW_END:
        return Finding(_ID, f"Enough memory: {amounts}", Verdict.READY, evidence, why)
    if reserved and facts.memory_available >= LOADING:
        title = f"Too little memory to borrow, but {mib(reserved)} are reserved"
        cure = "Choose the reserved region in step 2 (Reserve memory)."
        return Finding(_ID, title, Verdict.ATTENTION, evidence, why, cure)
    if half < region + LOW_END:
        title = f"This machine has too little memory: {mib(facts.memory_total)}"
        cure = f"Use a machine with at least {mib(2 * (region + MIB))}; 1024 MiB are comfortable."
    else:
        title = f"Too little memory is free: {mib(facts.memory_available)} of {mib(needed)}"
        cure = "End programs that use much memory, then look again. `free -m` shows what is available."
    return Finding(_ID, title, Verdict.BLOCKED, evidence, why, cure)


def _reserved(facts: Facts) -> int:
    """Bytes of a reserved region that kernel B may use, 0 without one."""
    if facts.kexec_crash_loaded is not False:
        return 0
    try:
        return choose_region(facts.iomem, RegionKind.RESERVED, 0).span.size
    except KjtuiError:
        return 0
