"""Compressed data as the kernel and distributions use it: told by its first bytes, undone up to a limit."""

import bz2
import io
import lzma
import zlib
from dataclasses import dataclass
from enum import StrEnum

import zstandard

from kjtui.errors import KjtuiError

LIMIT = 1 << 30  # unpacked bytes: more than any kernel B has memory for
_WINDOW = 128 << 20  # lib/decompress_unzstd.c in the kernel's source takes no larger one
_LZMA_MEMORY = 256 << 20  # `xz -9` needs 65 MiB
_BLOCK = 1 << 20
_FIRST = 4096
_LEVEL = 12
_CHECKSUM = 1 << 2  # of a zstd frame's descriptor (RFC 8878, 3.1.1.1.1)
_SINGLE_SEGMENT = 1 << 5
_RLE, _RESERVED = 1, 3  # types of a zstd block


class Kind(StrEnum):
    """A compression by its program's name."""

    GZIP = "gzip"
    XZ = "xz"
    ZSTD = "zstd"
    BZIP2 = "bzip2"
    LZMA = "lzma"
    LZ4 = "lz4"
    LZO = "lzo"


# Two bytes tell it, as in lib/decompress.c of the kernel's source; longer where two would be a guess.
_MAGIC = (
    (b"\x1f\x8b", Kind.GZIP),
    (b"BZh", Kind.BZIP2),
    (b"\x5d\0\0", Kind.LZMA),
    (b"\xfd7zXZ\0", Kind.XZ),
    (b"\x89LZO", Kind.LZO),
    (b"\x02\x21\x4c\x18", Kind.LZ4),
    (b"\x28\xb5\x2f\xfd", Kind.ZSTD),
)


@dataclass(frozen=True)
class Stream:
    """One compressed stream undone. used: bytes of the input that it took."""

    data: bytes
    used: int


def kind(data: bytes) -> Kind | None:
    """What the first bytes say; None for data that is not compressed."""
    return next((one for magic, one in _MAGIC if data.startswith(magic)), None)


def unpack(data: bytes, how: Kind, name: str, limit: int = LIMIT) -> bytes:
    """A whole file undone, all streams of it; zero bytes between and behind them are padding.

    name: what people call it, for errors. limit: bytes that may come out. Raises KjtuiError.
    """
    pieces: list[bytes] = []
    end = len(data.rstrip(b"\0")) if how is not Kind.LZMA else len(data)
    at, room = 0, limit
    while at < end or not pieces:
        one = stream(data, how, name, room, at)
        pieces.append(one.data)
        room -= len(one.data)
        at += one.used
        while at < end and not data[at]:
            at += 1
    return b"".join(pieces)


def stream(data: bytes, how: Kind, name: str, limit: int = LIMIT, at: int = 0) -> Stream:
    """The stream that begins at this byte, undone. Raises KjtuiError if it is cut, corrupt or too large."""
    if how in (Kind.LZ4, Kind.LZO):
        program = "lz4 -dc" if how is Kind.LZ4 else "lzop -dc"
        raise KjtuiError(
            f"{name} is compressed with {how}, which kjtui cannot undo",
            f"Its first bytes are {data[at : at + 4].hex()}. Python has no {how}.",
            f"Compress it anew with a method that every kernel knows: {program} FILE | gzip -9 > NEW",
        )
    try:
        if how is Kind.ZSTD:
            return _zstd(data, name, limit, at)
        return _by_library(data, how, name, limit, at)
    except (zlib.error, lzma.LZMAError, zstandard.ZstdError, OSError, ValueError, EOFError) as error:
        raise KjtuiError(
            f"{name} is damaged: it does not unpack",
            f"The {how} data is corrupt ({error}).",
            "Make or copy it anew; the disk or the copy may be at fault.",
        ) from None
    except MemoryError:
        raise _too_large(name, how, limit) from None


def squeeze(data: bytes, level: int = _LEVEL) -> bytes:
    """The data as one zstd frame, with its size and a checksum; the same bytes always give the same.

    level: 1 to 19; higher ones give less and take longer.
    """
    compressor = zstandard.ZstdCompressor(
        level=level, write_checksum=True, write_content_size=True, write_dict_id=False, threads=0
    )
    return compressor.compress(data)


