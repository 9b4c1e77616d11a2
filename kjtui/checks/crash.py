"""Is the reserved memory taken by a crash kernel?"""

from kjtui.checks.check import Check, evidence, mib, suited
from kjtui.checks.options import ruled_out
from kjtui.checks.words import reasons
from kjtui.model.checks import Area, Evidence, Finding, Verdict
from kjtui.model.facts import Facts

_ID = "crash-kernel"
_LOADED = "/sys/kernel/kexec_crash_loaded"
_SIZE = "/sys/kernel/kexec_crash_size"
_UNLOAD = {
    "debian": "sudo kdump-config unload",
    "fedora": "sudo systemctl stop kdump",
    "opensuse": "sudo systemctl stop kdump",
}


def crash_kernel(facts: Facts) -> Finding:
    """A loaded crash kernel owns the reserved region: kernel B must then borrow."""
    why = (
        "Memory reserved by crashkernel= is a good place for kernel B, but not while a crash kernel is in it."
    )
    if facts.kexec_crash_loaded is None and (none := ruled_out(facts, _LOADED, "CONFIG_CRASH_DUMP")):
        return Finding(_ID, "No crash kernel is loaded: none can be", Verdict.READY, none, why)
    if facts.kexec_crash_loaded is None:
        shown = reasons(facts, _LOADED, "/sys/kernel/kexec")
        unknown = "Whether a crash kernel is loaded cannot be told"
        cure = "Go on, and borrow memory in step 2: that never touches the reserved part."
        return Finding(_ID, unknown, Verdict.UNKNOWN, shown, why, cure)
    known: tuple[Evidence, ...] = (evidence(_LOADED, str(int(facts.kexec_crash_loaded))),)
    if facts.kexec_crash_size:
        known = (*known, evidence(_SIZE, f"{mib(facts.kexec_crash_size)} reserved"))
    if not facts.kexec_crash_loaded:
        return Finding(_ID, "No crash kernel is loaded", Verdict.READY, known, why)
    taken = "A crash kernel (kdump) is loaded in the reserved memory"
    cure = (
        "Go on and borrow memory in step 2. To use the reserved memory instead, unload the crash kernel: "
        f"{suited(facts, _UNLOAD, 'sudo kexec -p -u')}"
    )
    return Finding(_ID, taken, Verdict.ATTENTION, known, why, cure)


CRASH_KERNEL = Check(
    _ID,
    Area.STATE,
    "Is a crash kernel loaded?",
    (_LOADED, _SIZE, "/sys/kernel/kexec/crash_loaded"),
    "kdump loads a crash kernel into memory that was reserved at boot (crashkernel=), to save a dump when "
    "the running kernel panics. Kernel B must not be put there meanwhile, or a panic would find no crash "
    "kernel. Borrowing memory leaves it alone and is the way to go on. Who wants the faster jumps of the "
    "reserved region stops kdump first and starts it again afterwards.",
    frozenset({Verdict.READY, Verdict.ATTENTION, Verdict.UNKNOWN}),
    crash_kernel,
)
