"""The word that kernel B leaves for kernel A, in pages of A's memory.

Each page starts with a mark, the nonce of this jump, its number and how many there are, written by A. B
writes only where it finds them, so that a page which has moved meanwhile is never touched. Behind the heads
the pages make one area: a head (mark, lengths and checksums), a text in JSON, then the bytes of files.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Sequence
from dataclasses import asdict

from kjtui.errors import KjtuiError
from kjtui.model.memory import PAGE
from kjtui.model.word import KeptDisk, ProgramEnd, VisitorWord

TYPE_CHECKING = False  # the agent does without typing: reading it in takes longer than all of this
if TYPE_CHECKING:
    from typing import Any


_MARK = b"kjtui mailbox\n\0\0"
NONCE_AT, NONCE_DIGITS = 16, 16
BODY = 64  # offset of what B writes in each page
ROOM = PAGE - BODY  # bytes of it
_NUMBERS = struct.Struct("<II")
_HEAD = struct.Struct("<4sIIII")
_WORD = b"KJW3"
_LONGEST = 500  # characters of a text, where there is little room


def blank(nonce: str, number: int = 0, count: int = 1) -> bytes:
    """A page as A prepares it: page `number` of `count`."""
    head = _MARK + nonce.encode("ascii") + _NUMBERS.pack(number, count)
    return head.ljust(PAGE, b"\0")


def expects(page: bytes, nonce: str, number: int = 0, count: int = 1) -> bool:
    """Whether this page waits for a word under this nonce, as this one of so many."""
    return page[:BODY] == blank(nonce, number, count)[:BODY]


def encode(word: VisitorWord) -> bytes:
    """The area's content."""
    plain = asdict(word)
    del plain["files"]
    plain["files"] = [[name, len(data)] for name, data in word.files.items()]
    text = json.dumps(plain).encode()
    data = b"".join(word.files.values())
    return _HEAD.pack(_WORD, len(text), zlib.crc32(text), len(data), zlib.crc32(data)) + text + data


def fitted(word: VisitorWord, room: int) -> bytes:
    """The area's content, in at most `room` bytes: what is least needed is left out, and that is said.

    First the files go, then the older half of the log, and so on; then long texts lose their ends, the list
    of disks goes, and how to read the copy of the log. Raises ValueError where not even the rest has room.
    """
    data = encode(word)
    if len(data) <= room:
        return data
    if word.files:
        size = sum(len(one) for one in word.files.values())
        trouble = f"what the program made has {size} bytes, and there is no room for so many"
        if word.program and word.program.trouble:
            trouble = f"{word.program.trouble}; {trouble}"
        end = ProgramEnd(word.program.status if word.program else 0, trouble)
        return fitted(_without(word, files={}, program=end), room)
    if word.log:
        return fitted(_without(word, log=word.log[len(word.log) // 2 + 1 :]), room)
    if (shorter := _shortened(word)) != word:
        return fitted(shorter, room)
    if word.disks or word.others_locked:
        error = f"{word.error}; " if word.error else ""
        error += f"{len(word.disks) + len(word.others_locked)} disks are not told of: there was no room"
        return fitted(_without(word, disks=(), others_locked=(), error=error), room)
    if word.ring:
        return fitted(_without(word, ring={}), room)
    raise ValueError(f"a word of {len(data)} bytes for a room of {room}")


def _shortened(word: VisitorWord) -> VisitorWord:
    end = word.program
    return _without(
        word,
        error=_cut(word.error),
        panic=_cut(word.panic),
        program=ProgramEnd(end.status, _cut(end.trouble)) if end else None,
    )


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def _without(word: VisitorWord, **changes: Any) -> VisitorWord:
    from dataclasses import replace

    return replace(word, **changes)


def decode(area: bytes) -> VisitorWord | None:
    """The word in this area, None if there is none. Raises KjtuiError when it is damaged."""
    if len(area) < _HEAD.size or not any(area[: _HEAD.size]):
        return None
    mark, length, checksum, size, files_checksum = _HEAD.unpack_from(area)
    text = area[_HEAD.size :][:length]
    data = area[_HEAD.size + length :][:size]
    if mark != _WORD or len(text) != length or len(data) != size:
        raise _damaged("its head makes no sense")
    if zlib.crc32(text) != checksum or zlib.crc32(data) != files_checksum:
        raise _damaged("its checksum is not right")
    try:
        return _from_plain(json.loads(text), data)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        raise _damaged("its text is not in the form that this program reads") from None


def _from_plain(plain: dict[str, Any], data: bytes) -> VisitorWord:
    files: dict[str, bytes] = {}
    at = 0
    for name, size in plain["files"]:
        if not 0 <= int(size) <= len(data) - at:
            raise ValueError
        files[str(name)] = data[at : at + int(size)]
        at += int(size)
    program = plain["program"]
    return VisitorWord(
        kernel_version=str(plain["kernel_version"]),
        uptime=float(plain["uptime"]),
        way_home=str(plain["way_home"]),
        can_be_parked=bool(plain["can_be_parked"]),
        started=float(plain["started"]),
        ready=float(plain["ready"]),
        disks=tuple(
            KeptDisk(str(one["name"]), str(one["seen_as"]), bool(one["read_only"]), str(one["why"]))
            for one in plain["disks"]
        ),
        others_locked=_texts(plain["others_locked"]),
        log=_texts(plain["log"]),
        panic=str(plain["panic"]),
        error=str(plain["error"]),
        program=ProgramEnd(int(program["status"]), str(program["trouble"])) if program else None,
        files=files,
        ring={str(name): int(value) for name, value in plain["ring"].items()},
        saved=str(plain["saved"]),
    )


def _texts(values: Any) -> tuple[str, ...]:
    if not isinstance(values, list):
        raise TypeError
    return tuple(str(value) for value in values)


def _damaged(why: str) -> KjtuiError:
    return KjtuiError(
        "Kernel B's word is damaged",
        f"It left word in this kernel's memory, but {why}.",
        "Nothing needs to be done: what counts is what this kernel itself has found.",
    )


def join(pages: Sequence[bytes]) -> bytes:
    """The area that these pages make."""
    return b"".join(page[BODY:] for page in pages)


def split(area: bytes) -> list[bytes]:
    """What goes into each page's body, from the first on."""
    return [area[at : at + ROOM] for at in range(0, len(area), ROOM)]
