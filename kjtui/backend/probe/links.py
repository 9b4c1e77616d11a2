"""Network interfaces."""

from kjtui.backend.probe.displays import driver
from kjtui.backend.probe.source import MISSING, Source
from kjtui.model.facts import NetLink

FOLDER = "/sys/class/net"
_IFF_UP = 1  # include/uapi/linux/if.h
_NO_LINKS = ("lo", "bonding_masters")  # the second is a file of the bonding driver


def read(source: Source) -> tuple[NetLink, ...] | None:
    """All interfaces but loopback (Documentation/ABI/testing/sysfs-class-net). None if sysfs is not there."""
    names = source.names(FOLDER)
    if not names and not source.names("/sys/class"):
        source.note(FOLDER, MISSING)
        return None
    return tuple(
        NetLink(name, driver(source, f"{FOLDER}/{name}/device"), _up(source, name))
        for name in names
        if name not in _NO_LINKS
    )


def _up(source: Source, name: str) -> bool | None:
    state = source.text(f"{FOLDER}/{name}/operstate", optional=True)
    if state is None:
        return None
    if state != "unknown":
        return state == "up"
    # Drivers that do not tell leave the carrier, which may be read of a link only that is switched on.
    flags = source.number(f"{FOLDER}/{name}/flags", base=16, optional=True)
    if flags is None:
        return None
    return bool(flags & _IFF_UP) and source.text(f"{FOLDER}/{name}/carrier", optional=True) == "1"
