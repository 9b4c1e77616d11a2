"""Unified kernel images: a kernel, its initramfs and its command line as sections of one PE file.

Described in the UAPI group's "Unified Kernel Image" specification; the file's form in Microsoft's "PE
Format": an MZ stub whose four bytes at 0x3c tell where the COFF header lies, which is followed by an optional
header and by 40 bytes for each section.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass

from kjtui.errors import KjtuiError

HEAD = 4 << 10  # bytes of a file in which the table of sections is looked for
X86_64 = 0x8664  # IMAGE_FILE_MACHINE_AMD64
_MOST_SECTIONS = 96  # what Windows takes; unified kernel images have about ten
_MOST_TEXT = 64 << 10
_HINT = "Choose another kernel file, or make this image again (ukify, dracut --uefi, mkinitcpio)."


@dataclass(frozen=True)
class Section:
    """Where a section's content lies in the file: size bytes from offset on."""

    offset: int
    size: int


def sections(head: bytes, size: int) -> Mapping[str, Section]:
    """The sections of a PE file by name (".linux", ".initrd", ".cmdline", ".uname", ".osrel" …).

    head: its first HEAD bytes; size: that of the whole file. A name that comes twice counts once, the first.
    Raises KjtuiError for a file of another form and for a section that is not within the file.
    """
    if len(head) < 0x40 or head[:2] != b"MZ":
        raise KjtuiError("This file is not a unified kernel image", "It does not begin with MZ.", _HINT)
    (start,) = struct.unpack_from("<I", head, 0x3C)
    if start < 0x40 or start + 24 > len(head) or head[start : start + 4] != b"PE\0\0":
        raise KjtuiError(
            "This file is not a unified kernel image", f"There is no PE header at {start:#x}.", _HINT
        )
    number, optional = (
        struct.unpack_from("<H", head, start + 6)[0],
        struct.unpack_from("<H", head, start + 20)[0],
    )
    table = start + 24 + optional
    if number > _MOST_SECTIONS or table + 40 * number > len(head):
        raise KjtuiError(
            "This unified kernel image is damaged",
            f"Its table of {number} sections at {table:#x} does not fit into its head.",
            _HINT,
        )
    found: dict[str, Section] = {}
    for at in range(table, table + 40 * number, 40):
        name = head[at : at + 8].rstrip(b"\0").decode("ascii", "backslashreplace")
        virtual, _address, stored, offset = struct.unpack_from("<IIII", head, at + 8)
        # What is stored is padded to whole file blocks; the virtual size tells where the content ends.
        length = min(virtual, stored) if virtual else stored
        if length and offset + length > size:
            raise KjtuiError(
                "This unified kernel image is cut off",
                f"Its section {name} ends at byte {offset + length}; the file has {size}.",
                _HINT,
            )
        found.setdefault(name, Section(offset, length))
    return found


def is_unified(head: bytes, size: int) -> bool:
    """Whether this is a PE file with a kernel as one of its sections. Plain kernels have none so named."""
    try:
        return ".linux" in sections(head, size)
    except KjtuiError:
        return False


def kernel(data: bytes) -> bytes:
    """The kernel within a whole unified image, the same bytes for any other file. Raises KjtuiError."""
    if not is_unified(data[:HEAD], len(data)):
        return data
    (machine,) = struct.unpack_from("<H", data, struct.unpack_from("<I", data, 0x3C)[0] + 4)
    if machine != X86_64:
        raise KjtuiError(
            "This is a unified kernel image for another kind of processor",
            f"Its header names machine {machine:#x}; that of 64-bit Intel and AMD processors is {X86_64:#x}.",
            _HINT,
        )
    place = sections(data[:HEAD], len(data))[".linux"]
    return data[place.offset : place.offset + place.size]


def text(data: bytes) -> str:
    """A section like .uname or .cmdline as text: up to the first zero byte, without white space around it."""
    return data[:_MOST_TEXT].split(b"\0")[0].decode("utf-8", "backslashreplace").strip()
