"""A network on which nobody gives addresses: what the guest asks of a DHCP server is lost on the way.

QEMU's own network always answers. Its filter (filter-redirector in qemu(1)) hands us each frame that the
guest sends, with its size in four bytes before it, and takes back those that are to go on.
"""

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

from common import KjtuiError

_SIZE = struct.Struct(">I")
_IPV4, _UDP, _BOOTPS = 0x0800, 17, 67


class Road:
    """Where the frames pass. lost: how many were not passed on."""

    def __init__(self, home: Path) -> None:
        self.lost = 0
        self._ends = [socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)]
        self._paths = [home / "sent", home / "passed"]
        for end, path in zip(self._ends, self._paths, strict=True):
            end.bind(str(path))
            end.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def words(self) -> tuple[str, ...]:
        """QEMU's words for a network that is called net; they come behind its own."""
        sent, passed = self._paths
        return (
            *("-chardev", f"socket,id=sent,path={sent}", "-chardev", f"socket,id=passed,path={passed}"),
            *("-object", "filter-redirector,id=road,netdev=net,queue=rx,outdev=sent,indev=passed"),
        )

    def close(self) -> None:
        """No machine comes any more."""
        for end in self._ends:
            end.close()

    def _accept(self) -> None:
        """One machine after the other: a pair of connections each."""
        with contextlib.suppress(OSError):
            while True:
                sent, passed = (end.accept()[0] for end in self._ends)
                threading.Thread(target=self._pass_on, args=(sent, passed), daemon=True).start()

    def _pass_on(self, sent: socket.socket, passed: socket.socket) -> None:
        with sent, passed, contextlib.suppress(OSError), sent.makefile("rb") as frames:
            while head := frames.read(_SIZE.size):
                frame = frames.read(_SIZE.unpack(head)[0])
                if asks_for_an_address(frame):
                    self.lost += 1
                else:
                    passed.sendall(head + frame)


def asks_for_an_address(frame: bytes) -> bool:
    """Whether an Ethernet frame goes to a DHCP server (RFC 2131: UDP, port 67)."""
    if len(frame) < 38 or int.from_bytes(frame[12:14]) != _IPV4 or frame[23] != _UDP:
        return False
    at = 14 + 4 * (frame[14] & 0xF)
    return int.from_bytes(frame[at + 2 : at + 4]) == _BOOTPS


@contextlib.contextmanager
def road(home: Path) -> Iterator[Road]:
    """The road, for as long as the block lasts. home: a folder for its sockets. Raises KjtuiError."""
    try:
        made = Road(home)
    except OSError as error:
        raise KjtuiError("The network without DHCP cannot be made", str(error)) from None
    try:
        yield made
    finally:
        made.close()
