"""Kernel and initramfs of a simulated machine: the right form and likely sizes, but no code."""

import struct

from kjtui.model.memory import MIB

KERNEL_SIZE = 12 * MIB
INIT_SIZE = 36 * MIB
INITRAMFS_SIZE = 24 * MIB
_SETUP_SECTORS = 4
_SECTOR = 512
_VERSION_AT = 0x300  # offset of the version string in the file


def kernel(release: str) -> bytes:
    """A bzImage that passes for one as distributions build them (boot protocol 2.15, 64-bit, relocatable)."""
    setup = bytearray((_SETUP_SECTORS + 1) * _SECTOR)
    setup[0x1F1] = _SETUP_SECTORS
    struct.pack_into("<I", setup, 0x1F4, KERNEL_SIZE // 16)  # syssize
    setup[0x1FE:0x200] = b"\x55\xaa"
    setup[0x200:0x202] = b"\xeb\x6a"  # a jump over the header, whose end its second byte tells
    setup[0x202:0x206] = b"HdrS"
    struct.pack_into("<H", setup, 0x206, 0x020F)
    struct.pack_into("<H", setup, 0x20E, _VERSION_AT - _SECTOR)
    setup[0x211] = 1  # loadflags: LOADED_HIGH
    struct.pack_into("<I", setup, 0x22C, 0x7FFFFFFF)  # initrd_addr_max
    struct.pack_into("<I", setup, 0x230, 2 * MIB)  # kernel_alignment
    setup[0x234] = 1  # relocatable_kernel
    struct.pack_into("<H", setup, 0x236, 0x3F)  # xloadflags: 64-bit entry, may lie above 4 GiB, …
    struct.pack_into("<I", setup, 0x238, 2047)  # cmdline_size
    struct.pack_into("<Q", setup, 0x258, 16 * MIB)  # pref_address
    struct.pack_into("<I", setup, 0x260, INIT_SIZE)
    version = f"{release} (simulated) #1 SMP".encode("ascii", "replace")[: len(setup) - _VERSION_AT - 1]
    setup[_VERSION_AT : _VERSION_AT + len(version)] = version
    return bytes(setup) + bytes(KERNEL_SIZE)


def initramfs() -> bytes:
    """As many bytes as a packed initramfs has."""
    return bytes(INITRAMFS_SIZE)
