"""Addresses of the network interfaces, asked of the kernel by rtnetlink(7).

Unlike what psutil tells, the answer says how long an address is lent for.
"""

import ipaddress
import socket
import struct
from collections.abc import Iterator

from kjtui.backend.probe.source import Source
from kjtui.model.surroundings import Address

PLACE = "rtnetlink"
# include/uapi/linux/netlink.h, rtnetlink.h and if_addr.h
_ERROR, _DONE, _NEWADDR, _GETADDR = 2, 3, 20, 22
_REQUEST_DUMP = 0x301
_HEADER = struct.Struct("=IHHII")
_IFADDR = struct.Struct("=BBBBI")
_ATTRIBUTE = struct.Struct("=HH")
_IFA_ADDRESS, _IFA_LOCAL = 1, 2
_PERMANENT = 0x80
_LINK_LOCAL_V6 = ipaddress.IPv6Network("fe80::/10")
_PATIENCE = 1.0  # seconds; the kernel answers at once


def read(source: Source) -> tuple[Address, ...]:
    """All addresses but those of loopback and those that a link gives itself (fe80::…).

    Only the machine that runs us can be asked.
    """
    if not source.real:
        return ()
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as line:
            line.settimeout(_PATIENCE)
            line.send(_HEADER.pack(_HEADER.size + _IFADDR.size, _GETADDR, _REQUEST_DUMP, 1, 0) + bytes(8))
            names = dict(socket.if_nameindex())
            found = [one for answer in _answers(line) for one in parse(answer, names)]
    except OSError as error:
        source.note(PLACE, error)
        return ()
    return tuple(sorted(found, key=lambda one: (one.link, one.address)))


def _answers(line: socket.socket) -> Iterator[bytes]:
    """What the kernel sends until it says that this was all."""
    while True:
        data = line.recv(1 << 16)
        yield data
        kinds = [kind for kind, _body in _messages(data)]
        if not kinds or _DONE in kinds or _ERROR in kinds:
            return


def parse(data: bytes, names: dict[int, str]) -> tuple[Address, ...]:
    """The addresses in one answer. names: interfaces by their number."""
    found = []
    for kind, body in _messages(data):
        if kind != _NEWADDR or len(body) < _IFADDR.size:
            continue
        _family, length, flags, _scope, index = _IFADDR.unpack_from(body)
        told = dict(_attributes(body[_IFADDR.size :]))
        raw = told.get(_IFA_LOCAL) or told.get(_IFA_ADDRESS)
        name = names.get(index, "")
        if raw is None or len(raw) not in (4, 16) or name in ("", "lo"):
            continue
        address = ipaddress.ip_address(raw)
        if address not in _LINK_LOCAL_V6:
            found.append(Address(name, f"{address}/{length}", not flags & _PERMANENT))
    return tuple(found)


def _messages(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(kind, body) of each netlink message."""
    at = 0
    while at + _HEADER.size <= len(data):
        size, kind, _flags, _number, _from = _HEADER.unpack_from(data, at)
        if size < _HEADER.size:
            return
        yield kind, data[at + _HEADER.size : at + size]
        at += (size + 3) & ~3


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(kind, value) of each attribute."""
    at = 0
    while at + _ATTRIBUTE.size <= len(data):
        size, kind = _ATTRIBUTE.unpack_from(data, at)
        if size < _ATTRIBUTE.size:
            return
        yield kind, data[at + _ATTRIBUTE.size : at + size]
        at += (size + 3) & ~3
