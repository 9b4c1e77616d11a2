"""Where on its device a file lies: the ioctl FS_IOC_FIEMAP (Documentation/filesystems/fiemap.rst)."""

import fcntl
import struct

from kjtui.errors import KjtuiError
from kjtui.imagefile.pointer import Extent

_FIEMAP = 0xC020660B  # include/uapi/linux/fs.h
_HEAD = struct.Struct("<2Q4I")  # struct fiemap
_ONE = struct.Struct("<3Q16xI12x")  # struct fiemap_extent
_SYNC, _LAST = 1, 1
# Unknown, not yet allocated, encoded, encrypted, not aligned, inside of other data: not to be had by blocks.
_UNFIT = 0x2 | 0x4 | 0x8 | 0x80 | 0x100 | 0x200 | 0x400
_AT_ONCE = 256
_ALL = (1 << 64) - 1


def of_file(file: int) -> tuple[Extent, ...]:
    """The parts of an open file, in order; neighbours are joined.

    Raises OSError, and KjtuiError where its file system does not keep it in blocks of its own.
    """
    found: list[Extent] = []
    at, last = 0, False
    while not last:
        buffer = bytearray(_HEAD.size + _AT_ONCE * _ONE.size)
        _HEAD.pack_into(buffer, 0, at, _ALL - at, _SYNC, 0, _AT_ONCE, 0)
        fcntl.ioctl(file, _FIEMAP, buffer, True)
        count = _HEAD.unpack_from(buffer)[3]
        if not count:
            break
        for number in range(count):
            offset, place, size, flags = _ONE.unpack_from(buffer, _HEAD.size + number * _ONE.size)
            if flags & _UNFIT:
                raise KjtuiError(
                    "The file for the image cannot be found by its blocks",
                    f"Its file system keeps it in another way (flags {flags:#x}).",
                    "Take another place.",
                )
            before = found[-1] if found else None
            if before and before.offset + before.size == offset and before.place + before.size == place:
                found[-1] = Extent(before.offset, before.place, before.size + size)
            else:
                found.append(Extent(offset, place, size))
            at, last = offset + size, bool(flags & _LAST)
    return tuple(found)
