"""Does the kernel lock its own image against us, and who asked it to?"""

from collections.abc import Iterable

from kjtui.checks.check import Check, evidence, read, suited, title
from kjtui.checks.options import stated
from kjtui.model.checks import Area, Evidence, Finding, Verdict
from kjtui.model.facts import Facts

_ID = "lockdown"
_FILE = "/sys/kernel/security/lockdown"
_COMMAND_LINE = "/proc/cmdline"
_SECURE_BOOT = "EFI variable SecureBoot"
_FORCED = ("CONFIG_LOCK_DOWN_KERNEL_FORCE_INTEGRITY", "CONFIG_LOCK_DOWN_KERNEL_FORCE_CONFIDENTIALITY")
# Distributions add these; a plain kernel does not look at Secure Boot at all.
_BY_SECURE_BOOT = ("CONFIG_LOCK_DOWN_IN_EFI_SECURE_BOOT", "CONFIG_LOCK_DOWN_IN_SECURE_BOOT")
_TURN_OFF = {
    "debian": "the firmware's setup, or: sudo mokutil --disable-validation",
    "fedora": "the firmware's setup, or: sudo mokutil --disable-validation",
    "opensuse": "the firmware's setup, or: sudo mokutil --disable-validation",
}
_EDIT_LINE = {
    "debian": "edit /etc/default/grub, sudo update-grub, restart",
    "fedora": 'sudo grubby --update-kernel=ALL --remove-args="lockdown", restart',
    "nixos": "take it out of boot.kernelParams, sudo nixos-rebuild boot, restart",
}


def lockdown(facts: Facts) -> Finding:
    """Lockdown forbids kexec_load (kernel_lockdown(7)); what turned it on decides what lifts it."""
    why = "A locked-down kernel takes no kernel by kexec_load, not even from root (kernel_lockdown(7))."
    if facts.lockdown is None:
        return _unknown(facts, why)
    if facts.lockdown == "absent":
        shown = (evidence(_FILE, "this kernel has no lockdown"),)
        return Finding(_ID, "The kernel is not locked down", Verdict.READY, shown, why)
    level = evidence(_FILE, f"level: {facts.lockdown}")
    if facts.lockdown == "none":
        return Finding(
            _ID, "The kernel is not locked down", Verdict.READY, (level, *_secure_boot(facts)), why
        )
    return _locked(facts, level, why)


def _locked(facts: Facts, level: Evidence, why: str) -> Finding:
    words = tuple(_asked(facts.command_line))
    forced = next((name for name in _FORCED if (facts.config or {}).get(name) == "y"), "")
    by_firmware = _blames_firmware(facts, sure=not words and not forced)
    shown = (
        level,
        *_secure_boot(facts),
        *(evidence(_COMMAND_LINE, word) for word in words[:2]),
        *((evidence(facts.config_source or "configuration", stated(facts, forced)),) if forced else ()),
    )
    off = suited(facts, _TURN_OFF, "the firmware's setup")
    if by_firmware:
        called = title(f"Secure Boot has locked the kernel down ({facts.lockdown})")
        also = " Also take lockdown= off the kernel command line." if words else ""
        cure = f"Turn Secure Boot off ({off}; it asks for a password at the next start).{also} Then restart."
    elif words:
        called = title(f"The command line has locked the kernel down ({facts.lockdown})")
        edit = suited(facts, _EDIT_LINE, "edit the boot loader's entry, restart")
        cure = (
            f"Restart without lockdown=... on the kernel command line: {edit}. It cannot be lifted earlier."
        )
    elif forced:
        called = title(f"The kernel was built locked down ({facts.lockdown})")
        cure = f"Start a kernel that was built without {forced.removeprefix('CONFIG_')}."
    elif facts.secure_boot is None:
        called = title(f"The kernel is locked down ({facts.lockdown})")
        cure = (
            f"Turn Secure Boot off, which is the usual cause ({off}), or restart without lockdown=... on the "
            "kernel command line."
        )
    else:
        called = title(f"The kernel was locked down while running ({facts.lockdown})")
        cure = (
            f"Restart: it cannot be lifted while running. It comes back where a program writes to {_FILE} at "
            "each start; look among the services."
        )
    return Finding(_ID, called, Verdict.BLOCKED, shown, why, cure)


def _asked(command_line: str) -> Iterable[str]:
    return (word for word in command_line.split() if word.startswith("lockdown="))


def _blames_firmware(facts: Facts, sure: bool) -> bool:
    """Whether Secure Boot has done it: always where nothing else can (sure), else if the kernel would."""
    if not facts.secure_boot:
        return False
    return sure or any((facts.config or {}).get(name) == "y" for name in _BY_SECURE_BOOT)


def _unknown(facts: Facts, why: str) -> Finding:
    words = tuple(_asked(facts.command_line))[:2]
    shown = (
        read(facts, _FILE, "it could not be read"),
        *_secure_boot(facts),
        *(evidence(_COMMAND_LINE, word) for word in words),
    )
    mountable = not facts.container and all(one.fstype != "securityfs" for one in facts.mounts)
    how = (
        "kjtui can mount securityfs, which tells it, or: mount -t securityfs none /sys/kernel/security"
        if mountable
        else "run kjtui as root, on the machine itself, with securityfs mounted."
    )
    cure = f"Going on does no harm: a locked-down kernel refuses at step 4 (Load). To know before: {how}"
    remedy = "mount-securityfs" if mountable else ""
    cannot = "Whether the kernel is locked down cannot be told"
    return Finding(_ID, cannot, Verdict.UNKNOWN, shown, why, cure, remedy)


def _secure_boot(facts: Facts) -> tuple[Evidence, ...]:
    if facts.secure_boot is None:
        return (Evidence(_SECURE_BOOT, "could not be read"),)
    if not facts.efi:
        return ()
    return (Evidence(_SECURE_BOOT, "on" if facts.secure_boot else "off"),)


LOCKDOWN = Check(
    _ID,
    Area.RIGHTS,
    "Is the kernel locked down?",
    (_FILE, _COMMAND_LINE, _SECURE_BOOT),
    "A kernel that is locked down keeps even root from changing it. kexec_load, which a jump needs, is "
    "refused with EPERM; signed kernels for kexec_file_load are no way around, since that call cannot jump. "
    "Most often Secure Boot turns it on by itself; the word lockdown= on the kernel command line, the "
    "kernel's own configuration and a write to the file in securityfs are the others. It cannot be lifted "
    "while the kernel runs: remove the cause, then restart.",
    frozenset({Verdict.READY, Verdict.BLOCKED, Verdict.UNKNOWN}),
    lockdown,
)
