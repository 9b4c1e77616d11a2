"""What the kernel permits: lockdown, Secure Boot, the kexec switches, our own capabilities."""

import re
from collections.abc import Mapping

from kjtui.backend.probe.source import Source

LOCKDOWN = "/sys/kernel/security/lockdown"
SECURITYFS_MARK = "/sys/kernel/security/lsm"  # there as soon as securityfs is mounted (security/inode.c)
SECURE_BOOT = "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
SETUP_MODE = "/sys/firmware/efi/efivars/SetupMode-8be4df61-93ca-11d2-aa0d-00e098032b8c"
LOAD_DISABLED = "/proc/sys/kernel/kexec_load_disabled"
LOAD_LIMIT = "/proc/sys/kernel/kexec_load_limit_reboot"
STATUS = "/proc/self/status"
_LEVEL = re.compile(r"\[(\w+)\]")
_EFFECTIVE = re.compile(r"^CapEff:\s*([0-9a-f]{1,16})$", re.MULTILINE)
_VARIABLE = 16  # bytes; a yes or no has 5


def lockdown(source: Source, config: Mapping[str, str] | None) -> str | None:
    """The level in brackets, e.g. of "none [integrity] confidentiality" (security/lockdown/lockdown.c).

    "absent" where this kernel has no lockdown, None where that cannot be told.
    """
    text = source.text(LOCKDOWN, optional=True)
    if text is not None:
        if found := _LEVEL.search(text):
            return found[1]
        source.note(LOCKDOWN, f"its content is not understood: {text[:40]!r}")
        return None
    if LOCKDOWN in source.unreadable:
        return None
    if "lockdown" in (source.text(SECURITYFS_MARK, optional=True) or "").split(","):
        source.note(LOCKDOWN, "there is no such file, though the kernel has lockdown")
        return None
    built_without = config is not None and config.get("CONFIG_SECURITY_LOCKDOWN_LSM") != "y"
    if built_without or source.is_file(SECURITYFS_MARK):
        return "absent"
    source.note(LOCKDOWN, "securityfs is not mounted")
    return None


def secure_boot(source: Source, efi: bool) -> bool | None:
    """Whether the firmware enforces signatures. Without EFI there is no Secure Boot."""
    return _variable(source, SECURE_BOOT, efi)


def setup_mode(source: Source, efi: bool) -> bool | None:
    """Whether the firmware takes new keys from anybody (UEFI specification 32.3). False without EFI."""
    return _variable(source, SETUP_MODE, efi)


def _variable(source: Source, name: str, efi: bool) -> bool | None:
    """A yes or no of the firmware.

    The variable's file has 4 bytes of attributes before its one byte of value
    (Documentation/filesystems/efivarfs.rst). On EFI without the variable the firmware knows no Secure Boot.
    """
    if not efi:
        return False
    data = source.data(name, limit=_VARIABLE, optional=True)
    if data is None:
        if name in source.unreadable:
            return None
        if source.names("/sys/firmware/efi/efivars"):
            return False
        source.note(name, "efivarfs is not mounted")
        return None
    if len(data) < 5:
        source.note(name, "it is too short")
        return None
    if data[4] > 1 or len(data) > 5:
        source.note(name, f"its content is not understood: {data.hex()}")
        return None
    return data[4] == 1


def load_disabled(source: Source) -> int | None:
    """kernel.kexec_load_disabled: 1 means switched off until the next boot."""
    number = source.number(LOAD_DISABLED)
    if number not in (0, 1, None):
        source.note(LOAD_DISABLED, f"it holds neither 0 nor 1: {number}")
        return None
    return number


def load_limit(source: Source) -> int | None:
    """kernel.kexec_load_limit_reboot: loads left, -1 for unlimited. Kernels before 6.3 have no limit."""
    if source.number(LOAD_DISABLED, optional=True) is not None and not source.is_file(LOAD_LIMIT):
        return None if LOAD_LIMIT in source.unreadable else -1
    return source.number(LOAD_LIMIT, least=-1)


def capabilities(source: Source) -> int | None:
    """The effective capabilities as bits (capabilities(7), CapEff in proc(5))."""
    text = source.text(STATUS)
    if text is None:
        return None
    if found := _EFFECTIVE.search(text):
        return int(found[1], 16)
    source.note(STATUS, "it has no CapEff line")
    return None
