"""Whole disks as sysfs shows them, described alike in kernel A and kernel B.

Kernel B's agent reads this in at its start, so that it leans on nothing else.
"""

import os

from kjtui.model.visit import Disk

_FOLDER = "sys/class/block"
_SECTOR = 512  # the unit of size and start, whatever the device's own sectors are
_MADE_UP = ("loop", "ram", "zram", "dm-", "md", "nbd", "sr", "fd")


def disks(root: str = "/") -> tuple[Disk, ...]:
    """Every disk that is attached to this machine, whatever uses it; by name. Raises OSError."""
    folder = os.path.join(root, _FOLDER)
    return tuple(describe(name, root) for name in sorted(os.listdir(folder)) if _is_whole(folder, name))


def describe(name: str, root: str = "/") -> Disk:
    """A disk by its name, e.g. "sda". What cannot be read counts as not there."""
    here = os.path.join(root, _FOLDER, name)
    return Disk(
        name=name,
        size=_number(f"{here}/size") * _SECTOR,
        block=_number(f"{here}/queue/logical_block_size") or _SECTOR,
        serial=_text(f"{here}/serial") or _text(f"{here}/device/serial") or _page_80(here),
        wwid=_text(f"{here}/wwid") or _text(f"{here}/device/wwid"),
        model=_text(f"{here}/device/model"),
        partitions=_partitions(here, name),
    )


def _is_whole(folder: str, name: str) -> bool:
    if name.startswith(_MADE_UP) or os.path.exists(f"{folder}/{name}/partition"):
        return False
    if is_hidden(name, folder):
        return False
    return _number(f"{folder}/{name}/size") > 0


def is_hidden(name: str, folder: str) -> bool:
    """Whether it is one of several ways to a disk, with no device file of its own (NVMe's multipath)."""
    return _text(f"{folder}/{name}/hidden") == "1"


def _partitions(here: str, name: str) -> tuple[tuple[int, int], ...]:
    try:
        parts = [part for part in os.listdir(here) if part.startswith(name)]
    except OSError:
        return ()
    found = [
        (number, _number(f"{here}/{part}/start") * _SECTOR, _number(f"{here}/{part}/size") * _SECTOR)
        for part in parts
        if (number := _number(f"{here}/{part}/partition"))
    ]
    return tuple((start, size) for _, start, size in sorted(found))


def _number(path: str) -> int:
    text = _text(path)
    return int(text) if text.isdigit() else 0


def _page_80(here: str) -> str:
    """A SCSI disk's serial number: its page begins with four bytes of another kind (SPC-4, 7.8.19)."""
    return _printable(_content(f"{here}/device/vpd_pg80")[4:])


def _text(path: str) -> str:
    return _printable(_content(path))


def _content(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(4096)
    except OSError:
        return b""


def _printable(data: bytes) -> str:
    return "".join(chr(byte) for byte in data if 0x20 <= byte <= 0x7E).strip()
