"""May this process load a kernel?"""

from kjtui.checks.check import read
from kjtui.model.checks import Evidence, Finding, Verdict
from kjtui.model.facts import Facts

CAP_SYS_BOOT = 22  # include/uapi/linux/capability.h
_ID = "capability"
_STATUS = "/proc/self/status"


def capability(facts: Facts) -> Finding:
    """CAP_SYS_BOOT, whoever has it: a root without it may not load, another user with it may."""
    why = "Loading a kernel and jumping takes the right CAP_SYS_BOOT. Root has it, containers often lack it."
    if facts.capabilities is None:
        evidence = (read(facts, _STATUS, "it has no CapEff line"),)
        title, cure = "Whether we may load a kernel cannot be told", "Run kjtui as root."
        return Finding(_ID, title, Verdict.UNKNOWN, evidence, why, cure)
    text = f"CapEff {facts.capabilities:016x}, CAP_SYS_BOOT is bit {CAP_SYS_BOOT}"
    evidence = (Evidence(_STATUS, text),)
    if facts.capabilities >> CAP_SYS_BOOT & 1:
        return Finding(_ID, "We may load a kernel", Verdict.READY, evidence, why)
    title = "We may not load a kernel"
    cure = "Run kjtui as root (sudo kjtui). In a container: run it on the host instead."
    return Finding(_ID, title, Verdict.BLOCKED, evidence, why, cure)
