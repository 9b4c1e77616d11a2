"""What the kernel permits: lockdown, Secure Boot, the kexec switches, our own capabilities."""

import re

from kjtui.backend.probe.source import Source

LOCKDOWN = "/sys/kernel/security/lockdown"
SECURITYFS_MARK = "/sys/kernel/security/lsm"  # there as soon as securityfs is mounted (security/inode.c)
SECURE_BOOT = "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
LOAD_DISABLED = "/proc/sys/kernel/kexec_load_disabled"
LOAD_LIMIT = "/proc/sys/kernel/kexec_load_limit_reboot"
STATUS = "/proc/self/status"


def lockdown(source: Source, config: dict[str, str] | None) -> str | None:
    """The level in brackets, e.g. of "none [integrity] confidentiality" (security/lockdown/lockdown.c).

    "absent" where this kernel has no lockdown, None where that cannot be told.
    """
    text = source.text(LOCKDOWN, optional=True)
    if text is not None:
        if found := re.search(r"\[(\w+)\]", text):
            return found[1]
        source.note(LOCKDOWN, f"its content is not understood: {text[:40]!r}")
        return None
    if LOCKDOWN in source.unreadable:
        return None
    built_without = config is not None and config.get("CONFIG_SECURITY_LOCKDOWN_LSM") != "y"
    if built_without or source.is_file(SECURITYFS_MARK):
        return "absent"
    source.note(LOCKDOWN, "securityfs is not mounted")
    return None


def secure_boot(source: Source, efi: bool) -> bool | None:
    """Whether the firmware enforces signatures. Without EFI there is no Secure Boot.

    The variable's file has 4 bytes of attributes before its one byte of value
    (Documentation/filesystems/efivarfs.rst). On EFI without the variable the firmware has no Secure Boot.
    """
    if not efi:
        return False
    data = source.data(SECURE_BOOT, optional=True)
    if data is None:
        if SECURE_BOOT in source.unreadable:
            return None
        if source.names("/sys/firmware/efi/efivars"):
            return False
        source.note(SECURE_BOOT, "efivarfs is not mounted")
        return None
    if len(data) < 5:
        source.note(SECURE_BOOT, "it is too short")
        return None
    return data[4] == 1


def load_disabled(source: Source) -> int | None:
    """kernel.kexec_load_disabled: 1 means switched off until the next boot."""
    return source.number(LOAD_DISABLED)


def load_limit(source: Source) -> int | None:
    """kernel.kexec_load_limit_reboot: loads left, -1 for unlimited. Kernels before 6.3 have no limit."""
    if source.number(LOAD_DISABLED, optional=True) is not None and not source.is_file(LOAD_LIMIT):
        return None if LOAD_LIMIT in source.unreadable else -1
    return source.number(LOAD_LIMIT)


def capabilities(source: Source) -> int | None:
    """The effective capabilities as bits (capabilities(7), CapEff in proc(5))."""
    text = source.text(STATUS)
    if text is None:
        return None
    if found := re.search(r"^CapEff:\s*([0-9a-f]+)$", text, re.MULTILINE):
        return int(found[1], 16)
    source.note(STATUS, "it has no CapEff line")
    return None
