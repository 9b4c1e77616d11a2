"""An NFS server, reached from this system: its address, and the way to it that kernel B may have to take."""

import ipaddress
import socket
from dataclasses import replace

import psutil

from kjtui.errors import KjtuiError
from kjtui.model.saved import Target

_PORT = 2049
_PATIENCE = 5.0  # seconds


def reached(target: Target) -> Target:
    """The target with the server's address, and this system's own on the way to it. Raises KjtuiError."""
    try:
        with socket.create_connection((target.server, _PORT), _PATIENCE) as connection:
            server, own = connection.getpeername()[0], connection.getsockname()[0]
    except OSError as error:
        why = error.strerror or str(error)
        raise KjtuiError(
            "The server for the image does not answer",
            f"{target.server}, port {_PORT} (NFS): {why}.",
            "Look at its name, at the network, and whether its NFS service runs.",
        ) from None
    return replace(target, server=server, address=_with_prefix(own), gateway=_gateway(server))


def _with_prefix(own: str) -> str:
    """An address of this system's with the length of its network's prefix: "10.0.2.15/24"."""
    for addresses in psutil.net_if_addrs().values():
        for one in addresses:
            if one.address == own and one.netmask and one.family == socket.AF_INET:
                return ipaddress.ip_interface(f"{own}/{one.netmask}").with_prefixlen
    return ""


def _gateway(server: str) -> str:
    """The router on the way to a server, "" where there is none (/proc/net/route, in host byte order)."""
    if ":" in server:
        return ""
    wanted = int(ipaddress.IPv4Address(server))
    best, longest = "", -1
    try:
        with open("/proc/net/route", encoding="ascii") as file:
            lines = file.read().splitlines()[1:]
    except OSError:
        return ""
    for line in lines:
        words = line.split()
        place, router, mask = (_address(words[number]) for number in (1, 2, 7))
        if wanted & mask == place and mask > longest:
            longest, best = mask, str(ipaddress.IPv4Address(router)) if router else ""
    return best


def _address(word: str) -> int:
    return int.from_bytes(bytes.fromhex(word), "little")
