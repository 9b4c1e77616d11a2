"""Cutting memory into pieces, and the table of them."""

import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence

from kjtui.model.memory import PAGE, Span
from kjtui.model.saved import Piece

PIECE = 1 << 20  # bytes of memory in one, at most
_PIECE = struct.Struct("<QIIII")
_RUN = struct.Struct("<QQ")


def without(memory: Iterable[Span], holes: Iterable[Span]) -> tuple[Span, ...]:
    """The whole pages of memory that lie in no hole; both in any order, the answer sorted."""
    sorted_holes = sorted(holes)
    left: list[Span] = []
    first = 0
    for span in sorted(memory):
        at, end = -(-span.start // PAGE) * PAGE, span.end // PAGE * PAGE
        while first < len(sorted_holes) and sorted_holes[first].end <= at:
            first += 1
        for hole in sorted_holes[first:]:
            if hole.start >= end:
                break
            if at < hole.start // PAGE * PAGE:
                left.append(Span(at, hole.start // PAGE * PAGE))
            at = max(at, -(-hole.end // PAGE) * PAGE)
        if at < end:
            left.append(Span(at, end))
    return tuple(left)


def cut(memory: Iterable[Span], size: int = PIECE) -> Iterator[tuple[Span, ...]]:
    """Memory in groups of at most `size` bytes, each page once and in order."""
    group: list[Span] = []
    room = size
    for span in memory:
        at = span.start
        while at < span.end:
            end = min(span.end, at + room)
            group.append(Span(at, end))
            room -= end - at
            at = end
            if not room:
                yield tuple(group)
                group, room = [], size
    if group:
        yield tuple(group)


def checksum(stored: bytes) -> int:
    """The checksum of a piece as it is stored: CRC-32, as zlib makes it.

    It is to find damage, not forgery, which only a passphrase can; the whole table has a longer one. In what
    a piece becomes zstd finds most of what this lets through.
    """
    return zlib.crc32(stored)


def encode(pieces: Sequence[Piece]) -> bytes:
    """The table."""
    out = bytearray()
    for one in pieces:
        out += _PIECE.pack(one.at, one.stored, one.size, one.checksum, len(one.runs))
        for run in one.runs:
            out += _RUN.pack(run.start, run.end)
    return bytes(out)


def decode(data: bytes) -> tuple[Piece, ...]:
    """The inverse of encode(). Raises ValueError or struct.error."""
    found = []
    at = 0
    while at < len(data):
        place, stored, size, crc, count = _PIECE.unpack_from(data, at)
        at += _PIECE.size
        end = at + count * _RUN.size
        if end > len(data):
            raise ValueError("a piece has fewer parts than it says")
        runs = tuple(Span(*pair) for pair in _RUN.iter_unpack(data[at:end]))
        at = end
        found.append(Piece(place, stored, size, crc, runs))
    return tuple(found)


def trouble(pieces: Sequence[Piece], memory: Sequence[Span], first: int, end: int) -> str:
    """Why these pieces cannot be put into this memory, "" if they can.

    They must lie one after the other on the medium, in [first, end), and each page of the memory gets its
    content once at most.
    """
    at = first
    last = 0
    rooms = iter(memory)
    room = next(rooms, None)
    for number, piece in enumerate(pieces):
        if piece.at < at or piece.at + piece.stored > end:
            return f"piece {number} is not where it can be"
        at = piece.at + piece.stored
        if not 0 < piece.size <= PIECE or sum(run.size for run in piece.runs) != piece.size:
            return f"piece {number} has another size than its parts"
        for run in piece.runs:
            if run.start < last or run.size <= 0 or run.start % PAGE or run.end % PAGE:
                return f"piece {number} goes to memory that is out of order"
            last = run.end
            while room is not None and room.end < run.end:
                room = next(rooms, None)
            if room is None or not room.contains(run):
                return f"piece {number} goes to {run.start:#x}, which is not the saved system's memory"
    return ""