def promised(frame: bytes) -> int:
    """Bytes that come of a zstd frame by its own head, 0 where it does not say."""
    try:
        return max(0, zstandard.frame_content_size(frame))
    except zstandard.ZstdError:
        return 0


class _Gunzip:
    """zlib's unpacker in the manner of lzma's and bz2's."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(zlib.MAX_WBITS | 16)

    def decompress(self, data: bytes | memoryview, most: int) -> bytes:
        return self._inner.decompress(data, most)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data


def _unpacker(how: Kind) -> "_Gunzip | bz2.BZ2Decompressor | lzma.LZMADecompressor":
    if how is Kind.GZIP:
        return _Gunzip()
    if how is Kind.BZIP2:
        return bz2.BZ2Decompressor()
    form = lzma.FORMAT_XZ if how is Kind.XZ else lzma.FORMAT_ALONE
    return lzma.LZMADecompressor(form, memlimit=_LZMA_MEMORY)


def _by_library(data: bytes, how: Kind, name: str, limit: int, at: int) -> Stream:
    """gzip, xz, lzma, bzip2: Python's unpackers stop at the end of a stream, and at a length."""
    unpacker = _unpacker(how)
    view = memoryview(data)
    pieces: list[bytes] = []
    size, used, share = 0, 0, _FIRST
    while not unpacker.eof:
        # In growing shares: what is behind the end of the stream is copied, and there may be many streams.
        part = view[at + used : at + used + share]
        if not part:
            raise _cut(name, how, "the end of the stream is missing")
        piece = unpacker.decompress(part, limit - size + 1)
        pieces.append(piece)
        size += len(piece)
        if size > limit:
            raise _too_large(name, how, limit)
        used += len(part)
        share = min(2 * share, _BLOCK)
    return Stream(b"".join(pieces), used - len(unpacker.unused_data))


def _zstd(data: bytes, name: str, limit: int, at: int) -> Stream:
    end = _frame_end(data, at)
    if end is None:
        raise _cut(name, Kind.ZSTD, "the end of the frame is missing")
    frame = data[at:end]
    unpacker = zstandard.ZstdDecompressor(max_window_size=_WINDOW)
    pieces: list[bytes] = []
    size = 0
    with unpacker.stream_reader(io.BytesIO(frame), read_across_frames=False) as reader:
        while piece := reader.read(_BLOCK):
            pieces.append(piece)
            size += len(piece)
            if size > limit:
                raise _too_large(name, Kind.ZSTD, limit)
    promised = zstandard.frame_content_size(frame)
    if promised not in (-1, size):
        raise ValueError(f"{size} bytes came out, {promised} are promised")
    return Stream(b"".join(pieces), len(frame))


def _frame_end(data: bytes, at: int) -> int | None:
    """Where the zstd frame at this byte ends, by its blocks' sizes (RFC 8878, 3.1.1); None if cut off."""
    if len(data) < at + 6:
        return None
    descriptor = data[at + 4]
    single = bool(descriptor & _SINGLE_SEGMENT)
    size_field = (1 if single else 0, 2, 4, 8)[descriptor >> 6]
    at += 5 + (0 if single else 1) + (0, 1, 2, 4)[descriptor & 3] + size_field
    last = False
    while not last:
        head = data[at : at + 3]
        if len(head) < 3:
            return None
        value = int.from_bytes(head, "little")
        last, form = bool(value & 1), value >> 1 & 3
        if form == _RESERVED:
            raise ValueError(f"the block at byte {at} has no valid type")
        at += 3 + (1 if form == _RLE else value >> 3)
    if descriptor & _CHECKSUM:
        at += 4
    return at if at <= len(data) else None


def _cut(name: str, how: Kind, why: str) -> KjtuiError:
    return KjtuiError(
        f"{name} is cut off",
        f"It is {how} data, and {why}.",
        "Make or copy it anew, and look whether the disk it was written to is full (df).",
    )


def _too_large(name: str, how: Kind, limit: int) -> KjtuiError:
    return KjtuiError(
        f"{name} is too large when it is unpacked",
        f"More than {limit >> 20} MiB come out of this {how} data, which is more than kjtui takes.",
        "Choose another file; if this one is right, make it smaller.",
    )
