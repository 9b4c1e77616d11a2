"""The configuration that a kernel may carry in itself (CONFIG_IKCONFIG).

It lies gzip-packed between two marks (kernel/configs.c) in the kernel proper, which is packed itself in the
bzImage's payload (payload_offset and payload_length in Documentation/arch/x86/boot.rst). Unpacking takes
a second or so, and more for xz: only for a kernel that somebody has chosen.
"""

import bz2
import lzma
import struct
import zlib

from kjtui.kexec.bzimage import SECTOR

_START, _END = b"IKCFG_ST", b"IKCFG_ED"
_MOST = 512 << 20  # bytes of an unpacked kernel; those of distributions have 40 to 120 MiB
_MOST_CONFIG = 4 << 20
_CHUNK = 64 << 10
_GZIP, _XZ, _ZSTD, _BZIP2 = b"\x1f\x8b\x08", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd", b"BZh"
_LZMA = b"\x5d\0\0"


def embedded(data: bytes) -> str | None:
    """The configuration in a whole bzImage; None where it carries none, or is packed in a way not known here
    (lz4, lzo), or is damaged.
    """
    try:
        kernel = _kernel(data)
    except (OSError, EOFError, ValueError, lzma.LZMAError, zlib.error):
        return None
    start = kernel.find(_START) + len(_START)
    end = kernel.find(_END, start)
    if start < len(_START) or end < 0:
        return None
    try:
        raw = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(kernel[start:end], _MOST_CONFIG)
    except zlib.error:
        return None
    return raw.decode("ascii", "backslashreplace")


def _kernel(data: bytes) -> bytes:
    """The kernel proper (vmlinux). Raises ValueError and what the unpackers raise."""
    if len(data) < 0x250 or data[0x202:0x206] != b"HdrS":
        raise ValueError
    offset, length = struct.unpack_from("<II", data, 0x248)
    start = ((data[0x1F1] or 4) + 1) * SECTOR + offset
    packed = data[start : start + length]
    # Behind what is packed come four bytes with the unpacked size, which the unpackers leave alone.
    if packed.startswith(_GZIP):
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(packed, _MOST)
    if packed.startswith(_XZ):
        return lzma.LZMADecompressor(lzma.FORMAT_XZ).decompress(packed, _MOST)
    if packed.startswith(_LZMA):
        return lzma.LZMADecompressor(lzma.FORMAT_ALONE).decompress(packed, _MOST)
    if packed.startswith(_BZIP2):
        return bz2.BZ2Decompressor().decompress(packed, _MOST)
    if packed.startswith(_ZSTD):
        return _zstd(packed)
    raise ValueError


def _zstd(packed: bytes) -> bytes:
    import zstandard

    unpacker = zstandard.ZstdDecompressor().decompressobj()
    pieces, size = [], 0
    try:
        for at in range(0, len(packed), _CHUNK):
            pieces.append(unpacker.decompress(packed[at : at + _CHUNK]))
            size += len(pieces[-1])
            if unpacker.eof or size > _MOST:
                break
    except zstandard.ZstdError as error:
        raise ValueError from error
    return b"".join(pieces)
