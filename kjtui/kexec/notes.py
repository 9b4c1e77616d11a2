"""Notes of an ELF file, one after the other (Elf64_Nhdr, elf(5))."""

import struct

VMCOREINFO = b"VMCOREINFO"  # what a kernel tells of itself (kernel/vmcore_info.c)
_HEAD = struct.Struct("<III")


def found(notes: bytes, name: bytes = VMCOREINFO, kind: int | None = None) -> bytes:
    """What is in the note of that name and type, b"" if there is none. kind: None for any.

    Names and contents are padded to four bytes.
    """
    at = 0
    while at + _HEAD.size <= len(notes):
        name_size, size, its_kind = _HEAD.unpack_from(notes, at)
        start = at + _HEAD.size + _padded(name_size)
        named = notes[at + _HEAD.size :][:name_size].rstrip(b"\0") == name
        if named and kind in (None, its_kind):
            return notes[start : start + size]
        at = start + _padded(size)
    return b""


def note(content: bytes, name: bytes = VMCOREINFO) -> bytes:
    """The inverse of found()."""
    head = _HEAD.pack(len(name) + 1, len(content), 0)
    return head + name.ljust(_padded(len(name) + 1), b"\0") + content.ljust(_padded(len(content)), b"\0")


def _padded(size: int) -> int:
    return -(-size // 4) * 4
