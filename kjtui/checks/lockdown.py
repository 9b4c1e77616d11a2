"""Does the kernel lock its own image against us, and who asked it to?"""

from collections.abc import Iterable
from enum import Enum, auto

from kjtui.checks.check import Check, evidence, read, suited, title
from kjtui.checks.options import stated
from kjtui.knowledge.messages import translate
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
_ON = "lockdown-on"
_LOGGED = (_ON, "lockdown-kexec", "lockdown-other")


class _By(Enum):
    """What turned it on."""

    FIRMWARE = auto()
    COMMAND_LINE = auto()
    BUILD = auto()
    PROGRAM = auto()
    UNKNOWN = auto()


_SAID = {
    "EFI Secure Boot": _By.FIRMWARE,
    "command line": _By.COMMAND_LINE,
    "Kernel configuration": _By.BUILD,
    "securityfs": _By.PROGRAM,
}


def lockdown(facts: Facts) -> Finding:
    """Lockdown forbids kexec_load (kernel_lockdown(7)); what turned it on decides what lifts it."""
    why = "A locked-down kernel takes no kernel by kexec_load, not even from root (kernel_lockdown(7))."
    if facts.lockdown == "absent":
        shown: tuple[Evidence, ...] = (evidence(_FILE, "this kernel has no lockdown"),)
        return Finding(_ID, "The kernel is not locked down", Verdict.READY, shown, why)
    if facts.lockdown == "none":
        shown = (evidence(_FILE, "level: none"), *_secure_boot(facts))
        return Finding(_ID, "The kernel is not locked down", Verdict.READY, shown, why)
    logged = _logged(facts)
    if facts.lockdown is None and not logged:
        return _unknown(facts, why)
    return _locked(facts, logged, why)


def _logged(facts: Facts) -> tuple[tuple[str, str], ...]:
    """What the kernel log says of it: who asked for it ("" where the line names a refusal), the line."""
    told = ((line.text, translate(line.text)) for line in facts.kernel_log or ())
    return tuple(
        (means.who if means.id == _ON else "", text) for text, means in told if means and means.id in _LOGGED
    )


def _locked(facts: Facts, logged: tuple[tuple[str, str], ...], why: str) -> Finding:
    words = tuple(_asked(facts.command_line))
    forced = next((name for name in _FORCED if (facts.config or {}).get(name) == "y"), "")
    level = read(facts, _FILE, f"level: {facts.lockdown}" if facts.lockdown else "it could not be read")
    shown = (
        level,
        *(evidence("kernel log", line) for _, line in logged[:2]),
        *_secure_boot(facts),
        *(evidence(_COMMAND_LINE, word) for word in words[:2]),
        *((evidence(facts.config_source or "configuration", stated(facts, forced)),) if forced else ()),
    )
    by = _by_log(logged)
    if by is None:
        named = any(who for who, _ in logged)  # somebody whom kjtui does not know
        by = _By.UNKNOWN if named else _by_circumstances(facts, words, forced)
    called, cure = _told(facts, by, words, forced)
    level_too = f"{called} ({facts.lockdown})" if facts.lockdown else called
    return Finding(_ID, title(level_too), Verdict.BLOCKED, shown, why, cure)


def _by_log(logged: tuple[tuple[str, str], ...]) -> _By | None:
    """Who locked it down first, in the words of lock_kernel_down() in security/lockdown/lockdown.c."""
    who = next((who for who, _ in logged if who), "")
    return next((by for words, by in _SAID.items() if who.startswith(words)), None)


def _by_circumstances(facts: Facts, words: tuple[str, ...], forced: str) -> _By:
    if _blames_firmware(facts, sure=not words and not forced):
        return _By.FIRMWARE
    if words:
        return _By.COMMAND_LINE
    if forced:
        return _By.BUILD
    return _By.UNKNOWN if facts.secure_boot is None else _By.PROGRAM


def _told(facts: Facts, by: _By, words: tuple[str, ...], forced: str) -> tuple[str, str]:
    """The title, without the level, and the cure."""
    off = suited(facts, _TURN_OFF, "the firmware's setup")
    edit = suited(facts, _EDIT_LINE, "edit the boot loader's entry, restart")
    if by is _By.FIRMWARE:
        also = " Also take lockdown= off the kernel command line." if words else ""
        return (
            "Secure Boot has locked the kernel down",
            f"Turn Secure Boot off ({off}; it asks for a password at the next start).{also} Then restart.",
        )
    if by is _By.COMMAND_LINE:
        return (
            "The command line has locked the kernel down",
            f"Restart without lockdown=... on the kernel command line: {edit}. It cannot be lifted earlier.",
        )
    if by is _By.BUILD:
        option = (forced or "CONFIG_LOCK_DOWN_KERNEL_FORCE_...").removeprefix("CONFIG_")
        return "The kernel was built locked down", f"Start a kernel that was built without {option}."
    if by is _By.PROGRAM:
        return (
            "The kernel was locked down while running",
            f"Restart: it cannot be lifted while running. It comes back where a program writes to {_FILE} at "
            "each start; look among the services.",
        )
    if facts.secure_boot is False:
        cure = "Turn off what the kernel log names, then restart: it cannot be lifted while running."
        return "The kernel is locked down", cure
    return (
        "The kernel is locked down",
        f"Turn Secure Boot off, which is the usual cause ({off}), or restart without lockdown=... on the "
        "kernel command line.",
    )


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
    (_FILE, "kernel log", _COMMAND_LINE, _SECURE_BOOT),
    "A kernel that is locked down keeps even root from changing it. kexec_load, which a jump needs, is "
    "refused with EPERM; signed kernels for kexec_file_load are no way around, since that call cannot jump. "
    "Most often Secure Boot turns it on by itself; the word lockdown= on the kernel command line, the "
    "kernel's own configuration and a write to the file in securityfs are the others. It cannot be lifted "
    "while the kernel runs: remove the cause, then restart.",
    frozenset({Verdict.READY, Verdict.BLOCKED, Verdict.UNKNOWN}),
    lockdown,
)
