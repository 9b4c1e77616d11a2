"""Kernel B's orders as a file in its initramfs: JSON, written by kernel A, read by the agent."""

from __future__ import annotations

import json
from dataclasses import asdict

from kjtui.errors import KjtuiError
from kjtui.kexec.word import NONCE_DIGITS
from kjtui.model.choices import Purpose
from kjtui.model.memory import PAGE
from kjtui.model.visit import ORDERS_VERSION, ArmedWatchdog, Disk, Orders
from kjtui.model.word import Mailbox

TYPE_CHECKING = False  # the agent does without typing: reading it in takes longer than all of this
if TYPE_CHECKING:
    from typing import Any


PATH = "kjtui/orders.json"
PROGRAM_PATH = "kjtui/program/run"


def encode(orders: Orders) -> bytes:
    """The file's content."""
    return json.dumps(asdict(orders)).encode()


def decode(data: bytes) -> Orders:
    """The inverse of encode(). Raises KjtuiError."""
    try:
        plain = json.loads(data)
        if plain["version"] != ORDERS_VERSION:
            raise ValueError(f"version {plain['version']} is not known")
        return _orders(plain)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        raise KjtuiError(
            "Kernel B's orders cannot be read",
            f"/{PATH}: {type(error).__name__}: {error}.",
            "Load kernel B anew from kernel A.",
        ) from None


def _orders(plain: dict[str, Any]) -> Orders:
    return Orders(
        purpose=Purpose(plain["purpose"]),
        countdown=int(plain["countdown"]),
        timer=int(plain["timer"]),
        plain=bool(plain["plain"]),
        gdt=_number(plain["gdt"]),
        parkable=bool(plain["parkable"]),
        mailbox=mailbox(plain["mailbox"]),
        disks=tuple(disk(one) for one in listed(plain["disks"])),
        watchdogs=tuple(_watchdog(one) for one in listed(plain["watchdogs"])),
        program=bool(plain["program"]),
        bring_back=tuple(str(one) for one in listed(plain["bring_back"])),
        network=bool(plain["network"]),
        own_address=tuple(str(one) for one in listed(plain["own_address"])),
    )


def mailbox(plain: dict[str, Any] | None) -> Mailbox | None:
    """What could not be written to safely is an error."""
    if plain is None:
        return None
    box = Mailbox(
        tuple(int(page) for page in listed(plain["pages"])), int(plain["words"]), str(plain["nonce"])
    )
    if not 0 <= box.words <= len(box.pages) or any(page < 0 or page % PAGE for page in box.pages):
        raise ValueError("the mailbox has no such pages")
    if len(box.nonce) != NONCE_DIGITS or not box.nonce.isascii():
        raise ValueError("the mailbox has no nonce")
    return box


def disk(plain: dict[str, Any]) -> Disk:
    """A disk as asdict() has written it."""
    return Disk(
        name=str(plain["name"]),
        size=int(plain["size"]),
        block=int(plain["block"]),
        serial=str(plain["serial"]),
        wwid=str(plain["wwid"]),
        model=str(plain["model"]),
        partitions=tuple((int(start), int(size)) for start, size in plain["partitions"]),
        why=str(plain["why"]),
    )


def _watchdog(plain: dict[str, Any]) -> ArmedWatchdog:
    return ArmedWatchdog(str(plain["name"]), str(plain["identity"]), _number(plain["timeout"]))


def _number(value: Any) -> int | None:
    return None if value is None else int(value)


def listed(values: Any) -> list[Any]:
    """A list, where JSON must have one. Raises TypeError."""
    if not isinstance(values, list):
        raise TypeError("a list is expected")
    return values
