"""What is around the programs, to be compared before and after a jump."""

import os
import re

from kjtui.backend.probe import addresses, displays, links, mounts, processors, routes
from kjtui.backend.probe.source import Source
from kjtui.model.facts import Mount
from kjtui.model.surroundings import Device, LinkState, Surroundings

CLOCK = "/sys/class/rtc/rtc0/since_epoch"
# As the kernel keeps names of programs, 15 characters.
TIME_KEEPERS = ("chronyd", "systemd-timesyn", "ntpd")
ADDRESS_KEEPERS = ("dhclient", "dhcpcd", "udhcpc", "connmand", "NetworkManager", "systemd-network")
SERVICES = frozenset({*TIME_KEEPERS, *ADDRESS_KEEPERS})
_NO_DISKS = ("loop", "ram", "zram", "dm-", "md", "nbd", "zd", "sr", "fd")
_CARD = re.compile(r"card\d+")
_USB = re.compile(r"\d+-\d+(\.\d+)*")  # by port; interfaces have a colon, root hubs are usbN
_IFF_UP = 1  # include/uapi/linux/if.h


def read(source: Source) -> Surroundings:
    """One look. What cannot be read is missing in it, before as after."""
    return Surroundings(
        processors=processors.numbers(source),
        devices=_devices(source),
        links=_links(source),
        addresses=addresses.read(source),
        routes=routes.read(source),
        mounts=tuple(_mount(line) for line in mounts.read(source)),
        services=_services(source),
    )


def board_clock(source: Source) -> float | None:
    """The clock on the board, seconds since 1970 as if it showed UTC."""
    seconds = source.number(CLOCK, optional=True)
    return None if seconds is None else float(seconds)


def _mount(line: mounts.MountLine) -> Mount:
    return line.mount


def _devices(source: Source) -> tuple[Device, ...]:
    found = [
        Device("disk", name, source.text(f"/sys/block/{name}/device/model", optional=True) or "")
        for name in source.names("/sys/block")
        if not name.startswith(_NO_DISKS)
    ]
    found += [Device("graphics card", one) for one in source.names("/sys/class/drm") if _CARD.fullmatch(one)]
    found += [Device("sound card", one) for one in source.names("/sys/class/sound") if _CARD.fullmatch(one)]
    folder = "/sys/bus/usb/devices"
    for name in source.names(folder):
        if _USB.fullmatch(name):
            about = source.text(f"{folder}/{name}/product", optional=True) or ""
            found.append(Device("USB device", name, about))
    folder = "/sys/bus/pci/devices"
    found += [
        Device("PCI device", name, displays.driver(source, f"{folder}/{name}"))
        for name in source.names(folder)
    ]
    return tuple(found)


def _links(source: Source) -> tuple[LinkState, ...]:
    found = []
    for one in links.read(source) or ():
        folder = f"{links.FOLDER}/{one.name}"
        flags = source.number(f"{folder}/flags", base=16, optional=True)
        on = None if flags is None else bool(flags & _IFF_UP)
        # Links without hardware (a bridge, a tunnel) often tell no more than that they are switched on.
        up = on if one.up is False and _state(source, one.name) == "unknown" and not one.driver else one.up
        found.append(LinkState(one.name, on, up, _keeper(source, one.name)))
    return tuple(found)


def _state(source: Source, name: str) -> str:
    return source.text(f"{links.FOLDER}/{name}/operstate", optional=True) or ""


def _keeper(source: Source, name: str) -> str:
    """Who configures a link, by the notes that both keep under the link's number."""
    number = source.number(f"{links.FOLDER}/{name}/ifindex", optional=True)
    if number is None:
        return ""
    lines = (source.text(f"/run/NetworkManager/devices/{number}", optional=True) or "").splitlines()
    if any(line in ("managed=1", "managed=true", "managed=full") for line in lines):
        return "NetworkManager"
    lines = (source.text(f"/run/systemd/netif/links/{number}", optional=True) or "").splitlines()
    states = [line for line in lines if line.startswith("ADMIN_STATE=")]
    if states and states[0] in ("ADMIN_STATE=configured", "ADMIN_STATE=configuring"):
        return "systemd-networkd"
    return ""


def _services(source: Source) -> tuple[str, ...]:
    """Those of SERVICES that run. There may be thousands of processes, so that little is done for each."""
    folder, found = source.place("/proc"), set()
    for pid in source.names("/proc"):
        if pid.isdecimal():
            try:
                file = os.open(f"{folder}/{pid}/comm", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            except OSError:  # it has ended meanwhile
                continue
            try:
                name = os.read(file, 32).rstrip(b"\n").decode("ascii", "replace")
            except OSError:
                continue
            finally:
                os.close(file)
            if name in SERVICES:
                found.add(name)
    return tuple(sorted(found))
