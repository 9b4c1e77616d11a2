"""The sysctls with which an administrator forbids loading kernels."""

from kjtui.checks.check import Check, evidence, read, suited, title
from kjtui.checks.options import ANY_KEXEC, ruled_out
from kjtui.model.checks import Area, Finding, Verdict
from kjtui.model.facts import Facts

_DISABLED = "/proc/sys/kernel/kexec_load_disabled"
_LIMIT = "/proc/sys/kernel/kexec_load_limit_reboot"
_NO_HARM = "Going on does no harm: the kernel refuses at step 4 (Load) if it must."
_WHERE = {"nixos": "Set security.protectKernelImage = false in the configuration, rebuild,"}
_FILES = (
    "Look for who sets it (grep -r kexec_load_disabled /etc/sysctl.conf /etc/sysctl.d /usr/lib/sysctl.d), "
    "take it out,"
)


def load_disabled(facts: Facts) -> Finding:
    """kernel.kexec_load_disabled can be set, but never cleared."""
    check, why = "load-disabled", "The switch kernel.kexec_load_disabled forbids loading for this whole boot."
    if facts.kexec_load_disabled is None and (none := ruled_out(facts, _DISABLED, *ANY_KEXEC)):
        return Finding(check, "There is no switch for loading kernels", Verdict.READY, none, why)
    if facts.kexec_load_disabled is None:
        shown = (read(facts, _DISABLED, "it could not be read"),)
        unknown = "Whether loading is switched off cannot be told"
        return Finding(check, unknown, Verdict.UNKNOWN, shown, why, _NO_HARM)
    shown = (evidence(_DISABLED, f"{facts.kexec_load_disabled:#x}".removeprefix("0x")),)
    if not facts.kexec_load_disabled:
        return Finding(check, "Loading kernels is not switched off", Verdict.READY, shown, why)
    cure = f"{suited(facts, _WHERE, _FILES)} then restart: it cannot be cleared while running."
    return Finding(check, "Loading kernels is switched off", Verdict.BLOCKED, shown, why, cure)


def load_limit(facts: Facts) -> Finding:
    """kernel.kexec_load_limit_reboot counts down with every load or unload; 0 forbids."""
    check = "load-limit"
    why = "The kernel may count loads down (kernel.kexec_load_limit_reboot): each load or unload takes one."
    left = facts.kexec_load_limit_reboot
    if left is None and (none := ruled_out(facts, _LIMIT, *ANY_KEXEC)):
        return Finding(check, "There is no limit on loading kernels", Verdict.READY, none, why)
    if left is None:
        shown = (read(facts, _LIMIT, "it could not be read"),)
        unknown = "How many loads are left cannot be told"
        return Finding(check, unknown, Verdict.UNKNOWN, shown, why, _NO_HARM)
    if left < 0:
        shown = (evidence(_LIMIT, "-1 (no limit)"),)
        return Finding(check, "The number of loads is not limited", Verdict.READY, shown, why)
    count = str(left) if left < 1 << 31 else "very many"
    shown = (evidence(_LIMIT, count),)
    if left == 0:
        cure = (
            "Restart: the count cannot be raised while running. Then look in /etc/sysctl.d for who sets it."
        )
        return Finding(check, "No load is left until a restart", Verdict.BLOCKED, shown, why, cure)
    few = title(f"{count} {'load is' if left == 1 else 'loads are'} left until a restart")
    cure = "Go on if that is enough: one jump takes one load; jumping again, or unloading, may take another."
    return Finding(check, few, Verdict.ATTENTION, shown, why, cure)


LOAD_DISABLED = Check(
    "load-disabled",
    Area.RIGHTS,
    "Is loading switched off?",
    (_DISABLED,),
    "Once kernel.kexec_load_disabled is 1, this kernel loads no other one until it is restarted: kexec_load "
    "answers EPERM, also to root, and the switch cannot be turned back. Hardening guides, hardened "
    "distributions and NixOS (security.protectKernelImage) set it at start. Find the file that sets it, take "
    "it out, restart. A crash kernel that was loaded before stays loaded.",
    frozenset({Verdict.READY, Verdict.BLOCKED, Verdict.UNKNOWN}),
    load_disabled,
)
LOAD_LIMIT = Check(
    "load-limit",
    Area.RIGHTS,
    "How many loads are left?",
    (_LIMIT,),
    "Since Linux 6.3 an administrator can set how many times a kernel may still be loaded "
    "(kernel.kexec_load_limit_reboot). Every load and unload takes one, also one that fails for another "
    "reason; at 0 the answer is EPERM. The number can be lowered, never raised, so a restart is the only way "
    "to get more. -1 means no limit, which is usual. kjtui never loads anything just to try.",
    frozenset({Verdict.READY, Verdict.ATTENTION, Verdict.BLOCKED, Verdict.UNKNOWN}),
    load_limit,
)
