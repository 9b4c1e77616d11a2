"""An NFS server on this machine, which the emulated one reaches through QEMU's own network."""

import contextlib
import ctypes
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from common import KjtuiError, cache_dir

ADDRESS = "10.0.2.100"  # where the guest finds it, in QEMU's own network
EXPORT = f"{ADDRESS}:/export"
_ROUTER = "10.0.2.2"
# What a start has to know, see kjtui.imagefile.exports; the guest's address is the one that QEMU gives.
TOLD = f"{EXPORT} {ADDRESS} rehearsal 10.0.2.15/24 {_ROUTER}"
UP = f"ip link set eth0 up && ip addr add 10.0.2.15/24 dev eth0 && ip route add default via {_ROUTER}"
_PATIENCE = 30.0
# NFS 4 alone: older versions want a portmapper. Nobody but this machine can connect.
_CONFIG = """\
NFS_CORE_PARAM { NFS_Port = %(port)d; Protocols = 4; Bind_addr = 127.0.0.1;
                 Enable_NLM = false; Enable_RQUOTA = false; }
NFSv4 { Graceless = true; Only_Numeric_Owners = true; RecoveryBackend = fs; RecoveryRoot = %(home)s/run; }
EXPORT_DEFAULTS { Squash = No_Root_Squash; SecType = sys; Transports = TCP; PrivilegedPort = false; }
EXPORT { Export_Id = 1; Path = %(home)s/export; Pseudo = /export; Access_Type = RW; Protocols = 4;
         FSAL { Name = VFS; } }
LOG { Default_Log_Level = EVENT; }
"""


class Server:
    """A running server. folder: what it exports. port: on which it listens."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "export"
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = int(free.getsockname()[1])
        self._log = home / "log"
        self.folder.mkdir()
        (home / "run").mkdir()
        config = home / "ganesha.conf"
        config.write_text(_CONFIG % {"port": self.port, "home": home})
        words: list[str | Path] = ["ganesha.nfsd", "-F", "-f", config, "-L", self._log, "-p", home / "pid"]
        self._process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    @property
    def card(self) -> tuple[str, ...]:
        """QEMU's words for the card by which the guest reaches it."""
        forward = f"guestfwd=tcp:{ADDRESS}:2049-cmd:busybox nc 127.0.0.1 {self.port}"
        return ("-netdev", f"user,id=net,{forward}", "-device", "virtio-net-pci,netdev=net")

    def wait(self) -> None:
        """Until it answers. Raises KjtuiError."""
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end and self._process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1.0):
                return
            time.sleep(0.2)
        said = self._log.read_text(errors="replace")[-2000:] if self._log.exists() else "it said nothing"
        raise KjtuiError("The NFS server does not start here", said)

    def stop(self) -> None:
        """End it at once, as by a power cut."""
        self._process.kill()
        self._process.wait()


@contextlib.contextmanager
def server() -> Iterator[Server]:
    """A server with an empty folder, for as long as the block lasts. Raises KjtuiError."""
    with tempfile.TemporaryDirectory(dir=_home(), prefix="kjtui-nfs-") as name:
        made = Server(Path(name))
        try:
            made.wait()
            yield made
        finally:
            made.stop()


def _home() -> Path:
    """A folder on a file system that can be exported: its files are found by handles. Raises KjtuiError."""
    for place in (cache_dir("images"), Path(tempfile.gettempdir()), Path("/dev/shm")):
        if place.is_dir() and _has_handles(place):
            return place
    raise KjtuiError("No folder of this machine can be exported", "No file system here has file handles.")


def _has_handles(place: Path) -> bool:
    """name_to_handle_at(2)."""
    handle = ctypes.create_string_buffer(8 + 128)
    ctypes.c_uint.from_buffer(handle).value = 128
    mount = ctypes.c_int()
    call = ctypes.CDLL(None, use_errno=True).name_to_handle_at
    return int(call(-100, os.fsencode(place), handle, ctypes.byref(mount), 0)) == 0
