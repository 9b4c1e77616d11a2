"""The word that kernel B leaves for kernel A, in one page of A's memory.

The page starts with a mark and the nonce of this jump, written by A. B writes its word only where it finds
both, so that a page which has moved meanwhile is never touched.
"""

import struct
import zlib

from kjtui.model.memory import PAGE
from kjtui.model.report import VisitorWord

_MARK = b"kjtui mailbox\n\0\0"
NONCE_DIGITS = 16
BODY = 64  # offset of B's word: length, CRC-32, text
_HEAD = struct.Struct("<II")


def blank(nonce: str) -> bytes:
    """The page as A prepares it."""
    return (_MARK + nonce.encode("ascii")).ljust(PAGE, b"\0")


def expects(page: bytes, nonce: str) -> bool:
    """Whether this page waits for a word under this nonce."""
    return page[:BODY] == blank(nonce)[:BODY]


def encode(word: VisitorWord) -> bytes:
    """The word as B writes it at offset BODY."""
    text = "\n".join(
        (
            word.kernel_version.replace("\n", " "),
            f"{word.uptime:.3f}",
            word.way_home,
            "parked" if word.can_be_parked else "gone",
        )
    ).encode()
    return _HEAD.pack(len(text), zlib.crc32(text)) + text


def decode(page: bytes, nonce: str) -> VisitorWord | None:
    """The word in this page, None if there is none or it is damaged."""
    if not expects(page, nonce):
        return None
    length, checksum = _HEAD.unpack_from(page, BODY)
    text = page[BODY + _HEAD.size :][:length]
    if not length or len(text) != length or zlib.crc32(text) != checksum:
        return None
    try:
        version, uptime, way_home, parked = text.decode().split("\n")
        return VisitorWord(version, float(uptime), way_home, parked == "parked")
    except ValueError:
        return None
