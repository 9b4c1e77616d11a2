"""Processes, and those that wait for a device and cannot be stopped meanwhile."""

import os
import time
from dataclasses import replace

from kjtui.backend.probe.source import Source
from kjtui.model.facts import Task

PROC = "/proc"
_WAITS = "D"  # proc(5): uninterruptible disk sleep
_WAITING = b") D "
_KERNEL = 2  # kthreadd, the parent of all kernel threads
_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
_AGAIN = 0.005  # seconds; an ordinary read or write from a disk is over by then


def read(source: Source) -> tuple[int | None, tuple[Task, ...] | None]:
    """(how many processes there are, those that are stuck); (None, None) where /proc does not list them.

    Stuck is who waits without a chance to be interrupted, twice in a row. Kernel threads are left out: some
    of them wait so by nature.
    """
    pids = [name for name in source.names(PROC) if name.isdecimal()]
    if not pids:
        source.note(PROC, "it lists no processes")
        return None, None
    folder = source.place(PROC)
    waiting = [task for pid in pids if (task := _waiting(folder, pid))]
    if waiting:
        time.sleep(_AGAIN)
        waiting = [again for task in waiting if (again := _again(source, task))]
    return len(pids), tuple(waiting)


def _waiting(folder: str, pid: str) -> Task | None:
    """The process, if it waits. /proc/PID/stat is "pid (name) state ppid …", and a name may hold anything."""
    # Processes end while they are listed, so that nothing is noted.
    try:
        file = os.open(f"{folder}/{pid}/stat", _FLAGS)
        try:
            line = os.read(file, 256)
        finally:
            os.close(file)
    except OSError:
        return None
    if _WAITING not in line:
        return None
    head, _, tail = line.rpartition(b") ")
    if not tail.startswith(_WAITS.encode()) or int(pid) == _KERNEL:
        return None
    fields = tail.split()
    if len(fields) > 1 and fields[1] == str(_KERNEL).encode():
        return None
    return Task(int(pid), head.partition(b"(")[2].decode("utf-8", "backslashreplace"), _WAITS)


def _again(source: Source, task: Task) -> Task | None:
    """The task with where it waits, if it still does."""
    if source.real:
        if not _still_waits(task.pid):
            return None
    elif _waiting(source.place(PROC), str(task.pid)) is None:
        return None
    # Reading it takes rights; "0" stands for a place without a name.
    where = source.text(f"{PROC}/{task.pid}/wchan", optional=True) or ""
    return replace(task, waits_in="" if where == "0" else where)


def _still_waits(pid: int) -> bool:
    import psutil  # late: it takes long to start on a slow machine

    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_DISK_SLEEP)
    except (psutil.Error, OSError, ValueError, LookupError):
        return False
