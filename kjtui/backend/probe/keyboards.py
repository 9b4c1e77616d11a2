"""Keyboards, and how they are attached."""

import re

from kjtui.backend.probe.source import MISSING, Source, whole
from kjtui.model.facts import InputDevice

FOLDER = "/sys/class/input"
_KEYS = re.compile(r"[0-9a-f]{1,16}( [0-9a-f]{1,16}){0,30}")
_NO_KEYS = "which keys it has could not be read"
_INPUT = re.compile(r"input\d+")
# include/uapi/linux/input.h, BUS_*
_BUSES = {0x03: "usb", 0x05: "bluetooth", 0x06: "virtual", 0x11: "ps2", 0x18: "i2c"}
# Escape, the digits and the first letters. udev calls what has them all a keyboard (udev-builtin-input_id.c).
_FIRST_KEYS = 0xFFFFFFFE


def read(source: Source) -> tuple[InputDevice, ...] | None:
    """All keyboards. None if sysfs is not there."""
    found = [
        InputDevice(
            source.text(f"{folder}/name", optional=True) or folder.rpartition("/")[2], _bus(source, folder)
        )
        for folder in folders(source)
    ]
    if not found and not source.names("/sys/class"):
        source.note(FOLDER, MISSING)
        return None
    return tuple(found)


def folders(source: Source) -> tuple[str, ...]:
    """The folders in sysfs of all keyboards."""
    found = []
    for name in source.names(FOLDER):
        if _INPUT.fullmatch(name):
            keys = source.text(f"{FOLDER}/{name}/capabilities/key", optional=True)
            if keys is None or not _KEYS.fullmatch(keys):
                source.note(f"{FOLDER}/{name}/capabilities/key", _NO_KEYS)
            elif _has_letters(keys):
                found.append(f"{FOLDER}/{name}")
    return tuple(found)


def _has_letters(keys: str) -> bool:
    """keys: words of 64 bits in hexadecimal, the lowest last."""
    lowest = whole(keys.split()[-1], 16)
    return lowest is not None and lowest & _FIRST_KEYS == _FIRST_KEYS


def _bus(source: Source, folder: str) -> str:
    # QEMU's virtio keyboard calls itself virtual; its place tells.
    if "/virtio" in source.link(folder):
        return "virtio"
    number = source.number(f"{folder}/id/bustype", base=16, optional=True)
    return _BUSES.get(number or 0, "")
