"""Kernel B's errand as a file in its initramfs: JSON, written by who loads it, read by the agent."""

from __future__ import annotations

import json
import struct
from dataclasses import asdict, replace

from kjtui.errors import KjtuiError
from kjtui.imagefile import manifest
from kjtui.kexec import orders
from kjtui.model.saved import Errand, Medium, Sealing, Target, Task

TYPE_CHECKING = False  # see kjtui.kexec.orders
if TYPE_CHECKING:
    from typing import Any

PATH = "kjtui/errand.json"
_ERRORS = (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError, struct.error)


def encode(errand: Errand) -> bytes:
    """The file's content."""
    plain = asdict(replace(errand, manifest=replace(errand.manifest, pieces=())))
    del plain["manifest"]["pieces"]
    plain["key"] = errand.key.hex()
    if errand.sealing:
        plain["sealing"]["salt"] = errand.sealing.salt.hex()
    return json.dumps(plain).encode()


def decode(data: bytes) -> Errand:
    """The inverse of encode(). Raises KjtuiError."""
    try:
        plain = json.loads(data)
        return Errand(
            task=Task(plain["task"]),
            target=_target(plain["target"]),
            manifest=manifest.from_plain(plain["manifest"], b""),
            note=None if plain["note"] is None else (int(plain["note"][0]), int(plain["note"][1])),
            key=bytes.fromhex(plain["key"]),
            sealing=_sealing(plain["sealing"]),
        )
    except _ERRORS as error:
        raise KjtuiError(
            "What kernel B is to save or restore cannot be read",
            f"/{PATH}: {type(error).__name__}: {error}.",
            "Begin again from kernel A.",
        ) from None


def _target(plain: dict[str, Any]) -> Target:
    return Target(
        medium=Medium(plain["medium"]),
        name=str(plain["name"]),
        size=int(plain["size"]),
        disk=None if plain["disk"] is None else orders.disk(plain["disk"]),
        partition=int(plain["partition"]),
        file_system=str(plain["file_system"]),
        path=str(plain["path"]),
        server=str(plain["server"]),
        export=str(plain["export"]),
        address=str(plain["address"]),
        gateway=str(plain["gateway"]),
    )


def _sealing(plain: dict[str, Any] | None) -> Sealing | None:
    if plain is None:
        return None
    return Sealing(bytes.fromhex(plain["salt"]), int(plain["log_n"]), int(plain["r"]), int(plain["p"]))
