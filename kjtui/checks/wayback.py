"""Does the running kernel survive the way back?"""

from kjtui.checks.check import Check, read
from kjtui.model.checks import Area, Evidence, Finding, Verdict
from kjtui.model.facts import Facts

_ID = "way-back"
_KCORE = "/proc/kcore"
_KALLSYMS = "/proc/kallsyms"
_CODE = "/proc/kcore (relocate_kernel)"
_GDT = "/proc/kcore (gdt_page)"


def way_back(facts: Facts) -> Finding:
    """A kernel from before January 2025 needs its descriptor table (GDT) lent back to it."""
    why = (
        "A kernel that comes back needs its own table of memory segments (GDT). Kernels from before January "
        "2025 forget to load it and crash; with its address known, kjtui loads it for them."
    )
    evidence: tuple[Evidence, ...]
    if facts.restores_gdt:
        evidence = (Evidence(_KCORE, "relocate_kernel loads its own GDT (lgdt)"),)
        return Finding(_ID, "This kernel finds its way back by itself", Verdict.READY, evidence, why)
    if facts.gdt_address is not None:
        lacks = "the code of relocate_kernel has no lgdt"
        evidence = (
            Evidence(_KCORE, lacks) if facts.restores_gdt is False else read(facts, _CODE, lacks),
            Evidence(_KCORE, f"GDT of the first processor at {facts.gdt_address:#x}"),
        )
        title = "An older kernel: kjtui will help it back"
        return Finding(_ID, title, Verdict.READY, evidence, f"{why} Each jump starts kernel B afresh.")
    if facts.restores_gdt is None:
        return _unknown(facts, why)
    evidence = (
        Evidence(_KCORE, "the code of relocate_kernel has no lgdt"),
        read(facts, _GDT, "the address of the GDT is not known"),
    )
    title = "This kernel would crash on the way back"
    cure = (
        "Update the kernel: 6.13 and newer are right, 6.12 since early 2025. Or use one built with "
        "CONFIG_KALLSYMS_ALL and CONFIG_PROC_KCORE, so that kjtui finds the table."
    )
    return Finding(_ID, title, Verdict.BLOCKED, evidence, why, cure)


def _unknown(facts: Facts, why: str) -> Finding:
    noted = tuple(source for source in (_KALLSYMS, _KCORE, _CODE) if source in facts.unreadable)
    evidence = tuple(read(facts, source, "it could not be read") for source in noted or (_KCORE,))
    title = "Whether this kernel finds its way back cannot be told"
    cure = (
        "Run kjtui as root, so that it may read the kernel's code. Otherwise go on only with Linux 6.13 or "
        "newer, and with nothing unsaved: an older one restarts instead of coming back."
    )
    return Finding(_ID, title, Verdict.UNKNOWN, evidence, why, cure)


WAY_BACK = Check(
    _ID,
    Area.KERNEL,
    "Does this kernel survive the way back?",
    (_KCORE, _KALLSYMS),
    "On the way back the processor still has kernel B's table of memory segments (GDT). Kernels from before "
    "January 2025 do not load their own again and crash at once; 6.13 has the repair, and long-term kernels "
    "got it at different times. So kjtui reads the running kernel's code instead of its version. Where the "
    "repair is missing it lends the kernel its own table, whose address it reads from the kernel's memory; "
    "without that address a jump would end in a restart. Root's rights and CONFIG_PROC_KCORE make it "
    "readable.",
    frozenset({Verdict.READY, Verdict.BLOCKED, Verdict.UNKNOWN}),
    way_back,
)
