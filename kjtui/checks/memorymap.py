"""Does the kernel tell where its memory is?"""

from kjtui.checks.check import mib, read
from kjtui.errors import KjtuiError
from kjtui.kexec import iomem
from kjtui.model.checks import Evidence, Finding, Verdict
from kjtui.model.facts import Facts

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
        evidence = (Evidence(_IOMEM, "all addresses are 0"),)
        title = "The memory map is hidden from us"
        return Finding(_ID, title, Verdict.BLOCKED, evidence, why, error.hint)
    ram = iomem.ram(ranges)
    if not ram:
        evidence = (read(facts, _IOMEM, "it names no System RAM"),)
        title, cure = "The memory map cannot be read", "Run kjtui as root, on the machine itself."
        return Finding(_ID, title, Verdict.BLOCKED, evidence, why, cure)
    total = sum(span.size for span in ram)
    evidence = (Evidence(_IOMEM, f"System RAM: {mib(total)} in {len(ram)} pieces"),)
    if iomem.low_memory(ranges) is None:
        title = "There is no memory in the first 640 KiB"
        cure = "Look in the firmware's setup, or take memmap= off the kernel command line."
        return Finding(_ID, title, Verdict.BLOCKED, evidence, why, cure)
    return Finding(_ID, "The memory map is readable", Verdict.READY, evidence, why)
