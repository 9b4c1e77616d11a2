"""The file that the running kernel was booted from."""

import re

from kjtui.backend.probe.source import MISSING, Source
from kjtui.kexec import bzimage
from kjtui.model.facts import KernelHeader

_BOOT_IMAGE = re.compile(r"(?:^|\s)BOOT_IMAGE=(\S+)")
_HEADER = 1 << 10  # bytes: the header ends at 616 or before
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
    """The first candidate that is there, then a unified kernel image of this release; None without one."""
    names = candidates(release, command_line)
    for name in names:
        if source.is_file(name):
            return name
    if unified := _unified(source, release):
        return unified
    source.unreadable.setdefault(names[0], MISSING)
    return None


def _unified(source: Source, release: str) -> str | None:
    """The unified kernel image of a release: where one is started, /boot may hold no other file of it."""
    from kjtui.backend.probe import installed  # seldom needed

    for place in installed.unified_images(source):
        told = installed.look_into(source, place)
        if told and told.unified and told.release == release:
            return place
    return None


def header(source: Source, name: str | None) -> KernelHeader | None:
    """What a kernel file says of itself."""
    data = None if name is None else source.data(name, limit=_HEADER)
    if name is None or data is None:
        return None
    told = bzimage.header(data)
    if told is None and data[:2] == b"MZ":
        from kjtui.backend.probe import installed  # seldom needed

        inner = installed.look_into(source, name)
        told = bzimage.header(inner.head) if inner else None
    if told is None:
        source.note(name, "it is not an x86 kernel image (bzImage)")
    return told
