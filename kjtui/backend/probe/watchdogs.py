"""Watchdogs: clocks that restart the machine unless somebody resets them in time."""

from kjtui.backend.probe import udev
from kjtui.backend.probe.source import Source
from kjtui.model.facts import Watchdog

FOLDER = "/sys/class/watchdog"


def read(source: Source) -> tuple[Watchdog, ...]:
    """All watchdogs whose state is known (Documentation/ABI/testing/sysfs-class-watchdog).

    One whose state cannot be read (CONFIG_WATCHDOG_SYSFS is off) is in `unreadable` instead.
    """
    found = []
    for device in udev.devices(source, "watchdog"):
        folder = f"{FOLDER}/{device.name}"
        state = source.text(f"{folder}/state")
        if state is not None:
            identity = source.text(f"{folder}/identity", optional=True) or ""
            timeout = source.number(f"{folder}/timeout", optional=True)
            found.append(Watchdog(device.name, identity, state == "active", timeout))
    return tuple(found)
