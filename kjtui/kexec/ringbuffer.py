"""The kernel log as it lies in memory (struct printk_ringbuffer, kernel/printk/printk_ringbuffer.h).

Kernel B tells where its own lies, from its vmcoreinfo (Documentation/admin-guide/kdump/vmcoreinfo.rst).
When B fails, the trampoline copies it to kernel A, which reads it here.
"""

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass

_KERNEL_MAP = 0xFFFFFFFF80000000  # __START_KERNEL_map (arch/x86/include/asm/page_64_types.h)
_ID_BITS = (1 << 62) - 1  # DESC_ID_MASK
_POSITIONS = (1 << 64) - 1  # they begin just below this and run over soon (BLK0_LPOS)
_FINALIZED, _COMMITTED = 2, 1  # enum desc_state
_NO_BLOCK = 1  # lpos with this bit set: the record has no text (FAILED_LPOS, EMPTY_LINE_LPOS)
_LONGEST_LINE = 4096
_PARTS = ("prb", "descs", "infos", "text")
# Names of vmcoreinfo that say how the structures are laid out, and those that they get here.
_WANTED = {
    "SIZE(printk_ringbuffer)": "size_prb",
    "OFFSET(printk_ringbuffer.desc_ring)": "desc_ring",
    "OFFSET(printk_ringbuffer.text_data_ring)": "text_ring",
    "OFFSET(prb_desc_ring.count_bits)": "count_bits",
    "OFFSET(prb_desc_ring.descs)": "descs",
    "OFFSET(prb_desc_ring.infos)": "infos",
    "OFFSET(prb_desc_ring.head_id)": "head_id",
    "SIZE(prb_desc)": "size_desc",
    "OFFSET(prb_desc.state_var)": "state",
    "OFFSET(prb_desc.text_blk_lpos)": "lpos",
    "OFFSET(prb_data_blk_lpos.begin)": "begin",
    "OFFSET(prb_data_blk_lpos.next)": "next",
    "SIZE(printk_info)": "size_info",
    "OFFSET(printk_info.ts_nsec)": "time",
    "OFFSET(printk_info.text_len)": "text_len",
    "OFFSET(prb_data_ring.size_bits)": "size_bits",
    "OFFSET(prb_data_ring.data)": "data",
}


@dataclass(frozen=True)
class Piece:
    """A piece of memory: physical address and bytes."""

    physical: int
    size: int


@dataclass(frozen=True)
class Record:
    """A line of the log. seconds since the start of the kernel."""

    seconds: float
    text: str


@dataclass(frozen=True)
class Place:
    """Where the ring lies (its parts, one after the other make the copy) and the numbers to read it with."""

    pieces: tuple[Piece, ...]
    layout: Mapping[str, int]

    @property
    def size(self) -> int:
        """Bytes of the copy."""
        return sum(piece.size for piece in self.pieces)


def locate(vmcoreinfo: str, read: Callable[[int, int], bytes]) -> Place | None:
    """Where this kernel keeps its log, None where that cannot be told.

    vmcoreinfo: the note's text. read: (virtual address, bytes) → the kernel's own memory; may raise OSError
    or ValueError.
    """
    told = dict(line.split("=", 1) for line in vmcoreinfo.splitlines() if "=" in line)
    try:
        layout = {name: int(told[wanted]) for wanted, name in _WANTED.items()}
        if min(layout.values()) < 0:
            return None
        base = int(told["NUMBER(phys_base)"])
        (prb,) = struct.unpack("<Q", read(int(told["SYMBOL(prb)"], 16), 8))
        ring = read(prb, layout["size_prb"])
        count_bits, size_bits = _bits(ring, layout)
        places = (
            (prb, layout["size_prb"]),
            (_word(ring, layout["desc_ring"] + layout["descs"]), layout["size_desc"] << count_bits),
            (_word(ring, layout["desc_ring"] + layout["infos"]), layout["size_info"] << count_bits),
            (_word(ring, layout["text_ring"] + layout["data"]), 1 << size_bits),
        )
    except (KeyError, ValueError, OverflowError, OSError, struct.error):
        return None
    # Outside the kernel's own image a ring was made larger at start-up; the addresses there are another
    # mapping's, and kernel B is not started that way.
    if not all(_KERNEL_MAP <= virtual < _KERNEL_MAP + (1 << 30) for virtual, _ in places):
        return None
    pieces = tuple(Piece(virtual - _KERNEL_MAP + base, _eights(size)) for virtual, size in places)
    sizes = {f"bytes_{name}": piece.size for name, piece in zip(_PARTS, pieces, strict=True)}
    return Place(pieces, {**layout, **sizes})


