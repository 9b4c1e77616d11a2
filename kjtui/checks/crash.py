"""Is the reserved memory taken by a crash kernel?"""

from kjtui.checks.check import mib, read
from kjtui.model.checks import Evidence, Finding, Verdict
from kjtui.model.facts import Facts

_ID = "crash-kernel"
_LOADED = "/sys/kernel/kexec_crash_loaded"
_SIZE = "/sys/kernel/kexec_crash_size"


def crash_kernel(facts: Facts) -> Finding:
    """A loaded crash kernel owns the reserved region: kernel B must then borrow."""
    why = (
        "Memory reserved by crashkernel= is a good place for kernel B, but not while a crash kernel is in it."
    )
    if facts.kexec_crash_loaded is None:
        nothing = (read(facts, _LOADED, "it could not be read"),)
        title = "Whether a crash kernel is loaded cannot be told"
        cure = "Go on, and borrow memory in step 2: that never touches the reserved part."
        return Finding(_ID, title, Verdict.UNKNOWN, nothing, why, cure)
    evidence: tuple[Evidence, ...] = (Evidence(_LOADED, str(int(facts.kexec_crash_loaded))),)
    if facts.kexec_crash_size:
        evidence = (*evidence, Evidence(_SIZE, f"{mib(facts.kexec_crash_size)} reserved"))
    if not facts.kexec_crash_loaded:
        return Finding(_ID, "No crash kernel is loaded", Verdict.READY, evidence, why)
    title = "A crash kernel (kdump) is loaded in the reserved memory"
    cure = (
        "Go on and borrow memory in step 2. To use the reserved memory instead, unload the crash kernel: "
        "kdump-config unload, or systemctl stop kdump."
    )
    return Finding(_ID, title, Verdict.ATTENTION, evidence, why, cure)
