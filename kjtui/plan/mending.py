"""What is set right after a return: the clock, addresses, routes, links.

What is usual and puts back only what was there before is done by itself; the rest is offered.
"""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

from kjtui.backend.machine import Progress, Writer
from kjtui.model.surroundings import Address, Differences, LinkState, Route, Surroundings
from kjtui.plan.operations import Operation
from kjtui.plan.remedies import REMEDIES, Remedy

TIME_KEEPERS = {"chronyd": "chrony", "systemd-timesyn": "systemd-timesyncd", "ntpd": "ntpd"}
_KERNELS_OWN = (0, 256)  # the metrics of the routes that it makes itself (IP6_RT_PRIO_ADDRCONF)
_REAPPLY = {
    "NetworkManager": ("nmcli", "device", "reapply"),
    "systemd-networkd": ("networkctl", "reconfigure"),
}


@dataclass(frozen=True)
class Tool:
    """Run one of the system's own programs. back: the one that undoes it, if any.

    does and did: a sentence each, without a full stop.
    """

    journal: str
    does: str
    did: str
    argv: tuple[str, ...]
    back: tuple[str, ...] = ()

    def describe(self) -> str:
        """What it does."""
        return self.does

    def preview(self) -> tuple[str, ...]:
        """The command."""
        return (" ".join(self.argv),)

    def execute(self, writer: Writer, progress: Progress) -> None:
        """Run it. Raises KjtuiError."""
        writer.run_tool(self.argv, self.does[0].lower() + self.does[1:], progress)

    def inverse(self) -> Operation | None:
        """The command that undoes it, where there is one."""
        if not self.back:
            return None
        return Tool(f"undo {self.journal}", f"Undo: {self.does}", f"Undone: {self.did}", self.back)


def time_keeper(services: Iterable[str]) -> str:
    """The running time service as people call it, "" if none is known."""
    return next((called for name, called in TIME_KEEPERS.items() if name in services), "")


def nudges(services: Iterable[str]) -> tuple[Tool, ...]:
    """Have the time service measure at once. It would do so by itself, but only after minutes.

    chronyc(1): burst measures several times in a row, makestep sets the clock by what is known then. ntpd has
    no such command. systemd-timesyncd asks its server as soon as it starts.
    """
    keeper = time_keeper(services)
    if keeper == "chrony":
        return (
            Tool(
                "nudge clock",
                "Have chrony measure",
                "chrony was told to measure",
                _words("chronyc burst 4/4"),
            ),
            Tool(
                "nudge clock",
                "Have chrony set the clock",
                "chrony was told to set the clock",
                _words("chronyc makestep"),
            ),
        )
    if keeper == "systemd-timesyncd":
        does, did = (
            "Have systemd-timesyncd ask for the time",
            "systemd-timesyncd was started anew to ask for the time",
        )
        return (Tool("nudge clock", does, did, _words("systemctl restart systemd-timesyncd.service")),)
    return ()


def put_back(after: Surroundings, gone: Differences) -> tuple[Tool, ...]:
    """What may be put back without asking: the very addresses and routes that were there, on links that work.

    Whoever configures a link does it, where that is known. What was lent (DHCP) is left to who lent it.
    """
    ready = {one.name: one for one in after.links if one.up}
    addresses = [one for one in gone.addresses if one.link in ready and not one.lent]
    routes = [one for one in gone.routes if one.link in ready and not one.comes_by_itself]
    links = (*(one.link for one in gone.addresses), *(one.link for one in routes))
    touched = dict.fromkeys(link for link in links if link in ready)
    tools = [_reapply(ready[name]) for name in touched if ready[name].keeper in _REAPPLY]
    bare = [name for name in touched if ready[name].keeper not in _REAPPLY]
    addresses = [one for one in addresses if one.link in bare]
    lacking = {one.link for one in gone.addresses if one.lent}
    # A route through a link that still lacks its address would be refused, or lead nowhere.
    routes = [one for one in routes if one.link in bare and one.link not in lacking]
    tools += map(_address, addresses)
    tools += map(_route, _near_first(_not_implied(routes, addresses)))
    return tuple(tools)


