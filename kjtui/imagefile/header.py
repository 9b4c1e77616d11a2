"""The head of an image: the first block of its medium.

It is written last when an image is saved and first when it is used up, each time with a barrier before and
behind it: what it says of the image holds. It has the first 512 bytes only, which a swap area leaves free
(struct swap_header in include/linux/swap.h), so that an empty swap area can carry an image and be one again.
"""

import hashlib
import struct
from dataclasses import dataclass
from enum import IntEnum

from kjtui.errors import KjtuiError
from kjtui.model.saved import Sealing

BLOCK = 4096
SIZE = 512
VERSION = 2
MARK = b"kjtui A's memory"
_NUMBERS = struct.Struct("<16s2I16s3Q32sQ4I16s10sBIx")
_DIGEST = 32
_DIGEST_AT = SIZE - _DIGEST
SWAP_AT = BLOCK - 10  # the place of a swap area's signature
SWAP_MARK = b"SWAPSPACE2"
TAKEN_MARK = b"KJTUIIMAGE"  # in its place while the image is valid: swapon refuses it, mkswap sees no swap


class State(IntEnum):
    """What the image is good for."""

    EMPTY = 0  # nothing, or not yet: it is being written
    VALID = 1  # whole and not yet used
    SPENT = 2  # kernel A has gone on from it
    SNAPSHOT = 3  # whole, to be looked into; never gone on from, for A has


WHOLE = (State.VALID, State.SNAPSHOT)


@dataclass(frozen=True)
class Header:
    """What the first block says. id: 16 random bytes; end: bytes that the image has from its start.

    manifest_at, manifest_size: where the manifest is, in bytes; manifest_digest: BLAKE2b-256 of its bytes as
    they are stored. created: seconds since 1970. sealing: None where there is no passphrase. on_swap: whether
    the medium is a swap area. tries: how often going back to it was begun. took: milliseconds that saving has
    taken, 0 unknown.
    """

    state: State
    id: bytes
    manifest_at: int = 0
    manifest_size: int = 0
    manifest_digest: bytes = bytes(_DIGEST)
    created: int = 0
    end: int = 0
    sealing: Sealing | None = None
    on_swap: bool = False
    tries: int = 0
    took: int = 0


def encode(header: Header) -> bytes:
    """The first 512 bytes of the medium."""
    sealing = header.sealing
    data = _NUMBERS.pack(
        MARK,
        VERSION,
        header.state,
        header.id,
        header.manifest_at,
        header.manifest_size,
        header.end,
        header.manifest_digest,
        header.created,
        *((1, sealing.log_n, sealing.r, sealing.p) if sealing else (0, 0, 0, 0)),
        sealing.salt if sealing else bytes(16),
        SWAP_MARK if header.on_swap else bytes(10),
        min(header.tries, 255),
        min(header.took, 0xFFFFFFFF),
    ).ljust(_DIGEST_AT, b"\0")
    return data + _digest(data)


def block(header: Header, before: bytes) -> bytes:
    """The first block of the medium, of which `before` is what it held: only what is ours is changed."""
    data = encode(header) + before[SIZE:BLOCK].ljust(BLOCK - SIZE, b"\0")
    if header.on_swap:
        data = data[:SWAP_AT] + (TAKEN_MARK if header.state is State.VALID else SWAP_MARK)
    return data


def carries(data: bytes) -> bool:
    """Whether a first block is, or was meant to be, the head of an image."""
    return data[: len(MARK)] == MARK


def is_swap(first: bytes) -> bool:
    """Whether a first block is a swap area's, which may carry an image."""
    return first[SWAP_AT:BLOCK] in (SWAP_MARK, TAKEN_MARK)


def decode(data: bytes) -> Header:
    """The head of an image. Raises KjtuiError that says why it cannot be believed."""
    if len(data) < SIZE or not carries(data):
        raise KjtuiError("There is no image here", "The medium does not begin with the mark of one.")
    if _digest(data[:_DIGEST_AT]) != data[_DIGEST_AT:SIZE]:
        raise damaged("its head has been changed: the checksum does not fit")
    numbers = _NUMBERS.unpack_from(data)
    (_mark, version, state, name, at, size, end, digest, created, sealed, log_n, r, p, salt) = numbers[:14]
    swap, tries, took = numbers[14:]
    if version != VERSION:
        raise KjtuiError(
            "The image was saved by another version of kjtui",
            f"Its format is {version}; this kjtui reads {VERSION}.",
            "Restore it with the kjtui that saved it, or throw it away.",
        )
    try:
        known = State(state)
    except ValueError:
        raise damaged(f"its head names a state that does not exist ({state})") from None
    if sealed > 1 or (sealed and not (10 <= log_n <= 22 and 1 <= r <= 32 and 1 <= p <= 16)):
        raise damaged("its head names a way of sealing that does not exist")
    if known in WHOLE and not (at >= BLOCK and size > 0 and at + size <= end):
        raise damaged("its head points outside of it")
    sealing = Sealing(salt, log_n, r, p) if sealed else None
    return Header(known, name, at, size, digest, created, end, sealing, swap == SWAP_MARK, tries, took)


def digest_of(stored: bytes) -> bytes:
    """The checksum of a manifest as it is stored."""
    return hashlib.blake2b(stored, digest_size=_DIGEST).digest()


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=_DIGEST, person=b"kjtui header").digest()


def damaged(why: str) -> KjtuiError:
    """That an image cannot be believed, and why, in a clause."""
    return KjtuiError(
        "The image is damaged",
        f"Not a byte of it is used: {why}.",
        "What was running when it was saved is lost; start afresh, and throw the image away.",
    )
