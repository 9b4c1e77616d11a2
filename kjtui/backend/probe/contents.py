"""What is on partitions and disks, as their own first bytes say. Nothing is written.

udev's database says it, too, but not everywhere; and what nobody knows anything of would be overwritten.
"""

import os
import struct
from collections.abc import Sequence

from kjtui.imagefile import pointer
from kjtui.model.facts import BlockDevice
from kjtui.model.saved import FileSpace

EXT = ("ext2", "ext3", "ext4")
_HEAD = 68 << 10  # bytes that are looked at
_LEAST = 64 << 20  # bytes; smaller ones are no place, and a drive without a disk in it takes its time
_AT, _SIZE = 1024, 1024  # of the superblock of ext4: struct ext4_super_block in fs/ext4/ext4.h
_MAGIC = 0xEF53
_VALID, _ERRORS = 1, 2  # s_state
_MOUNTED, _WRITTEN = (0x2C, 0x275), (0x30, 0x274)  # s_mtime, s_wtime: where, and where their high bytes
_RECOVER, _64BIT = 0x4, 0x80  # s_feature_incompat
_JOURNAL, _EXTENTS = 0x4, 0x40  # s_feature_compat, s_feature_incompat
# Byte, mark, what it is: as libblkid has them (util-linux, libblkid/src/superblocks).
_MARKS = (
    (4086, b"SWAPSPACE2", "swap"),
    (0, b"XFSB", "xfs"),
    (65600, b"_BHRfS_M", "btrfs"),
    (1024, b"\x10\x20\xf5\xf2", "f2fs"),
    (0, b"LUKS\xba\xbe", "crypto_LUKS"),
    (536, b"LVM2 001", "LVM2_member"),
    (24, b"LVM2 001", "LVM2_member"),
    (4096, b"\xfc\x4e\x2b\xa9", "linux_raid_member"),
    (0, b"\xfc\x4e\x2b\xa9", "linux_raid_member"),
    (54, b"FAT1", "vfat"),
    (82, b"FAT32", "vfat"),
    (3, b"NTFS    ", "ntfs"),
    (3, b"EXFAT   ", "exfat"),
    (3, b"-FVE-FS-", "BitLocker"),
    (32769, b"CD001", "iso9660"),
    (0, b"hsqs", "squashfs"),
    (32, b"NXSB", "apfs"),
    (512, b"EFI PART", "a table of partitions"),
)


def spaces(devices: Sequence[BlockDevice], root: str = "/") -> tuple[FileSpace, ...]:
    """Of each partition and disk that nothing is known of or that holds ext4."""
    found = []
    for one in devices:
        is_place = one.kind in ("part", "disk") and one.size >= _LEAST and not one.mounted_at
        if not is_place or one.content not in ("", *EXT):
            continue
        try:
            with open(os.path.join(root, "dev", one.name), "rb", buffering=0) as device:
                data = device.read(_HEAD)
        except OSError as error:
            found.append(FileSpace(one.name, "", 0, f"it cannot be read ({error.strerror})"))
            continue
        if space := read(one.name, data):
            found.append(space)
    return tuple(found)


def read(name: str, data: bytes) -> FileSpace | None:
    """What the first bytes of a device say; None where they are of no known kind."""
    if len(data) >= _AT + _SIZE and _number(data[_AT:], "<H", 0x38) == _MAGIC:
        return _ext(name, data)
    kind = next((kind for at, mark, kind in _MARKS if data[at : at + len(mark)] == mark), "")
    return FileSpace(name, kind, 0) if kind else None


def written_last(data: bytes) -> int:
    """When a file system says that it was written last or mounted, in seconds since 1970; 0 where none does.

    data: from its beginning. Of those that kjtui knows only the ext family has it in its head.
    """
    if len(data) < _AT + _SIZE or _number(data[_AT:], "<H", 0x38) != _MAGIC:
        return 0
    block = data[_AT : _AT + _SIZE]
    mounted, written = (
        _number(block, "<I", low) | _number(block, "<B", high) << 32 for low, high in (_MOUNTED, _WRITTEN)
    )
    return max(mounted, written)


def _ext(name: str, data: bytes) -> FileSpace:
    """A file system of the ext family."""
    block = data[_AT : _AT + _SIZE]
    state, features = _number(block, "<H", 0x3A), _number(block, "<I", 0x60)
    journal = _number(block, "<I", 0x5C) & _JOURNAL
    kind = "ext4" if features & _EXTENTS else "ext3" if journal else "ext2"
    boot = data[: pointer.SECTOR]
    if kind != "ext4":
        why = f"it holds {kind}; kjtui puts a file on ext4 only"
    elif features & _RECOVER or not state & _VALID:
        why = "its file system was not unmounted: a system may sleep on it; else mount and unmount it"
    elif state & _ERRORS:
        why = f"its file system has errors; e2fsck -f /dev/{name} mends them"
    elif any(boot) and not pointer.points(boot):
        why = "a boot loader is in its first sector, where kjtui notes what is in a file"
    else:
        why = ""
    return FileSpace(name, kind, _free(block), why)


def _free(block: bytes) -> int:
    """Bytes that anybody but root can have, too."""
    wide = bool(_number(block, "<I", 0x60) & _64BIT)
    free, kept = _number(block, "<I", 0x0C), _number(block, "<I", 0x08)
    if wide:
        free |= _number(block, "<I", 0x158) << 32
        kept |= _number(block, "<I", 0x154) << 32
    return max(free - kept, 0) * (1024 << min(_number(block, "<I", 0x18), 6))


def _number(block: bytes, form: str, at: int) -> int:
    return int(struct.unpack_from(form, block, at)[0])
