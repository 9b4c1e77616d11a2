"""Hibernation images that wait on a disk: whoever writes to such a disk destroys what sleeps there."""

import os
from collections.abc import Iterable

from kjtui.backend.probe.source import Source
from kjtui.model.facts import BlockDevice

RESUME = "/sys/power/resume"  # "major:minor" of the device that the kernel would resume from
# The last ten bytes of a swap area's first page (kernel/power/swap.c, and blkid's list of them).
SIGNATURE_AT = 4086
SIGNATURES = (b"S1SUSPEND", b"S2SUSPEND", b"ULSUSPEND", b"LINHIB0001")
_NONE = "0:0"
_KINDS = ("swap", "swsuspend")


def read(source: Source, devices: Iterable[BlockDevice]) -> tuple[str, ...] | None:
    """Names of the devices that hold an image; None where one could not be looked at and none was found.

    Only a device that is swap, or that the kernel would resume from, and that nobody uses is opened; where
    that is not permitted, what udev saw counts.
    """
    resume = source.text(RESUME, optional=True) or _NONE
    found, unseen = [], False
    for one in devices:
        if one.swap or one.mounted_at:
            continue
        named = resume != _NONE and source.text(f"/sys/class/block/{one.name}/dev", optional=True) == resume
        if not named and one.content not in _KINDS:
            continue
        signature = _signature(source, one.name)
        if signature is None and not one.content:
            unseen = True
            source.note(f"/dev/{one.name}", "it could not be read, and udev does not tell what it holds")
        holds = one.content == "swsuspend" if signature is None else signature.startswith(SIGNATURES)
        if holds:
            found.append(one.name)
    return None if unseen and not found else tuple(found)


def _signature(source: Source, name: str) -> bytes | None:
    # The kernel writes a slash in a device's name as an exclamation mark.
    try:
        file = os.open(
            source.place(f"/dev/{name.replace('!', '/')}"), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
        )
    except (OSError, ValueError):
        return None
    try:
        return os.pread(file, 10, SIGNATURE_AT)
    except OSError:
        return None
    finally:
        os.close(file)
