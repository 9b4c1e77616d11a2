"""What is around the programs: devices, links, mounts, processors; and how two looks at it differ."""

from dataclasses import dataclass

from kjtui.model.facts import Mount


@dataclass(frozen=True)
class Device:
    """A device that is there. kind: "disk", "graphics card", "sound card", "USB device", "PCI device"."""

    kind: str
    name: str
    about: str = ""  # maker and model, for people


@dataclass(frozen=True)
class Route:
    """A route of the main table. to: "default" or "10.0.0.0/8"; gateway "" where none is needed.

    comes_by_itself: learnt from a router's advertisement, which is repeated.
    """

    link: str
    to: str
    gateway: str = ""
    metric: int = 0
    version: int = 4  # of the Internet protocol
    comes_by_itself: bool = False


@dataclass(frozen=True)
class Address:
    """An address of a link, "192.0.2.5/24". lent: for a time only, by DHCP or a router's advertisement."""

    link: str
    address: str
    lent: bool = False


@dataclass(frozen=True)
class LinkState:
    """A network interface other than loopback.

    on: whether it is switched on; up: whether it can be used, which takes a cable or an access point; None
    unknown. keeper: who configures it, "NetworkManager" or "systemd-networkd", "" nobody that is known.
    """

    name: str
    on: bool | None = None
    up: bool | None = None
    keeper: str = ""


@dataclass(frozen=True)
class Surroundings:
    """One look. processors: the numbers of those online. services: names of running programs that keep the
    time or lend addresses, as /proc/PID/comm has them ("chronyd", "systemd-timesyn", "dhclient").
    """

    processors: tuple[int, ...] = ()
    devices: tuple[Device, ...] = ()
    links: tuple[LinkState, ...] = ()
    addresses: tuple[Address, ...] = ()
    routes: tuple[Route, ...] = ()
    mounts: tuple[Mount, ...] = ()
    services: tuple[str, ...] = ()


@dataclass(frozen=True)
class Differences:
    """What has gone since, and the devices that are new. links_gone and links_down: by name."""

    processors: tuple[int, ...] = ()
    devices: tuple[Device, ...] = ()
    new_devices: tuple[Device, ...] = ()
    links_gone: tuple[str, ...] = ()
    links_down: tuple[str, ...] = ()
    addresses: tuple[Address, ...] = ()
    routes: tuple[Route, ...] = ()
    mounts: tuple[Mount, ...] = ()

    @property
    def any(self) -> bool:
        """Whether there is a difference."""
        return self != Differences()

    @property
    def lost(self) -> bool:
        """Whether something has gone."""
        return self != Differences(new_devices=self.new_devices)

    @property
    def of_network(self) -> bool:
        """Whether the network is not as it was."""
        return bool(self.links_gone or self.links_down or self.addresses or self.routes)


def compare(before: Surroundings, after: Surroundings) -> Differences:
    """What was there before and is not there afterwards."""
    links = {one.name: one for one in after.links}
    targets = {one.target for one in after.mounts}
    there, were = ({(one.kind, one.name) for one in look.devices} for look in (after, before))
    return Differences(
        processors=tuple(one for one in before.processors if one not in after.processors),
        devices=tuple(one for one in before.devices if (one.kind, one.name) not in there),
        new_devices=tuple(one for one in after.devices if (one.kind, one.name) not in were),
        links_gone=tuple(one.name for one in before.links if one.name not in links),
        links_down=tuple(
            one.name for one in before.links if one.up and one.name in links and not links[one.name].up
        ),
        addresses=_gone(before.addresses, after.addresses),
        routes=_routes_gone(before.routes, after.routes),
        mounts=tuple(one for one in before.mounts if one.target not in targets),
    )


def _gone(before: tuple[Address, ...], after: tuple[Address, ...]) -> tuple[Address, ...]:
    """Addresses by their text: one that has become lent, or is lent no longer, is the same one."""
    there = {(one.link, one.address) for one in after}
    return tuple(one for one in before if (one.link, one.address) not in there)


def _routes_gone(before: tuple[Route, ...], after: tuple[Route, ...]) -> tuple[Route, ...]:
    there = {(one.link, one.to, one.gateway, one.metric) for one in after}
    return tuple(one for one in before if (one.link, one.to, one.gateway, one.metric) not in there)


@dataclass(frozen=True)
class Written:
    """What came of writing files to disk. left: bytes that are still to be written, None unknown.

    done: whether the kernel said that all is written; if not, hanging: the mounts that do not answer, as far
    as they can be told.
    """

    done: bool
    left: int | None = None
    hanging: tuple[Mount, ...] = ()
