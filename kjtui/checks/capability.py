"""May this process load a kernel?"""

from kjtui.checks.check import Check, evidence, read
from kjtui.model.checks import Area, Finding, Verdict
from kjtui.model.facts import Facts

CAP_SYS_BOOT = 22  # include/uapi/linux/capability.h
_ID = "capability"
_STATUS = "/proc/self/status"


def capability(facts: Facts) -> Finding:
    """CAP_SYS_BOOT, whoever has it: a root without it may not load, another user with it may."""
    why = "Loading a kernel and jumping takes the right CAP_SYS_BOOT. Root has it, containers often lack it."
    if facts.capabilities is None:
        shown = (read(facts, _STATUS, "it has no CapEff line"),)
        unknown, cure = "Whether we may load a kernel cannot be told", "Run kjtui as root (sudo kjtui)."
        return Finding(_ID, unknown, Verdict.UNKNOWN, shown, why, cure)
    text = f"CapEff {facts.capabilities:016x}, CAP_SYS_BOOT is bit {CAP_SYS_BOOT}"
    shown = (evidence(_STATUS, text),)
    if facts.capabilities >> CAP_SYS_BOOT & 1:
        return Finding(_ID, "We may load a kernel", Verdict.READY, shown, why)
    cure = (
        "Run kjtui as root (sudo kjtui). In a container: run it on the host instead. As a service: let it "
        "keep CAP_SYS_BOOT (CapabilityBoundingSet=)."
    )
    return Finding(_ID, "We may not load a kernel", Verdict.BLOCKED, shown, why, cure)


CAPABILITY = Check(
    _ID,
    Area.RIGHTS,
    "May we load a kernel?",
    (_STATUS,),
    "The kernel asks for the capability CAP_SYS_BOOT (capabilities(7)) when a kernel is loaded and when it "
    "is jumped to; without it the answer is EPERM, Operation not permitted. Root has it, unless somebody "
    "took it away: containers, services with CapabilityBoundingSet= and capsh --drop do. So the capability "
    "itself is looked at and not the user's name. The cure is to start kjtui as root, on the machine "
    "itself.",
    frozenset({Verdict.READY, Verdict.BLOCKED, Verdict.UNKNOWN}),
    capability,
)
