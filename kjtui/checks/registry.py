"""All checks, in the order in which a person should read them."""

from collections.abc import Iterable

from kjtui.checks import (
    capability,
    crash,
    disks,
    image,
    kernel,
    kernelfile,
    lockdown,
    memory,
    memorymap,
    mounts,
    switches,
    terminal,
    watchdog,
    wayback,
)
from kjtui.checks.check import Check
from kjtui.model.checks import Finding, Verdict
from kjtui.model.facts import Facts

CHECKS: tuple[Check, ...] = (
    Check("architecture", kernel.architecture),
    Check("kexec", kernel.kexec),
    Check("kexec-jump", kernel.kexec_jump),
    Check("way-back", wayback.way_back),
    Check("kernel-file", kernelfile.kernel_file),
    Check("capability", capability.capability),
    Check("lockdown", lockdown.lockdown),
    Check("load-disabled", switches.load_disabled),
    Check("load-limit", switches.load_limit),
    Check("memory-map", memorymap.memory_map),
    Check("memory", memory.memory),
    Check("image-loaded", image.image_loaded),
    Check("crash-kernel", crash.crash_kernel),
    Check("watchdog", watchdog.watchdog),
    Check("mounts", mounts.mounts),
    Check("disks", disks.disks),
    Check("terminal", terminal.terminal),
)

_WORST_FIRST = (Verdict.BLOCKED, Verdict.UNKNOWN, Verdict.ATTENTION)


def run_all(facts: Facts) -> tuple[Finding, ...]:
    """Every check's outcome, in the order of CHECKS."""
    return tuple(check.run(facts) for check in CHECKS)


def worst(findings: Iterable[Finding]) -> Verdict:
    """The verdict on all: BLOCKED over UNKNOWN over ATTENTION over READY; READY for none."""
    verdicts = {finding.verdict for finding in findings}
    return next((verdict for verdict in _WORST_FIRST if verdict in verdicts), Verdict.READY)
