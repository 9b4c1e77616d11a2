"""Where on a disk a sector of a stacked device lies (LVM, LUKS): by the device mapper's own tables.

See Documentation/admin-guide/device-mapper and include/uapi/linux/dm-ioctl.h.
"""

import fcntl
import os
import struct
from collections.abc import Callable, Sequence
from typing import NamedTuple

from kjtui.backend.probe.source import Source

_CONTROL = "/dev/mapper/control"
_TABLE_STATUS = 0xC138FD0C  # DM_TABLE_STATUS
_AS_TABLE = 1 << 4  # DM_STATUS_TABLE_FLAG: what was loaded, rather than how it is
_HEAD = struct.Struct("<3I6iIQ128s129s7x")
_SPEC = struct.Struct("<2QiI16s")
_ROOM = 64 << 10
SECTOR = 512
_DEEPEST = 8


class Spot(NamedTuple):
    """A place on a disk: the byte, and how many from there on lie in one piece."""

    disk: str
    offset: int
    room: int


class Target(NamedTuple):
    """A line of a table: sectors [start, start + length) and what they are. words: the target's own."""

    start: int
    length: int
    kind: str
    words: tuple[str, ...]


Table = Callable[[str], Sequence[Target]]
"""The table of a device by its number, "253:0". Raises OSError."""


def parse(data: bytes, first: int, count: int) -> list[Target]:
    """The targets in an answer; first: where they begin. Raises struct.error and ValueError."""
    found = []
    at = first
    for _ in range(count):
        start, length, _status, following, kind = _SPEC.unpack_from(data, at)
        words = data[at + _SPEC.size :].split(b"\0", 1)[0].decode("utf-8", "replace").split()
        found.append(Target(start, length, kind.rstrip(b"\0").decode("ascii", "replace"), tuple(words)))
        at = first + following
    return found


def table(number: str) -> Sequence[Target]:
    """A device's table, from the kernel. A key in it is not kept. Raises OSError."""
    major, minor = (int(part) for part in number.split(":"))
    device = (minor & 0xFF) | (major << 8) | ((minor & ~0xFF) << 12)
    asked = _HEAD.pack(4, 0, 0, _ROOM, _HEAD.size, 0, 0, _AS_TABLE, 0, 0, device, b"", b"")
    buffer = bytearray(asked.ljust(_ROOM, b"\0"))
    control = os.open(_CONTROL, os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.ioctl(control, _TABLE_STATUS, buffer)
    finally:
        os.close(control)
    told = _HEAD.unpack_from(buffer)
    try:
        return parse(bytes(buffer), told[4], told[5])
    except (struct.error, ValueError):
        raise OSError(22, "the device mapper's answer is not understood") from None


def below(target: Target, sector: int) -> tuple[str, int] | None:
    """The device that a sector lies on, and which sector it is there; None where that is not one place."""
    inside = sector - target.start
    try:
        if target.kind == "linear":  # <device> <offset>
            return target.words[0], int(target.words[1]) + inside
        if target.kind == "crypt":  # <cipher> <key> <offset of the initial vector> <device> <offset>
            return target.words[3], int(target.words[4]) + inside
    except (IndexError, ValueError):
        pass
    return None


def place(source: Source, name: str, sector: int = 0, tables: Table = table) -> Spot | None:
    """Where on a disk a sector of a device is, "dm-1" or "sda1" say; None where that cannot be told."""
    number = source.text(f"/sys/class/block/{name}/dev") or ""
    room = ((source.number(f"/sys/class/block/{name}/size", optional=True) or 0) - sector) * SECTOR
    for _ in range(_DEEPEST):
        here = os.path.basename(source.link(f"/sys/dev/block/{number}"))
        if not here:
            return None
        if not here.startswith("dm-"):
            return _on_disk(source, number, here, sector, max(room, 0))
        try:
            targets = tables(number)
        except OSError:
            return None
        target = next((one for one in targets if one.start <= sector < one.start + one.length), None)
        lower = below(target, sector) if target else None
        if target is None or lower is None:
            return None
        room = min(room, (target.start + target.length - sector) * SECTOR)
        number, sector = lower
    return None


def _on_disk(source: Source, number: str, name: str, sector: int, room: int) -> Spot | None:
    start = source.number(f"/sys/class/block/{name}/start", optional=True)
    if start is None:
        return Spot(name, sector * SECTOR, room)
    link = source.link(f"/sys/dev/block/{number}")
    disk = os.path.basename(os.path.dirname(link))
    return Spot(disk, (start + sector) * SECTOR, room) if disk else None
