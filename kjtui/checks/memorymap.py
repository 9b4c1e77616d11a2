"""Does the kernel tell where its memory is?"""

from collections.abc import Sequence

from kjtui.checks.check import Check, evidence, mib, read
from kjtui.errors import KjtuiError
from kjtui.kexec import iomem
from kjtui.model.checks import Area, Evidence, Finding, Verdict
from kjtui.model.facts import Facts
from kjtui.model.memory import MemoryRange

_ID = "memory-map"
_IOMEM = "/proc/iomem"


def memory_map(facts: Facts) -> Finding:
    """Without addresses (all 0 for those without CAP_SYS_ADMIN) no region can be chosen."""
    why = (
        "Kernel B must get exact borders of its memory, so that it never touches what belongs to this system."
    )
    try:
        ranges = iomem.parse(facts.iomem)
    except KjtuiError as error:
        shown = (evidence(_IOMEM, "all addresses are 0"),)
        hidden = "The memory map is hidden from us"
        return Finding(_ID, hidden, Verdict.BLOCKED, shown, why, error.hint)
    ram = iomem.ram(ranges)
    if not ram or _IOMEM in facts.unreadable:
        return _unknown(facts, ranges, why)
    total = sum(span.size for span in ram)
    shown = (evidence(_IOMEM, f"System RAM: {mib(total)} in {len(ram)} pieces"),)
    if iomem.low_memory(ranges) is None:
        none = "There is no memory in the first 640 KiB"
        cure = "Look in the firmware's setup, or take memmap= off the kernel command line."
        return Finding(_ID, none, Verdict.BLOCKED, shown, why, cure)
    return Finding(_ID, "The memory map is readable", Verdict.READY, shown, why)


def _unknown(facts: Facts, ranges: Sequence[MemoryRange], why: str) -> Finding:
    """Nothing of it is there, or a part was not understood: that part may be what must be kept clear of."""
    shown: tuple[Evidence, ...] = (read(facts, _IOMEM, "it names no System RAM"),)
    if ranges:
        shown = (*shown, evidence(_IOMEM, f"{len(ranges)} of its lines are understood"))
    unread = "The memory map cannot be read" if not ranges else "The memory map is not understood as a whole"
    cure = (
        "Run kjtui as root, on the machine itself. Where it stays so, use another kernel: kernel B must not "
        "be given memory that may be taken."
    )
    return Finding(_ID, unread, Verdict.UNKNOWN, shown, why, cure)


MEMORY_MAP = Check(
    _ID,
    Area.MEMORY,
    "Does the kernel tell where its memory is?",
    (_IOMEM,),
    "kjtui gives kernel B a map in which only its own part is memory, so it must know this machine's map "
    "exactly: /proc/iomem. The kernel shows addresses to processes with CAP_SYS_ADMIN alone and zeros to all "
    "others; containers show nothing of use. Some memory below 640 KiB is needed as well, where processors "
    "start. The cure is to run kjtui as root on the machine itself.",
    frozenset({Verdict.READY, Verdict.BLOCKED, Verdict.UNKNOWN}),
    memory_map,
)
