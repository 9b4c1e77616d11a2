"""Keeping kernel B's hands off A's disks.

Every disk is set read-only before anything else runs, with all that stands on it, and again whenever one
appears: the kernel then refuses each write (EPERM, EROFS). What A does not use can be opened for writing by
the person, after a yes; what it does use cannot.
"""

import contextlib
import fcntl
import os
import struct
from collections.abc import Sequence

from kjtui.backend import wholedisks
from kjtui.model.visit import Disk
from kjtui.model.word import KeptDisk

BLKROSET, BLKROGET = 0x125D, 0x125E  # include/uapi/linux/fs.h
_FOLDER = "/sys/class/block"
_MEMORY = ("ram", "zram")  # B's own memory; nothing of A's can be in it


class Guard:
    """Sets disks read-only and keeps account of them. used: the disks of kernel A.

    hold: open those for this process alone, too. Then nobody can mount them or put them together with others
    (LVM, LUKS, RAID), not even to read: what stands on a read-only disk would be written through, for the
    kernel only warns of that (bio_check_ro in block/blk-core.c).
    """

    def __init__(self, used: Sequence[Disk], hold: bool = False) -> None:
        self._used = used
        self._hold = hold
        self._held: dict[str, int] = {}
        self._open: set[str] = set()  # disks that the person has opened for writing
        self._image: set[str] = set()  # where an image is written: a partition, and the disk that it is on
        self._locked: set[str] = set()  # devices that were seen to be read-only

    def lock(self) -> bool:
        """Set every block device read-only that is not opened; whether there was a new one."""
        names = [
            name
            for name in os.listdir(_FOLDER)
            if not name.startswith(_MEMORY) and not wholedisks.is_hidden(name, _FOLDER)
        ]
        new = [
            name
            for name in names
            if name not in self._locked and name not in self._image and _whole(name) not in self._open
        ]
        for name in sorted(new):
            if set_read_only(name, True):
                self._locked.add(name)
        self._locked &= set(names)
        if self._hold and new:
            self._take_hold()
        return bool(new)

    def _take_hold(self) -> None:
        for disk in self.report():
            if disk.seen_as and disk.seen_as not in self._held:
                with contextlib.suppress(OSError):  # somebody has it already, read-only
                    flags = os.O_RDONLY | os.O_EXCL | os.O_NONBLOCK | os.O_CLOEXEC
                    self._held[disk.seen_as] = os.open(_node(disk.seen_as), flags)

    def report(self) -> tuple[KeptDisk, ...]:
        """A's disks, as they are here."""
        here = wholedisks.disks()
        found = []
        for disk in self._used:
            twins = [one for one in here if same_disk(disk, one)]
            found += [KeptDisk(disk.name, one.name, self._is_kept(one.name), disk.why) for one in twins]
            if not twins:
                found.append(KeptDisk(disk.name, "", True, disk.why))
        return tuple(found)

    def _is_kept(self, disk: str) -> bool:
        """Whether what A has on a disk cannot be written to; where an image goes to it, all else on it."""
        if disk not in self._image:
            return is_read_only(disk)
        parts = [part for part in os.listdir(f"{_FOLDER}/{disk}") if part.startswith(disk)]
        return all(is_read_only(part) for part in parts if part not in self._image)

    def others(self) -> tuple[str, ...]:
        """Disks here that A does not use."""
        here = wholedisks.disks()
        return tuple(one.name for one in here if not any(same_disk(disk, one) for disk in self._used))

    def open(self, name: str) -> bool:
        """Allow writing to a disk that A does not use; whether that was done."""
        if name not in self.others():
            return False
        self._open.add(name)
        parts = [part for part in os.listdir(f"{_FOLDER}/{name}") if part.startswith(name)]
        self._locked -= {name, *parts}
        done = [set_read_only(part, False) for part in (name, *parts)]
        return all(done)

    def open_for_image(self, disk: str, part: str) -> bool:
        """Allow writing to a partition (or to a disk without any); whether that was done.

        A partition can be written to only where its disk can (bdev_read_only in include/linux/blkdev.h). All
        others on it stay read-only, one by one, and the disk itself is in nobody's hands here but ours.
        """
        self._image = {disk, part}
        self._locked -= self._image
        done = [set_read_only(name, False) for name in (disk, part)]
        return all(done)

    def failure(self) -> str:
        """The name of a disk of A's that could not be set read-only, "" if there is none."""
        return next((one.seen_as for one in self.report() if one.seen_as and not one.read_only), "")


def same_disk(known: Disk, seen: Disk) -> bool:
    """Whether a disk here may be that of A's: by serial number and size, else by its geometry."""
    if known.size != seen.size:
        return False
    for mine, other in ((known.wwid, seen.wwid), (known.serial, seen.serial)):
        if mine and other:
            return mine == other
    return known.block == seen.block and (
        known.partitions == seen.partitions or not known.partitions or not seen.partitions
    )


def set_read_only(name: str, locked: bool) -> bool:
    """Set or clear a block device's read-only flag; whether it is as wanted now."""
    try:
        file = os.open(_node(name), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.ioctl(file, BLKROSET, struct.pack("i", int(locked)))
        return is_read_only(name) == locked
    except OSError:
        return False
    finally:
        os.close(file)


def is_read_only(name: str) -> bool:
    """Whether the kernel refuses writes to a block device."""
    try:
        with open(f"{_FOLDER}/{name}/ro", encoding="ascii") as file:
            return file.read().strip() == "1"
    except OSError:
        return False


def _node(name: str) -> str:
    """The device file. In sysfs a slash in a device's name is an exclamation mark."""
    return "/dev/" + name.replace("!", "/")


def _whole(name: str) -> str:
    """The disk that a partition is on; a disk itself."""
    path = os.path.realpath(f"{_FOLDER}/{name}")
    return os.path.basename(os.path.dirname(path)) if os.path.exists(f"{path}/partition") else name
