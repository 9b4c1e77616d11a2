"""What an ELF file asks of the dynamic loader (elf(5)): 64-bit little-endian files only."""

import struct
from dataclasses import dataclass

_PT_LOAD, _PT_DYNAMIC, _PT_INTERP = 1, 2, 3
_DT_NEEDED, _DT_STRTAB, _DT_RPATH, _DT_RUNPATH = 1, 5, 15, 29


@dataclass(frozen=True)
class Needs:
    """What one file needs.

    interpreter: the dynamic loader's path or "". libraries: sonames. paths: RPATH and RUNPATH, with $ORIGIN.
    """

    interpreter: str = ""
    libraries: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()


def needs(data: bytes) -> Needs:
    """What the file needs; nothing for a static file or for what is no 64-bit ELF file, or a broken one."""
    if data[:6] != b"\x7fELF\x02\x01":
        return Needs()
    try:
        return _read(data)
    except (struct.error, ValueError, OverflowError):
        return Needs()


def _read(data: bytes) -> Needs:
    (offset,) = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    programs = [struct.unpack_from("<IIQQQQ", data, offset + i * size) for i in range(count)]
    interpreter = ""
    tags: list[tuple[int, int]] = []
    for kind, _, start, _, _, length in programs:
        if kind == _PT_INTERP:
            interpreter = data[start : start + length].rstrip(b"\0").decode()
        elif kind == _PT_DYNAMIC:
            tags = [
                (tag, value)
                for tag, value in struct.iter_unpack("<QQ", data[start : start + length // 16 * 16])
                if tag
            ]
    loads = [(virtual, start, length) for kind, _, start, virtual, _, length in programs if kind == _PT_LOAD]
    table = next((value for tag, value in tags if tag == _DT_STRTAB), 0)
    at = next((start + table - v for v, start, length in loads if v <= table < v + length), None)
    if at is None:
        return Needs(interpreter)

    def text(index: int) -> str:
        return data[at + index : data.index(b"\0", at + index)].decode()

    paths = [text(value) for tag, value in tags if tag in (_DT_RPATH, _DT_RUNPATH)]
    return Needs(
        interpreter,
        tuple(text(value) for tag, value in tags if tag == _DT_NEEDED),
        tuple(part for path in paths for part in path.split(":") if part),
    )


def loadable(data: bytes) -> bytes:
    """The file without what is never loaded (debuggers' symbols, section headers); no ELF file: as it is."""
    if data[:6] != b"\x7fELF\x02\x01":
        return data
    try:
        (offset,) = struct.unpack_from("<Q", data, 32)
        size, count = struct.unpack_from("<HH", data, 54)
        programs = [struct.unpack_from("<IIQQQQ", data, offset + i * size) for i in range(count)]
    except struct.error:
        return data
    end = max((start + length for _, _, start, _, _, length in programs), default=0)
    if not 64 <= end <= len(data):
        return data
    cut = bytearray(data[:end])
    struct.pack_into("<Q", cut, 40, 0)  # e_shoff
    struct.pack_into("<HHH", cut, 58, 0, 0, 0)  # e_shentsize, e_shnum, e_shstrndx
    return bytes(cut)
