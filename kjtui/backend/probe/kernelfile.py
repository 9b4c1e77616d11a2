"""The file that the running kernel was booted from."""

import re

from kjtui.backend.probe.source import MISSING, Source

_BOOT_IMAGE = re.compile(r"(?:^|\s)BOOT_IMAGE=(\S+)")
_GRUB_DEVICE = re.compile(r"^\([^)]*\)")


def candidates(release: str, command_line: str) -> tuple[str, ...]:
    """Where the running kernel's bzImage may be, likeliest first.

    BOOT_IMAGE= is how GRUB names it: maybe with a device in front, and as seen from the boot partition.
    """
    names = [f"/boot/vmlinuz-{release}", f"/lib/modules/{release}/vmlinuz"]
    if found := _BOOT_IMAGE.search(command_line):
        path = "/" + _GRUB_DEVICE.sub("", found[1]).lstrip("/")
        names += [path, f"/boot{path}"]
    names.append("/run/booted-system/kernel")  # NixOS
    return tuple(dict.fromkeys(names))


def find(source: Source, release: str, command_line: str) -> str | None:
    """The first candidate that is there, None without one."""
    names = candidates(release, command_line)
    for name in names:
        if source.is_file(name):
            return name
    source.unreadable.setdefault(names[0], MISSING)
    return None