def records(copy: bytes, layout: Mapping[str, int], step: int) -> tuple[Record, ...]:
    """The lines of a copied ring, oldest first; () where it makes no sense.

    copy: the parts one after the other, each at a multiple of step bytes.
    """
    try:
        return tuple(_records(copy, layout, step))
    except (KeyError, struct.error, ValueError, IndexError, OverflowError):
        return ()


def _records(copy: bytes, layout: Mapping[str, int], step: int) -> list[Record]:
    if any(not 0 <= value <= len(copy) for value in layout.values()):
        raise ValueError("a layout of something else")
    parts = {}
    at = 0
    for name in _PARTS:
        size = layout[f"bytes_{name}"]
        parts[name] = copy[at : at + size]
        at += -(-size // step) * step
    count_bits, size_bits = _bits(parts["prb"], layout)
    count, size = 1 << count_bits, 1 << size_bits
    if len(parts["text"]) != size or not 0 < count * layout["size_desc"] <= len(parts["descs"]):
        raise ValueError("a copy that is cut off")
    newest = _word(parts["prb"], layout["desc_ring"] + layout["head_id"])
    lines = []
    for back in range(count):
        number = (newest - back) & _ID_BITS
        slot = (number & (count - 1)) * layout["size_desc"]
        state = _word(parts["descs"], slot + layout["state"])
        if state & _ID_BITS != number or state >> 62 not in (_FINALIZED, _COMMITTED):
            continue
        info = (number & (count - 1)) * layout["size_info"]
        length = min(_half(parts["infos"], info + layout["text_len"]), _LONGEST_LINE)
        begin = _word(parts["descs"], slot + layout["lpos"] + layout["begin"])
        end = _word(parts["descs"], slot + layout["lpos"] + layout["next"])
        if begin & _NO_BLOCK:
            continue
        # A block that would cross the ring's end begins at its start instead.
        last = end - 1 & _POSITIONS
        place = begin % size if begin >> size_bits == last >> size_bits else 0
        if _word(parts["text"], place) & _ID_BITS != number:
            continue  # written over since (data_make_reusable)
        text = parts["text"][place + 8 : place + 8 + length].decode("utf-8", "replace")
        seconds = _word(parts["infos"], info + layout["time"]) / 1e9
        lines += [Record(seconds, _printable(one)) for one in reversed(text.split("\n"))]
    return lines[::-1]


def _printable(text: str) -> str:
    """As the kernel itself shows it: what a terminal would take for an order is spelled out (/dev/kmsg)."""
    return "".join(one if one.isprintable() else f"\\x{ord(one):02x}" for one in text)


def _bits(ring: bytes, layout: Mapping[str, int]) -> tuple[int, int]:
    """(log2 of the number of records, log2 of the bytes of text)."""
    (count,) = struct.unpack_from("<I", ring, layout["desc_ring"] + layout["count_bits"])
    (size,) = struct.unpack_from("<I", ring, layout["text_ring"] + layout["size_bits"])
    if not 1 <= count <= 20 or not 8 <= size <= 25:
        raise ValueError("no size that a kernel log has")
    return count, size


def _word(data: bytes, at: int) -> int:
    (value,) = struct.unpack_from("<Q", data, at)
    return int(value)


def _half(data: bytes, at: int) -> int:
    (value,) = struct.unpack_from("<H", data, at)
    return int(value)


def _eights(size: int) -> int:
    return -(-size // 8) * 8
