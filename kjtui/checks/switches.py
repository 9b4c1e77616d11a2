"""The sysctls with which an administrator forbids loading kernels."""

from kjtui.checks.check import read
from kjtui.model.checks import Evidence, Finding, Verdict
from kjtui.model.facts import Facts

_DISABLED = "/proc/sys/kernel/kexec_load_disabled"
_LIMIT = "/proc/sys/kernel/kexec_load_limit_reboot"
_NO_HARM = "Going on does no harm: the kernel refuses at step 4 (Load) if it must."


def load_disabled(facts: Facts) -> Finding:
    """kernel.kexec_load_disabled can be set, but never cleared."""
    check, why = "load-disabled", "The switch kernel.kexec_load_disabled forbids loading for this whole boot."
    if facts.kexec_load_disabled is None:
        evidence = (read(facts, _DISABLED, "it could not be read"),)
        title = "Whether loading is switched off cannot be told"
        return Finding(check, title, Verdict.UNKNOWN, evidence, why, _NO_HARM)
    evidence = (Evidence(_DISABLED, str(facts.kexec_load_disabled)),)
    if not facts.kexec_load_disabled:
        return Finding(check, "Loading kernels is not switched off", Verdict.READY, evidence, why)
    cure = (
        "Look for kexec_load_disabled in /etc/sysctl.conf, /etc/sysctl.d and /usr/lib/sysctl.d, take it "
        "out, then restart: it cannot be cleared while running."
    )
    return Finding(check, "Loading kernels is switched off", Verdict.BLOCKED, evidence, why, cure)


def load_limit(facts: Facts) -> Finding:
    """kernel.kexec_load_limit_reboot counts down with every load or unload; 0 forbids."""
    check = "load-limit"
    why = "The kernel may count loads down (kernel.kexec_load_limit_reboot): each load or unload takes one."
    left = facts.kexec_load_limit_reboot
    if left is None:
        evidence = (read(facts, _LIMIT, "it could not be read"),)
        title = "How many loads are left cannot be told"
        return Finding(check, title, Verdict.UNKNOWN, evidence, why, _NO_HARM)
    evidence = (Evidence(_LIMIT, str(left) if left >= 0 else f"{left} (no limit)"),)
    if left < 0:
        return Finding(check, "The number of loads is not limited", Verdict.READY, evidence, why)
    if left == 0:
        cure = (
            "Restart: the count cannot be raised while running. Then look in /etc/sysctl.d for who sets it."
        )
        return Finding(check, "No load is left until a restart", Verdict.BLOCKED, evidence, why, cure)
    title = f"{left} {'load is' if left == 1 else 'loads are'} left until a restart"
    cure = "Go on if that is enough: one jump takes one load; jumping again, or unloading, may take another."
    return Finding(check, title, Verdict.ATTENTION, evidence, why, cure)
