"""TCP connections to other machines: a long jump lets them time out."""

import ipaddress
import struct

from kjtui.backend.probe.source import MISSING, Source
from kjtui.model.facts import Connection

TCP = ("/proc/net/tcp", "/proc/net/tcp6")
_ESTABLISHED = "01"  # TCP_ESTABLISHED, include/net/tcp_states.h
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def read(source: Source) -> tuple[Connection, ...] | None:
    """All established connections but those within this machine. None if the tables are not there."""
    texts = [_table(source, name) for name in TCP]
    if all(text is None for text in texts):
        if not any(name in source.unreadable for name in TCP) and source.is_file("/proc/net/dev"):
            return ()  # a kernel without TCP
        for name in TCP:
            source.unreadable.setdefault(name, MISSING)
        return None
    found = [one for text in texts for line in (text or "").splitlines()[1:] if (one := _remote(line))]
    names = _programs() if found and source.real else {}
    return tuple(
        Connection(names.get((port, str(far), far_port), ""), port, str(far), far_port)
        for port, far, far_port in found
    )


def _table(source: Source, name: str) -> str | None:
    """A table with its heading; a kernel without IPv6 has but one."""
    text = source.text(name, optional=True)
    if text is None or "local_address" in text.partition("\n")[0]:
        return text
    source.note(name, "its content is not understood: it has no heading")
    return None


def _remote(line: str) -> tuple[int, _Address, int] | None:
    """Local port, remote address and port from a line "sl local remote state …", if it counts."""
    fields = line.split()
    if len(fields) < 4 or fields[3] != _ESTABLISHED:
        return None
    try:
        _, port = _end(fields[1])
        far, far_port = _end(fields[2])
    except (ValueError, struct.error):
        return None
    return None if far.is_loopback or far.is_unspecified else (port, far, far_port)


def _end(text: str) -> tuple[_Address, int]:
    """An address and port from "0100007F:1F90": words in the processor's order, the port as it is read.

    An IPv4 address in IPv6 clothes is taken out of them.
    """
    address, _, port = text.partition(":")
    words = [int(address[at : at + 8], 16) for at in range(0, len(address), 8)]
    data = struct.pack(f"={len(words)}I", *words)
    far = ipaddress.ip_address(data)
    mapped = far.ipv4_mapped if isinstance(far, ipaddress.IPv6Address) else None
    return mapped or far, int(port, 16)


def _programs() -> dict[tuple[int, str, int], str]:
    """Program names by local port, remote address and port: of those processes that we may look into."""
    import psutil  # late: it takes long to start on a slow machine

    names: dict[int, str] = {}
    found = {}
    try:
        for one in psutil.net_connections("tcp"):
            if one.pid and one.laddr and one.raddr:
                if one.pid not in names:
                    names[one.pid] = _name(one.pid)
                address = one.raddr.ip.removeprefix("::ffff:")
                found[one.laddr.port, address, one.raddr.port] = names[one.pid]
    except (psutil.Error, OSError, ValueError, LookupError, RuntimeError):
        pass  # the connections are known all the same, without their programs' names
    return found


def _name(pid: int) -> str:
    import psutil

    try:
        return str(psutil.Process(pid).name())
    except (psutil.Error, OSError):
        return ""
