"""Writing files to disk without waiting for ever for a disk, or a server, that does not answer."""

import os
import re
import threading
import time
from collections.abc import Callable, Iterable

from kjtui.backend.machine import Progress
from kjtui.backend.probe import mounts
from kjtui.backend.probe.source import Source
from kjtui.model.facts import Mount
from kjtui.model.memory import MIB
from kjtui.model.surroundings import Written

MEMINFO = "/proc/meminfo"
PATIENCE = 10.0  # seconds in which nothing at all gets written
_EACH = 1.0  # seconds that one file system has to answer, when it is asked alone
_TICK = 0.05
_LEFT = re.compile(r"^(?:Dirty|Writeback|NFS_Unstable): +([0-9]{1,15}) kB$", re.MULTILINE)
# Nothing of these is on a disk; and to open what autofs watches would mount it.
_IN_MEMORY = frozenset(
    {
        *("autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts", "devtmpfs"),
        *("efivarfs", "fusectl", "hugetlbfs", "mqueue", "nsfs", "overlay", "proc", "pstore", "ramfs"),
        *("rpc_pipefs", "securityfs", "selinuxfs", "squashfs", "sysfs", "tmpfs", "tracefs"),
    }
)
_pending: list[threading.Thread] = []  # a sync(2) that has not returned: a second one would wait behind it


def write_out(
    source: Source,
    progress: Progress,
    patience: float = PATIENCE,
    sync: Callable[[], None] = os.sync,
    sync_one: Callable[[str], None] | None = None,
) -> Written:
    """sync(2) in a thread, given up when for patience seconds nothing gets less.

    progress may raise to stop waiting. sync and sync_one (for the file system at a path) are for tests.
    """
    if not _pending or not _pending[0].is_alive():
        _pending[:] = [threading.Thread(target=sync, daemon=True, name="sync")]
        _pending[0].start()
    thread = _pending[0]
    thread.join(_TICK)
    least = first = unwritten(source) or 0
    since = time.monotonic()
    while thread.is_alive():
        left = unwritten(source) or 0
        if left < least:
            least, since = left, time.monotonic()
        if time.monotonic() - since > patience:
            return Written(False, unwritten(source), _hanging(source, sync_one or _sync_one))
        done = 1 - left / first if 0 < left < first else 0.0
        progress(f"writing files to disk, {left // MIB} MiB to go", done)
        thread.join(_TICK)
    return Written(True, unwritten(source))


def unwritten(source: Source) -> int | None:
    """Bytes that are to be written, or are being written now (proc(5)); None where nothing tells."""
    text = source.text(MEMINFO)
    found = _LEFT.findall(text or "")
    return sum(int(size) << 10 for size in found) if found else None


def _hanging(source: Source, sync_one: Callable[[str], None]) -> tuple[Mount, ...]:
    """The mounts that do not answer when each is asked in a thread of its own."""
    asked = []
    for mount in _on_disk(mounts.read(source)):
        thread = threading.Thread(target=sync_one, args=(mount.target,), daemon=True, name="sync one")
        thread.start()
        asked.append((mount, thread))
    end = time.monotonic() + _EACH
    for _mount, thread in asked:
        thread.join(max(0.0, end - time.monotonic()))
    return tuple(mount for mount, thread in asked if thread.is_alive())


def _on_disk(lines: Iterable[mounts.MountLine]) -> tuple[Mount, ...]:
    """One mount of each file system that keeps files elsewhere than in memory."""
    first: dict[str, Mount] = {}
    for line in lines:
        if line.mount.fstype not in _IN_MEMORY:
            first.setdefault(line.number, line.mount)
    return tuple(first.values())


def _sync_one(target: str) -> None:
    from kjtui.backend import syscalls

    try:
        file = os.open(target, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return  # it answers
    try:
        syscalls.sync_file_system(file)
    finally:
        os.close(file)
