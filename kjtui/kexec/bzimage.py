"""The header of an x86 bzImage (Documentation/arch/x86/boot.rst in the kernel's source)."""

import struct
from dataclasses import dataclass

from kjtui.errors import KjtuiError
from kjtui.kexec import imagekinds
from kjtui.model.facts import KernelHeader

SECTOR = 512
HEADER_START = 0x1F1
XLF_KERNEL_64 = 1 << 0
XLF_CAN_BE_LOADED_ABOVE_4G = 1 << 1
ENTRY_64 = 0x200  # offset of the 64-bit entry point from the load address
OLDEST_PROTOCOL = 0x020C  # the first with xloadflags
LARGEST_INIT_SIZE = 1 << 30
_INIT_SIZE_END = 0x264
_HEADER_ROOM_END = 0x290  # of struct boot_params: what comes behind is no part of the header


@dataclass(frozen=True)
class BzImage:
    """A parsed bzImage. Sizes and addresses in bytes.

    setup_header: bytes 0x1f1 up to the header's own end, to be copied into boot_params.
    payload: the protected-mode kernel, copied to the load address.
    init_size: memory that the kernel needs from its load address on, until it has unpacked itself.
    """

    version: str
    protocol: int
    setup_header: bytes
    payload: bytes
    init_size: int
    alignment: int
    command_line_size: int
    initrd_address_max: int
    loads_above_4g: bool


def _bad(title: str, detail: str) -> KjtuiError:
    return KjtuiError(
        title,
        detail,
        "Choose another kernel file; a bzImage as distributions keep it in /boot/vmlinuz-VERSION is right.",
    )


def check(head: bytes, size: int) -> None:
    """Refuse what the 64-bit boot protocol cannot start. head: its beginning, at least 4 KiB; size: of all.

    Raises KjtuiError with what the file is instead, where that can be told.
    """
    if head[0x1FE:0x200] != b"\x55\xaa" or head[0x202:0x206] != b"HdrS":
        if kind := imagekinds.name(head):
            raise _bad(
                f"This is {kind}", "Kernel B is started from a bzImage for 64-bit Intel and AMD processors."
            )
        raise _bad("This file is not an x86 kernel image (bzImage)", _marks(head))
    if len(head) < 0x268:
        raise _bad("This kernel file is too short", f"It has {size} bytes; a bzImage's header ends at 616.")
    (protocol,) = struct.unpack_from("<H", head, 0x206)
    (xloadflags,) = struct.unpack_from("<H", head, 0x236)
    if protocol < OLDEST_PROTOCOL or not xloadflags & XLF_KERNEL_64:
        raise _bad(
            "This kernel cannot be started in 64-bit mode",
            f"Boot protocol {protocol >> 8}.{protocol & 0xFF:02}, xloadflags {xloadflags:#x}: "
            "2.12 with XLF_KERNEL_64 is needed.",
        )
    if not head[0x234]:
        raise _bad(
            "This kernel cannot be moved in memory", "relocatable_kernel is 0 (CONFIG_RELOCATABLE is off)."
        )
    (syssize,) = struct.unpack_from("<I", head, 0x1F4)
    payload = max(size - _setup_size(head), 0)
    # The last 16 bytes of syssize may be padding that a signed or trimmed file does not have.
    if payload <= ENTRY_64 or payload + 16 < syssize * 16:
        raise _bad(
            "This kernel file is cut off",
            f"Its header promises {syssize * 16} bytes after the setup part; the file has {payload}.",
        )
    alignment, init_size = struct.unpack_from("<I", head, 0x230)[0], struct.unpack_from("<I", head, 0x260)[0]
    if alignment < 4096 or alignment & (alignment - 1) or alignment > LARGEST_INIT_SIZE:
        raise _bad(
            "This kernel's header is damaged",
            f"kernel_alignment {alignment:#x} is not a sensible power of two.",
        )
    if init_size < payload or init_size > LARGEST_INIT_SIZE:
        raise _bad(
            "This kernel's header is damaged",
            f"init_size {init_size} does not fit {payload} bytes of kernel.",
        )
    header_end = 0x202 + head[0x201]
    if not _INIT_SIZE_END <= header_end <= _HEADER_ROOM_END:
        raise _bad(
            "This kernel's header is damaged",
            f"It ends at byte {header_end:#x}, where {_INIT_SIZE_END:#x} to {_HEADER_ROOM_END:#x} can be.",
        )


def parse(data: bytes) -> BzImage:
    """Read and check a whole bzImage. Raises KjtuiError as check() does."""
    check(data, len(data))
    (protocol,) = struct.unpack_from("<H", data, 0x206)
    (xloadflags,) = struct.unpack_from("<H", data, 0x236)
    command_line_size, initrd_max = (
        struct.unpack_from("<I", data, 0x238)[0],
        struct.unpack_from("<I", data, 0x22C)[0],
    )
    return BzImage(
        version=release(data),
        protocol=protocol,
        setup_header=data[HEADER_START : 0x202 + data[0x201]],
        payload=data[_setup_size(data) :],
        init_size=struct.unpack_from("<I", data, 0x260)[0],
        alignment=struct.unpack_from("<I", data, 0x230)[0],
        command_line_size=command_line_size,
        initrd_address_max=initrd_max,
        loads_above_4g=bool(xloadflags & XLF_CAN_BE_LOADED_ABOVE_4G),
    )


def _setup_size(head: bytes) -> int:
    """Bytes of the setup part, which comes before the protected-mode kernel."""
    return ((head[HEADER_START] or 4) + 1) * SECTOR


def _marks(head: bytes) -> str:
    if len(head) < 0x206:
        return f"It has {len(head)} bytes; a bzImage's header ends at 616."
    return (
        f"The boot signature is {head[0x1FE:0x200].hex()} and the header mark {head[0x202:0x206]!r}; "
        "55aa and b'HdrS' are expected."
    )


def release(data: bytes) -> str:
    """The release that a bzImage names, e.g. "6.12.9-amd64"; "" if none, or none that could be shown.

    Its first 64 KiB are enough.
    """
    if len(data) < 0x210 or data[0x202:0x206] != b"HdrS":
        return ""
    (pointer,) = struct.unpack_from("<H", data, 0x20E)
    start = pointer + SECTOR
    end = data.find(b"\0", start, start + 256)
    if not pointer or end < 0:
        return ""
    words = data[start:end].decode("ascii", "replace").split()
    return words[0] if words and words[0].isascii() and words[0].isprintable() else ""


def header(data: bytes) -> KernelHeader | None:
    """What the first 1 KiB of a bzImage say of it, None if it is none. What is newer than it counts as 0."""
    if len(data) < 0x264 or data[0x1FE:0x200] != b"\x55\xaa" or data[0x202:0x206] != b"HdrS":
        return None
    (protocol,) = struct.unpack_from("<H", data, 0x206)
    (flags,) = struct.unpack_from("<H", data, 0x236)
    (init_size,) = struct.unpack_from("<I", data, 0x260)
    return KernelHeader(
        protocol=protocol,
        relocatable=protocol >= 0x205 and bool(data[0x234]),
        entry_64=protocol >= OLDEST_PROTOCOL and bool(flags & XLF_KERNEL_64),
        init_size=init_size if protocol >= 0x20A else 0,
    )
