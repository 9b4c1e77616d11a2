"""Kernel B's own log: its last lines, and where it lies in memory."""

import os
import struct

from kjtui.kexec import notes, ringbuffer

_KCORE = "/proc/kcore"
_PT_LOAD, _PT_NOTE = 1, 4


def tail(lines: int) -> tuple[str, ...]:
    """The last lines of the kernel's log, "[   12.345678] text" each; () where it cannot be read."""
    found = []
    try:
        file = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return ()
    try:
        while True:
            try:
                record = os.read(file, 8192)
            except BrokenPipeError:
                continue  # the oldest was overwritten while we were reading
            except OSError:
                break
            head, _, text = record.decode("utf-8", "replace").partition(";")
            seconds = int(head.split(",")[2]) / 1e6
            found.append(f"[{seconds:12.6f}] {text.splitlines()[0] if text else ''}")
    except (ValueError, IndexError):
        pass
    finally:
        os.close(file)
    return tuple(found[-lines:])


def place() -> ringbuffer.Place | None:
    """Where this kernel's log lies in physical memory; None where /proc/kcore does not tell."""
    try:
        with open(_KCORE, "rb", buffering=0) as core:
            programs = _programs(core.fileno())
            note = next(
                (os.pread(core.fileno(), size, at) for kind, at, _, size in programs if kind == _PT_NOTE), b""
            )

            def read(virtual: int, size: int) -> bytes:
                for kind, at, start, length in programs:
                    if kind == _PT_LOAD and start <= virtual and virtual + size <= start + length:
                        return os.pread(core.fileno(), size, at + virtual - start)
                raise ValueError(f"{virtual:#x} is not in {_KCORE}")

            return ringbuffer.locate(notes.found(note).decode("ascii", "replace"), read)
    except (OSError, OverflowError, struct.error):
        return None


def _programs(core: int) -> list[tuple[int, int, int, int]]:
    """The program headers: (type, offset in the file, virtual address, bytes)."""
    head = os.pread(core, 64, 0)
    (offset,) = struct.unpack_from("<Q", head, 32)
    size, count = struct.unpack_from("<HH", head, 54)
    table = os.pread(core, size * count, offset)
    found = []
    for number in range(count):
        kind, _, at, virtual, _, length = struct.unpack_from("<IIQQQQ", table, number * size)
        found.append((kind, at, virtual, length))
    return found
