"""Where the image is that lies in a file: told by the file system's first sector, and by a map in the file.

ext2, ext3 and ext4 leave the first 1024 bytes of their device to boot loaders (fs/ext4/ext4.h). There stands
where the map begins; the map says where on the device each part of the file is. So an image in a file is
found, read and marked as used up without anything being mounted.
"""

import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from kjtui.errors import KjtuiError
from kjtui.imagefile.header import BLOCK, damaged

SECTOR = 512
MAP_AT = BLOCK  # offset of the map in the file, behind the head
MAP_END = 1 << 20  # where the pieces begin
MARK = b"kjtui image file"
_MAP_MARK = b"kjtui's file map"
# Of both: mark, version, entries (0 in the pointer), where the map is, its size.
_NUMBERS = struct.Struct("<16sIIQQ")
_EXTENT = struct.Struct("<3Q")
_VERSION = 1
_DIGEST = 32


@dataclass(frozen=True)
class Extent:
    """A part of a file: size bytes that begin at `offset` in the file and at `place` on the device."""

    offset: int
    place: int
    size: int


def points(first: bytes) -> bool:
    """Whether a device's first sector says that there is an image in a file."""
    return first[: len(MARK)] == MARK


def encode(extents: Sequence[Extent]) -> tuple[bytes, bytes]:
    """The first sector, and the map, a whole number of blocks. Raises KjtuiError where it cannot be told."""
    entries = b"".join(_EXTENT.pack(one.offset, one.place, one.size) for one in extents)
    size = -(-(_NUMBERS.size + len(entries) + _DIGEST) // BLOCK) * BLOCK
    if not extents or extents[0].offset or extents[0].size < MAP_AT + size or MAP_AT + size > MAP_END:
        raise KjtuiError(
            "The file for the image lies in too many pieces",
            f"Its file system has no free space in one piece; the file has {len(extents)} pieces.",
            "Take another place.",
        )
    place = extents[0].place + MAP_AT
    head = _NUMBERS.pack(_MAP_MARK, _VERSION, len(extents), place, size)
    table = (head + entries).ljust(size - _DIGEST, b"\0")
    sector = _NUMBERS.pack(MARK, _VERSION, 0, place, size).ljust(SECTOR - _DIGEST, b"\0")
    return sector + _digest(sector), table + _digest(table)


def decode(first: bytes) -> tuple[int, int]:
    """Where the map is on the device, and its bytes. Raises KjtuiError."""
    sector = first[:SECTOR]
    mark, version, _, place, size = _NUMBERS.unpack_from(sector.ljust(SECTOR, b"\0"))
    whole = _digest(sector[: SECTOR - _DIGEST]) == sector[SECTOR - _DIGEST :]
    fits = place % BLOCK == 0 and 0 < size <= MAP_END - MAP_AT and size % BLOCK == 0
    if mark != MARK or not whole or version != _VERSION or not fits:
        raise damaged("what should say where it is cannot be read")
    return place, size


def decode_map(table: bytes, place: int, device: int) -> tuple[Extent, ...]:
    """The file's parts, in order and without a gap. place: where this was read; device: its bytes.

    Raises KjtuiError.
    """
    if len(table) < BLOCK or _digest(table[:-_DIGEST]) != table[-_DIGEST:]:
        raise damaged("the map of its file is not there any more: the file was removed or moved")
    mark, version, count, where, _ = _NUMBERS.unpack_from(table)
    if mark != _MAP_MARK or version != _VERSION or where != place:
        raise damaged("the map of its file is another's")
    if _NUMBERS.size + count * _EXTENT.size > len(table) - _DIGEST:
        raise damaged("the map of its file is cut off")
    extents = tuple(
        Extent(*_EXTENT.unpack_from(table, _NUMBERS.size + number * _EXTENT.size)) for number in range(count)
    )
    at = 0
    for one in extents:
        aligned = one.offset % BLOCK == 0 and one.place % BLOCK == 0 and one.size % BLOCK == 0
        if one.offset != at or not aligned or not one.size or one.place + one.size > device:
            raise damaged("the map of its file names places that do not exist")
        at += one.size
    return extents


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=_DIGEST, person=b"kjtui pointer").digest()
