"""The witness of the rehearsal machine: holds things that a lost page or a lost process would break.

A process other than the wizard, with 128 MiB of random data, an open file with a position, a pipe and a TCP
connection on loopback with bytes in them, and a counter that goes on. It answers JSON lines on a virtio
serial port: {"ask": ID} is answered with the state now, with the same ID. Standard library only.
"""

import json
import os
import socket
import sys
import threading
import time
import zlib
from pathlib import Path

SIZE = 128 << 20
CHUNK = 1 << 20
IN_FLIGHT = 3000  # bytes left unread in the pipe and in the TCP connection; both hold more than that


class Witness:
    """Holds the things and looks at them again."""

    def __init__(self) -> None:
        self.data = [os.urandom(CHUNK) for _ in range(SIZE // CHUNK)]
        self.sums = [zlib.crc32(chunk) for chunk in self.data]
        self.counter = 0
        self.file_bytes = os.urandom(1 << 16)
        path = f"/var/tmp/witness.{os.getpid()}"
        Path(path).write_bytes(self.file_bytes)
        self.file = os.open(path, os.O_RDONLY)
        self.file_position = 4321
        os.lseek(self.file, self.file_position, os.SEEK_SET)
        self.pipe_out, self.pipe_in = os.pipe()
        self.pipe_expected = b""
        listener = socket.create_server(("127.0.0.1", 0))
        self.near = socket.create_connection(listener.getsockname())
        self.far, _ = listener.accept()
        self.far.settimeout(20)
        self.tcp_expected = b""
        self.fill()

    def fill(self) -> None:
        """Put fresh bytes into the pipe and the connection."""
        self.pipe_expected = os.urandom(IN_FLIGHT)
        os.write(self.pipe_in, self.pipe_expected)
        self.tcp_expected = os.urandom(IN_FLIGHT)
        self.near.sendall(self.tcp_expected)

    def count(self) -> None:
        """Go on counting, for ever."""
        while True:
            self.counter += 1
            time.sleep(0.05)

    def damaged(self) -> list[int]:
        """Which MiB of the data are not what they were."""
        return [number for number, chunk in enumerate(self.data) if zlib.crc32(chunk) != self.sums[number]]

    def file_ok(self) -> bool:
        """Whether the file is still where it was, then read on in it."""
        at = os.lseek(self.file, 0, os.SEEK_CUR)
        if at != self.file_position:
            return False
        piece = os.read(self.file, 100)
        expected = self.file_bytes[at : at + 100]
        self.file_position = at + 100 if at + 200 < len(self.file_bytes) else 0
        os.lseek(self.file, self.file_position, os.SEEK_SET)
        return piece == expected

    def pipe_ok(self) -> bool:
        """Whether the bytes in the pipe are the ones that were put in."""
        return os.read(self.pipe_out, IN_FLIGHT) == self.pipe_expected

    def tcp_ok(self) -> bool:
        """Whether the bytes under way in the connection arrive."""
        got = b""
        try:
            while len(got) < IN_FLIGHT and (piece := self.far.recv(IN_FLIGHT - len(got))):
                got += piece
        except OSError:
            return False
        return got == self.tcp_expected

    def state(self) -> dict[str, object]:
        """Everything, looked at now."""
        damaged = self.damaged()
        answer = {
            "pid": os.getpid(),
            "mib": SIZE >> 20,
            "memory_ok": not damaged,
            "damaged_mib": damaged[:16],
            "file_ok": self.file_ok(),
            "pipe_ok": self.pipe_ok(),
            "tcp_ok": self.tcp_ok(),
            "counter": self.counter,
            "boot_id": read("/proc/sys/kernel/random/boot_id"),
            "cpus_online": os.sysconf("SC_NPROCESSORS_ONLN"),
            "kernel": os.uname().release,
            "away": time.clock_gettime(time.CLOCK_BOOTTIME) - time.clock_gettime(time.CLOCK_MONOTONIC),
            "kexec_loaded": read("/sys/kernel/kexec_loaded", "/sys/kernel/kexec/loaded"),
            "load_limit": read("/proc/sys/kernel/kexec_load_limit_reboot"),
            "lockdown": read("/sys/kernel/security/lockdown"),
            "processes": sum(name.isdigit() for name in os.listdir("/proc")),
        }
        self.fill()
        return answer


def read(*paths: str) -> str | None:
    """Text of the first of these files that can be read."""
    for path in paths:
        try:
            return Path(path).read_text().strip()
        except OSError:
            continue
    return None


def main() -> None:
    """Serve the port. An error on it (it is closed, or away for a moment) is waited out."""
    witness = Witness()
    threading.Thread(target=witness.count, daemon=True).start()
    port = os.open(sys.argv[1], os.O_RDWR)
    pending = b""
    os.write(port, b'{"ready": true}\n')
    while True:
        try:
            piece = os.read(port, 4096)
        except OSError:
            piece = b""
        if not piece:
            time.sleep(0.2)
            continue
        pending += piece
        while b"\n" in pending:
            line, pending = pending.split(b"\n", 1)
            try:
                request = json.loads(line)
            except ValueError:
                continue
            answer = json.dumps({**witness.state(), "answer": request.get("ask")}).encode() + b"\n"
            while answer:
                answer = answer[os.write(port, answer) :]


if __name__ == "__main__":
    main()
