"""Kernel B's network: an address by DHCP on the first card that gets one, or the one that kernel A has."""

import os
import time
from collections.abc import Callable

_BUSYBOX = "/kjtui/bin/busybox"
_SCRIPT = "/kjtui/udhcpc"  # what busybox's client calls to set what it was given
_PATIENCE = 20.0  # seconds for each card
_LOOPBACK, _ETHERNET = "lo", 1  # ARPHRD_ETHER


def configure(tick: Callable[[], None], address: str = "", gateway: str = "") -> str:
    """Bring the cards up and ask for an address; what came of it, in words. tick: called while it waits.

    address, gateway: what is taken where nobody gives one, such as "10.0.2.15/24"; "" for nothing. The first
    card with a cable gets it.
    """
    cards = [
        name for name in sorted(os.listdir("/sys/class/net")) if name != _LOOPBACK and _is_ethernet(name)
    ]
    if not cards:
        return "network: no card was found here"
    for card in cards:
        _run(("ip", "link", "set", card, "up"), 5.0, tick)
        words = ("udhcpc", "-i", card, "-n", "-q", "-f", "-t", "5", "-T", "2", "-s", _SCRIPT)
        if _run(words, _PATIENCE, tick) == 0:
            return f"network: {card} has an address by DHCP"
    if address:
        card = next((one for one in cards if _has_cable(one)), cards[0])
        _run(("ip", "addr", "add", address, "dev", card), 5.0, tick)
        if gateway:
            _run(("ip", "route", "add", "default", "via", gateway, "dev", card), 5.0, tick)
        return f"network: {card} has kernel A's address"
    return f"network: no address was given to {', '.join(cards)}"


def leave() -> None:
    """Give the cards back as they were: without an address, and down."""
    for card in os.listdir("/sys/class/net"):
        if card != _LOOPBACK and _is_ethernet(card):
            _run(("ip", "addr", "flush", "dev", card), 5.0)
            _run(("ip", "link", "set", card, "down"), 5.0)


def _is_ethernet(name: str) -> bool:
    return _number(f"/sys/class/net/{name}/type") == _ETHERNET


def _has_cable(name: str) -> bool:
    return _number(f"/sys/class/net/{name}/carrier") == 1


def _number(path: str) -> int | None:
    try:
        with open(path, encoding="ascii") as file:
            return int(file.read())
    except (OSError, ValueError):
        return None


def _run(words: tuple[str, ...], seconds: float, tick: Callable[[], None] = lambda: None) -> int:
    """Run one of busybox's programs, no longer than that; its status."""
    child = os.posix_spawn(
        _BUSYBOX,
        ["busybox", *words],
        dict(os.environ),
        file_actions=[(os.POSIX_SPAWN_OPEN, number, "/dev/null", os.O_RDWR, 0) for number in (0, 1, 2)],
    )
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.1)
        tick()
    os.kill(child, 9)
    os.waitpid(child, 0)
    return 1
