"""Where on the disks lies what tells that something is used, where no partition says the place."""

from collections.abc import Sequence

from kjtui.backend.probe import filetables
from kjtui.backend.probe.devicemapper import SECTOR, Spot, Table, place, table
from kjtui.backend.probe.source import Source
from kjtui.model.facts import BlockDevice
from kjtui.model.saved import DiskHead

_UNKNOWN = Spot("", 0, 0)


def read(source: Source, devices: Sequence[BlockDevice], tables: Table = table) -> tuple[DiskHead, ...]:
    """Of all that is mounted or swapped to: the beginnings of stacked devices, the tables of FAT and NTFS."""
    found = []
    for one in devices:
        carries_others = any(one.name in other.stands_on for other in devices)
        mapped = one.name.startswith("dm-")
        if carries_others or not (one.mounted_at or one.swap) or not (mapped or one.kind in ("part", "disk")):
            continue
        what = ", ".join(one.mounted_at[:2]) or "swap"
        what = f"{what} ({one.content})" if one.content else what
        if mapped:
            spot = place(source, one.name, tables=tables) or _UNKNOWN
            found.append(DiskHead(spot.disk, spot.offset, what, one.content, spot.room))
        told = filetables.table_of(one.name, source) if one.content in filetables.NAMES else None
        if told is not None:
            spot = place(source, one.name, told.offset // SECTOR, tables) or _UNKNOWN
            room = min(spot.room, told.size or spot.room)
            found.append(DiskHead(spot.disk, spot.offset, what, "", room))
    return tuple(found)
