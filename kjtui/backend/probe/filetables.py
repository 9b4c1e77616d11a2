"""Where FAT and NTFS keep what changes with their use: their first sectors stay as they are.

Not more than that: a boot loader may write into a file that is there (its seed of random numbers on the EFI
system partition), which does no harm to a system that sleeps.
"""

import os
import struct
from typing import NamedTuple

from kjtui.backend.probe.source import Source

NAMES = ("vfat", "msdos", "ntfs", "ntfs3", "fuseblk", "")  # what a device that may have one is said to hold
_BOOT = 512  # bytes
_SIGNATURE_AT, _SIGNATURE = 510, b"\x55\xaa"
_NTFS_AT, _NTFS = 3, b"NTFS    "
_SECTOR_AT, _SECTORS_AT = 0x0B, 0x0D
_TABLE_AT = 0x30  # struct NTFS_BOOT in fs/ntfs3/ntfs.h
_SHIFTED = 0x80  # above: the cluster has 2 to the power of (256 - this) sectors
_LARGEST = 2 << 20  # bytes of a cluster
# struct fat_boot_sector in include/uapi/linux/msdos_fs.h
_RESERVED_AT, _FATS_AT, _SIZE_AT, _SIZE_32_AT = 0x0E, 0x10, 0x16, 0x24
_SECTORS = (512, 1024, 2048, 4096)


class Table(NamedTuple):
    """Bytes of a device. size: 0 where the table has no end that its first sector tells."""

    offset: int
    size: int


def table_of(name: str, source: Source) -> Table | None:
    """That of a block device; None where it holds neither FAT nor NTFS, or cannot be read."""
    try:
        with open(os.path.join(source.root, "dev", name), "rb", buffering=0) as device:
            return table_at(device.read(_BOOT))
    except OSError:
        return None


def table_at(boot: bytes) -> Table | None:
    """The same from its first sector."""
    if len(boot) < _BOOT or boot[_SIGNATURE_AT:_BOOT] != _SIGNATURE:
        return None
    sector = _number("<H", boot, _SECTOR_AT)
    if boot[_NTFS_AT : _NTFS_AT + len(_NTFS)] == _NTFS:
        return _ntfs(boot, sector)
    size = _number("<H", boot, _SIZE_AT) or _number("<I", boot, _SIZE_32_AT)
    reserved = _number("<H", boot, _RESERVED_AT)
    if sector not in _SECTORS or boot[_FATS_AT] not in (1, 2) or not reserved or not size:
        return None
    return Table(0, (reserved + size) * sector)


def _ntfs(boot: bytes, sector: int) -> Table | None:
    sectors = boot[_SECTORS_AT]
    if sectors > _SHIFTED:
        sectors = 1 << min(0x100 - sectors, 31)
    if not 0 < sector * sectors <= _LARGEST:
        return None
    return Table(_number("<Q", boot, _TABLE_AT) * sector * sectors, 0)


def _number(form: str, data: bytes, at: int) -> int:
    return int(struct.unpack_from(form, data, at)[0])
