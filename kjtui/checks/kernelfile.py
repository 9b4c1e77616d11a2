"""Is the kernel's own file there, to be started a second time as kernel B?"""

from kjtui.backend.probe.source import MISSING
from kjtui.checks.check import read
from kjtui.model.checks import Evidence, Finding, Verdict
from kjtui.model.facts import Facts

_ID = "kernel-file"


def kernel_file(facts: Facts) -> Finding:
    """Kernel B is the same kernel, booted from its file."""
    why = "Kernel B is this same kernel, started a second time from its file (a bzImage)."
    if facts.kernel_file:
        evidence = (Evidence(facts.kernel_file, f"the file of Linux {facts.kernel_release}"),)
        return Finding(_ID, "The kernel's file is there", Verdict.READY, evidence, why)
    usual = f"/boot/vmlinuz-{facts.kernel_release}"
    evidence = (read(facts, usual, MISSING),)
    if facts.unreadable.get(usual, MISSING) != MISSING:
        title, cure = "The kernel's file cannot be looked for", "Run kjtui as root."
        return Finding(_ID, title, Verdict.UNKNOWN, evidence, why, cure)
    cure = (
        f"Copy the kernel that was booted to {usual}; if /boot is a partition of its own, mount it first; "
        "after a kernel update, restart."
    )
    return Finding(_ID, "The file of the running kernel is missing", Verdict.BLOCKED, evidence, why, cure)
