"""What a kernel module says of itself: the .modinfo section of a .ko file (include/linux/moduleparam.h)."""

import struct
from dataclasses import dataclass

_HEADER = 64  # bytes of an ELF64 file header and of a section header
_SECTION = struct.Struct("<IIQQQQIIQQ")
_NO_BITS = 8  # SHT_NOBITS: the section has no bytes in the file
_MOST = 4096  # sections of one module that are looked at


@dataclass(frozen=True)
class ModInfo:
    """What one module says.

    firmware: names below the firmware folder. depends: names of modules, as written. softdep: lines such as
    "pre: a b post: c". vermagic: "6.12.9-amd64 SMP preempt mod_unload modversions", "" if it says none.
    """

    name: str = ""
    vermagic: str = ""
    firmware: tuple[str, ...] = ()
    depends: tuple[str, ...] = ()
    softdep: tuple[str, ...] = ()
    alias: tuple[str, ...] = ()

    @property
    def release(self) -> str:
        """The kernel that it was built for."""
        return self.vermagic.partition(" ")[0]


def parse(data: bytes) -> ModInfo:
    """Read an uncompressed .ko (64-bit, little-endian); nothing for a broken file or for what is none."""
    found: dict[str, list[str]] = {}
    for word in section(data, b".modinfo").split(b"\0"):
        key, equals, value = word.decode("utf-8", "replace").partition("=")
        if equals and value:
            found.setdefault(key, []).append(value)

    def first(key: str) -> str:
        return found.get(key, [""])[0]

    return ModInfo(
        name=first("name"),
        vermagic=first("vermagic"),
        firmware=tuple(dict.fromkeys(found.get("firmware", ()))),
        depends=tuple(name for line in found.get("depends", ()) for name in line.split(",") if name),
        softdep=tuple(found.get("softdep", ())),
        alias=tuple(found.get("alias", ())),
    )


def section(data: bytes, name: bytes) -> bytes:
    """The bytes of an ELF64 file's section, b"" if it has none (elf(5))."""
    if data[:6] != b"\x7fELF\x02\x01" or len(data) < _HEADER:
        return b""
    (table,) = struct.unpack_from("<Q", data, 40)
    size, count, names_at = struct.unpack_from("<HHH", data, 58)
    if size != _SECTION.size:
        return b""
    heads = []
    for index in range(min(count, _MOST)):
        at = table + index * size
        if at + size > len(data):
            break
        heads.append(_SECTION.unpack_from(data, at))
    if names_at >= len(heads):
        return b""
    names = _content(data, heads[names_at])
    for head in heads:
        start = head[0]
        if start < len(names) and names[start : start + len(name) + 1] == name + b"\0":
            return _content(data, head)
    return b""


def _content(data: bytes, head: tuple[int, ...]) -> bytes:
    kind, start, length = head[1], head[4], head[5]
    return b"" if kind == _NO_BITS or start > len(data) else data[start : start + length]