def by_hand(after: Surroundings, gone: Differences) -> Remedy | None:
    """Put back all lost addresses and routes of links that are up, whoever configures them."""
    ready = {one.name for one in after.links if one.up}
    addresses = [one for one in gone.addresses if one.link in ready]
    routes = [one for one in gone.routes if one.link in ready]
    tools = (*map(_address, addresses), *map(_route, _near_first(_not_implied(routes, addresses))))
    if not tools:
        return None
    undo = "Restart the network service, or " + "; ".join(" ".join(one.back) for one in tools[:2]) + "."
    return Remedy("put-back-network", "Put the addresses and routes back", lambda _facts: tools, undo)


def wake_links(after: Surroundings, gone: Differences) -> Remedy | None:
    """Switch links that have no carrier any more off and on: their driver asks the card anew."""
    tools: list[Tool] = []
    for link in after.links:
        if link.name not in gone.links_down:
            continue
        if link.keeper == "NetworkManager":
            argv = ("nmcli", "device", "connect", link.name)
            tools.append(
                Tool("wake link", f"Connect {link.name} anew", f"{link.name} was connected anew", argv)
            )
            continue
        if link.on:
            tools.append(_switch(link.name, "down", "off"))
        tools.append(_switch(link.name, "up", "on"))
    if not tools:
        return None
    undo = "ip link set LINK down, for a link that shall stay off."
    operations = tuple(tools)
    return Remedy("wake-links", "Switch the network links on anew", lambda _facts: operations, undo)


def set_clock() -> Remedy:
    """Set the wall clock by the clock on the board, as at a start of the machine: hwclock(8)."""
    tool = Tool(
        "set clock",
        "Set this system's clock by the clock on the board",
        "The clock was set by the clock on the board",
        ("hwclock", "-s"),
    )
    undo = "A time service sets it by the network; by hand: date -s."
    return Remedy("set-clock", "Set the clock by the clock on the board", lambda _facts: (tool,), undo)


def wake_processors() -> Remedy:
    """Bring all processors online."""
    return REMEDIES["wake-processors"]


def _words(command: str) -> tuple[str, ...]:
    return tuple(command.split())


def _not_implied(routes: Iterable[Route], addresses: Iterable[Address]) -> list[Route]:
    """Without those that the kernel makes itself when a link gets its address: to the link's own network."""
    own = {(one.link, str(ipaddress.ip_interface(one.address).network)) for one in addresses}
    return [one for one in routes if one.metric not in _KERNELS_OWN or (one.link, one.to) not in own]


def _near_first(routes: Iterable[Route]) -> list[Route]:
    """A gateway must be reachable before a route may lead through it."""
    return sorted(routes, key=lambda one: bool(one.gateway))


def _reapply(link: LinkState) -> Tool:
    return Tool(
        "restore network",
        f"Have {link.keeper} configure {link.name} anew",
        f"{link.keeper} was told to configure {link.name} anew",
        (*_REAPPLY[link.keeper], link.name),
    )


def _address(one: Address) -> Tool:
    kind = "-6" if ":" in one.address else "-4"
    where = (one.address, "dev", one.link)
    return Tool(
        "restore address",
        f"Give {one.link} its address {one.address} back",
        f"{one.link} got its address {one.address} back",
        ("ip", kind, "address", "add", *where),
        ("ip", kind, "address", "del", *where),
    )


def _route(one: Route) -> Tool:
    through = ("via", one.gateway) if one.gateway else ()
    metric = ("metric", str(one.metric)) if one.metric else ()
    where = (one.to, *through, "dev", one.link, *metric)
    called = "the default route" if one.to == "default" else f"the route to {one.to}"
    return Tool(
        "restore route",
        f"Put {called} through {one.link} back",
        f"{called[0].upper()}{called[1:]} through {one.link} was put back",
        ("ip", f"-{one.version}", "route", "replace", *where),
        ("ip", f"-{one.version}", "route", "del", *where),
    )


def _switch(link: str, state: str, word: str) -> Tool:
    argv = ("ip", "link", "set", link, state)
    return Tool("wake link", f"Switch {link} {word}", f"{link} was switched {word}", argv)
