"""Routes of the main table."""

import ipaddress
import struct

from kjtui.backend.probe.source import Source, not_understood, whole
from kjtui.model.surroundings import Route

V4 = "/proc/net/route"
V6 = "/proc/net/ipv6_route"
# include/uapi/linux/route.h and ipv6_route.h
_UP, _GATEWAY, _REJECT = 0x1, 0x2, 0x200
_ADDRCONF, _CACHE, _ANYCAST, _LOCAL = 0x00040000, 0x01000000, 0x00100000, 0x80000000
_DEFAULT, _EXPIRES = 0x00010000, 0x00400000
_LEARNT = _ADDRCONF | _DEFAULT | _EXPIRES
_LINK_LOCAL = ipaddress.IPv6Network("fe80::/10")
_MULTICAST = ipaddress.IPv6Network("ff00::/8")


def read(source: Source) -> tuple[Route, ...]:
    """All of both versions that lead out of this machine."""
    return (*_table(source, V4), *_table(source, V6))


def _table(source: Source, name: str) -> tuple[Route, ...]:
    """A table; a kernel without IPv6, or without any network, has none."""
    lines = (source.text(name, optional=True) or "").splitlines()
    lines = lines[1:] if name == V4 else lines
    found, odd = [], 0
    for line in lines:
        try:
            route = _v4(line) if name == V4 else _v6(line)
        except (ValueError, IndexError, struct.error):
            odd += 1
            continue
        if route is not None:
            found.append(route)
    if odd:
        source.note(name, not_understood(odd, len(lines)))
    return tuple(found)


def _v4(line: str) -> Route | None:
    """A line "Iface Destination Gateway Flags RefCnt Use Metric Mask …" (net/ipv4/fib_trie.c).

    Addresses are words in the processor's order.
    """
    link, to, gateway, flags, _, _, metric, mask = line.split()[:8]
    bits = int(flags, 16)
    if not bits & _UP or bits & _REJECT or link == "lo":
        return None
    length = f"{int(mask, 16):b}".count("1")
    far = f"{_word(to)}/{length}" if length or int(to, 16) else "default"
    return Route(link, far, _word(gateway) if bits & _GATEWAY else "", _number(metric))


def _v6(line: str) -> Route | None:
    """A line "destination length source length next-hop metric refcnt use flags link" (net/ipv6/route.c)."""
    to, length, _, _, gateway, metric, _, _, flags, link = line.split()[:10]
    bits, far = int(flags, 16), ipaddress.IPv6Address(bytes.fromhex(to))
    if not bits & _UP or bits & (_REJECT | _CACHE | _LOCAL | _ANYCAST) or link == "lo":
        return None
    if far in _LINK_LOCAL or far in _MULTICAST:
        return None  # every link makes these itself
    size = int(length, 16)
    through = str(ipaddress.IPv6Address(bytes.fromhex(gateway))) if bits & _GATEWAY else ""
    where = f"{far}/{size}" if size else "default"
    return Route(link, where, through, int(metric, 16), 6, bool(bits & _LEARNT))


def _word(text: str) -> str:
    return str(ipaddress.IPv4Address(struct.pack("=I", int(text, 16))))


def _number(text: str) -> int:
    number = whole(text)
    if number is None:
        raise ValueError(text)
    return number
