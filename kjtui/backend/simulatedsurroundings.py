"""Devices, links, mounts and clocks of a simulated machine: what a jump damages, and how that is mended."""

from dataclasses import replace

from kjtui.backend.recording import Damage
from kjtui.model.facts import Facts
from kjtui.model.surroundings import Address, Device, LinkState, Route, Surroundings, Written

_NET = "192.0.2"  # for examples (RFC 5737)
_KEEPERS = {"NetworkManager": "NetworkManager", "systemd-network": "systemd-networkd"}


class SimulatedSurroundings:
    """What is around a simulated machine's programs. services: see Surroundings."""

    def __init__(self, services: tuple[str, ...]) -> None:
        self._services = services
        self._keeper = next((_KEEPERS[one] for one in services if one in _KEEPERS), "")
        self._damage = Damage()
        self._whole: set[str] = set()  # links that have been configured again
        self._given: set[tuple[str, str]] = set()  # (link, address or destination) given back one by one
        self._looks = 0
        self._set = False  # whether the clock has been set

    def jumped(self, damage: Damage) -> None:
        """A jump has done this."""
        self._damage, self._looks, self._set = damage, 0, False
        self._whole, self._given = set(), set()

    @property
    def clock_off(self) -> float:
        """Seconds by which the wall clock is ahead."""
        return 0.0 if self._set else self._damage.clock_off

    def look(self, facts: Facts) -> Surroundings:
        """One look."""
        self._looks += 1
        damage = self._damage
        late = bool(damage.links_late) and self._looks > damage.links_late
        down = () if late else tuple(one for one in damage.links_down if one not in self._whole)
        before = _undamaged(facts)
        links = tuple(
            replace(one, up=one.up and one.name not in down, keeper=self._keeper) for one in before.links
        )
        return replace(
            before,
            devices=tuple(one for one in before.devices if one.name not in damage.devices_gone),
            links=links,
            addresses=tuple(one for one in before.addresses if self._has(one.link, one.address)),
            routes=tuple(one for one in before.routes if self._has(one.link, one.to)),
            mounts=tuple(one for one in before.mounts if one.target not in damage.mounts_gone),
            services=self._services,
        )

    @staticmethod
    def write_out(facts: Facts, hanging: tuple[str, ...]) -> Written:
        """All is written out but what is mounted at these places, which does not answer."""
        silent = tuple(one for one in facts.mounts if one.target in hanging)
        return Written(not silent, 0, silent)

    def _has(self, link: str, what: str) -> bool:
        gone = link in self._damage.addresses_gone and link not in self._whole
        return not gone or (link, what) in self._given

    def run(self, argv: tuple[str, ...]) -> None:
        """What a program would change."""
        match argv:
            case ("ip", _, "address", "add", address, "dev", link):
                self._given.add((link, address))
            case ("ip", _, "route", "replace", to, *rest):
                self._given.add((rest[rest.index("dev") + 1], to))
            case ("ip", "link", "set", link, "up"):
                self._whole.add(link)
            case ("nmcli", "device", _, link) | ("networkctl", "reconfigure", link):
                self._whole.add(link)
            case ("hwclock", *_):
                self._set = True


def _undamaged(facts: Facts) -> Surroundings:
    links = facts.links or ()
    real = [one.name for one in links if one.driver and one.up]
    routes = [Route(real[0], "default", f"{_NET}.1", 100)] if real else []
    return Surroundings(
        processors=tuple(range(facts.cpus_online)),
        devices=(
            *(Device("disk", one.name, one.model) for one in facts.block_devices if one.kind == "disk"),
            *(Device("graphics card", one.name, one.driver) for one in facts.displays or ()),
        ),
        links=tuple(LinkState(one.name, True, one.up) for one in links),
        addresses=tuple(Address(name, f"{_NET}.{10 + number}/24") for number, name in enumerate(real)),
        routes=(*routes, *(Route(name, f"{_NET}.0/24", "", 100) for name in real)),
        mounts=facts.mounts,
    )
