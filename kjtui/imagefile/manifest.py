"""The manifest as bytes: JSON about the system, and the table of pieces, compressed."""

from __future__ import annotations

import json
import struct
from dataclasses import asdict, replace

from kjtui.imagefile import pieces
from kjtui.imagefile.header import BLOCK, Header, damaged
from kjtui.kexec import orders
from kjtui.model.memory import Region, RegionKind, Span
from kjtui.model.saved import Footprint, Machine, Manifest

TYPE_CHECKING = False  # see kjtui.kexec.orders
if TYPE_CHECKING:
    from typing import Any

_LENGTH = struct.Struct("<I")
LIMIT = 256 << 20  # bytes that a manifest may become


def encode(manifest: Manifest) -> bytes:
    """The manifest, not yet compressed."""
    plain = asdict(replace(manifest, pieces=()))
    del plain["pieces"]
    text = json.dumps(plain).encode()
    return _LENGTH.pack(len(text)) + text + pieces.encode(manifest.pieces)


def decode(data: bytes, header: Header) -> Manifest:
    """The inverse of encode(), every number of it looked at. Raises KjtuiError."""
    try:
        (size,) = _LENGTH.unpack_from(data)
        if _LENGTH.size + size > len(data):
            raise ValueError("it is cut off")
        plain = json.loads(data[_LENGTH.size : _LENGTH.size + size])
        manifest = from_plain(plain, data[_LENGTH.size + size :])
        if manifest.id != header.id.hex():
            raise ValueError("it belongs to another image than the head")
        memory = saved_memory(manifest)
        if said := pieces.trouble(manifest.pieces, memory, BLOCK, header.manifest_at):
            raise ValueError(said)
        if not any(span.start <= manifest.entry < span.end for span in memory):
            raise ValueError("its system waits at a place that is not its memory")
        return manifest
    except (
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        AttributeError,
        OverflowError,
        RecursionError,
        struct.error,
    ) as error:
        raise damaged(f"its manifest cannot be read ({type(error).__name__}: {error})") from None


def saved_memory(manifest: Manifest) -> tuple[Span, ...]:
    """What of A's memory an image can hold: RAM without the places that kernel B has."""
    ram = [Span(start, end) for start, end, name in manifest.machine.memory if name == "System RAM"]
    return pieces.without(ram, visited(manifest))


def visited(manifest: Manifest) -> tuple[Span, ...]:
    """The places that kernel B has: what was there waits elsewhere, see kjtui.kexec.exchanged."""
    return (manifest.low, manifest.region.span)


def from_plain(plain: dict[str, Any], table: bytes) -> Manifest:
    """A manifest as asdict() has written it, with the table of its pieces. Raises ValueError and the like."""
    region = plain["region"]
    made = Manifest(
        id=str(plain["id"]),
        created=int(plain["created"]),
        host=str(plain["host"]),
        release=str(plain["release"]),
        boot_id=str(plain["boot_id"]),
        region=Region(_span(region["span"]), RegionKind(region["kind"])),
        low=_span(plain["low"]),
        entry=int(plain["entry"]),
        machine=_machine(plain["machine"]),
        gdt=None if plain["gdt"] is None else int(plain["gdt"]),
        note=None if plain.get("note") is None else (int(plain["note"][0]), int(plain["note"][1])),
        mailbox=orders.mailbox(plain["mailbox"]),
        disks=tuple(orders.disk(one) for one in orders.listed(plain["disks"])),
        footprints=tuple(_footprint(one) for one in orders.listed(plain["footprints"])),
        pieces=pieces.decode(table),
        build=str(plain.get("build", "")),
    )
    if any(span.size <= 0 for span in (made.region.span, made.low)):
        raise ValueError("it names memory that does not exist")
    if any(not 0 <= one.disk < len(made.disks) for one in made.footprints):
        raise ValueError("it names a disk that it does not list")
    return made


def _machine(plain: dict[str, Any]) -> Machine:
    return Machine(
        processor=str(plain["processor"]),
        features=tuple(str(one) for one in orders.listed(plain["features"])),
        processors=int(plain["processors"]),
        board=str(plain["board"]),
        memory=tuple((int(one[0]), int(one[1]), str(one[2])) for one in orders.listed(plain["memory"])),
    )


def _footprint(plain: dict[str, Any]) -> Footprint:
    return Footprint(
        disk=int(plain["disk"]),
        offset=int(plain["offset"]),
        size=int(plain["size"]),
        digest=str(plain["digest"]),
        what=str(plain["what"]),
        changed=int(plain["changed"]),
    )


def _span(plain: dict[str, Any]) -> Span:
    span = Span(int(plain["start"]), int(plain["end"]))
    if not 0 <= span.start <= span.end < 1 << 52:
        raise ValueError("it names memory that does not exist")
    return span
