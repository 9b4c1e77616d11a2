"""What is private on this machine, read so that it can be left out of what is passed on."""

import os
from collections.abc import Iterator
from pathlib import Path

from kjtui.backend.probe import udev
from kjtui.backend.probe.source import REAL_ROOT, Source
from kjtui.knowledge.redact import Secrets

_FIRST_PERSON, _NOBODY = 1000, 65534  # login.defs(5): UID_MIN; the overflow user
_HOMES = ("/home", "/var/home")
_UNSET = "(none)"  # what the kernel has until somebody gives a name (include/linux/uts.h)
_LOOPBACK = ("127.", "::1")
_OWN_NAMES = ("localhost", "ip6-", "ipv6-")
_DMI = (
    "product_serial",
    "product_uuid",
    "board_serial",
    "chassis_serial",
    "product_asset_tag",
    "board_asset_tag",
)
_DISK = ("serial", "wwid", "device/serial", "device/wwid")
_UDEV = ("ID_SERIAL", "ID_SERIAL_SHORT", "ID_WWN", "ID_WWN_WITH_EXTENSION", "ID_SCSI_SERIAL")


def gather(root: Path = REAL_ROOT) -> Secrets:
    """Names, users and serial numbers under root. What cannot be read is not known; nothing is raised."""
    source = Source(root)
    return Secrets(
        hosts=_distinct(_hosts(source)),
        users=_distinct(_users(source)),
        serials=_distinct(_serials(source)),
    )


def _distinct(words: Iterator[str]) -> tuple[str, ...]:
    return tuple(sorted({word for word in (one.strip() for one in words) if word}))


def _hosts(source: Source) -> Iterator[str]:
    for file in ("/proc/sys/kernel/hostname", "/proc/sys/kernel/domainname", "/etc/hostname"):
        if (name := source.text(file)) and name != _UNSET:
            yield name
            yield name.partition(".")[0]
    for line in _lines(source, "/etc/hosts"):
        address, *names = line.partition("#")[0].split() or [""]
        if address.startswith(_LOOPBACK):
            yield from (name for name in names if not name.startswith(_OWN_NAMES))
    for line in _lines(source, "/etc/machine-info"):  # machine-info(5)
        if line.startswith("PRETTY_HOSTNAME="):
            yield line.partition("=")[2].strip("\"'")
    for line in _lines(source, "/etc/resolv.conf"):
        key, *names = line.split() or [""]
        if key in ("search", "domain"):
            yield from (name for name in names if name.strip("."))


def _users(source: Source) -> Iterator[str]:
    """People, not services: their login names and the real names beside them (passwd(5))."""
    for line in _lines(source, "/etc/passwd"):
        fields = line.split(":")
        if len(fields) < 7 or not fields[2].isdigit():
            continue
        if _FIRST_PERSON <= int(fields[2]) < _NOBODY or fields[5].startswith(_HOMES):
            yield fields[0]
            yield fields[4].partition(",")[0]
    for folder in _HOMES:  # users of a directory service are in no file
        yield from (name.removesuffix(".homedir") for name in source.names(folder) if name != "lost+found")
    if source.real:
        yield from (os.environ.get(name, "") for name in ("SUDO_USER", "USER", "LOGNAME"))


def _serials(source: Source) -> Iterator[str]:
    for name in _DMI:
        yield source.text(f"/sys/class/dmi/id/{name}") or ""
    for device in udev.devices(source, "block"):
        yield from (device.properties.get(name, "") for name in _UDEV)
        for name in _DISK:
            yield source.text(f"/sys/class/block/{device.name}/{name}", optional=True) or ""
    for name in source.names("/sys/bus/usb/devices"):
        yield source.text(f"/sys/bus/usb/devices/{name}/serial", optional=True) or ""
    for name in source.names("/sys/class/power_supply"):
        yield source.text(f"/sys/class/power_supply/{name}/serial_number", optional=True) or ""


def _lines(source: Source, name: str) -> list[str]:
    return (source.text(name) or "").splitlines()
