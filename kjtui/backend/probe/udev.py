"""The devices of a kind, with what udev knows about them."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kjtui.backend.probe.source import Source

CONTROL = "/run/udev/control"  # there while a udev daemon runs
DATABASE = "/run/udev/data"


@dataclass(frozen=True)
class Found:
    """A device: its name in /sys/class/KIND, and its udev properties (empty where udev was not asked)."""

    name: str
    properties: Mapping[str, str] = field(default_factory=dict)


@functools.cache
def context() -> Any:
    """pyudev's way into libudev, made once: it runs a program to find the library.

    Raises ImportError or OSError where there is no libudev.
    """
    # Imported here: only a probe of the real machine needs it, and it loads libudev.
    import pyudev

    return pyudev.Context()


def devices(source: Source, kind: str) -> tuple[Found, ...]:
    """Devices of a kind ("block", "watchdog"), sorted by name.

    libudev speaks of the running machine alone, and knows more than sysfs only where a udev daemon has filled
    its database. Elsewhere sysfs gives the names and the database, if there is one, the properties.
    """
    filled = bool(source.names(DATABASE))
    if source.real and filled:
        try:
            # The properties are asked one by one, when they are needed: a device has dozens.
            listed = context().list_devices(subsystem=kind)
            return tuple(sorted((Found(one.sys_name, one.properties) for one in listed), key=_by_name))
        except (ImportError, OSError):
            pass
    names = source.names(f"/sys/class/{kind}")
    return tuple(Found(name, _stored(source, kind, name) if filled else {}) for name in names)


def _by_name(device: Found) -> str:
    return device.name


def _stored(source: Source, kind: str, name: str) -> dict[str, str]:
    """The properties in udev's database, whose files are named after the device's number."""
    number = source.text(f"/sys/class/{kind}/{name}/dev", optional=True)
    letter = "b" if kind == "block" else "c"
    text = source.text(f"{DATABASE}/{letter}{number}", optional=True) if _is_number(number) else None
    lines = [line[2:].partition("=") for line in (text or "").splitlines() if line.startswith("E:")]
    return {key: value for key, _, value in lines}


def _is_number(text: str | None) -> bool:
    """Whether this is a device number, e.g. "8:16"."""
    major, colon, minor = (text or "").partition(":")
    return bool(colon) and major.isdecimal() and minor.isdecimal()
