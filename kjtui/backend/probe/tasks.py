"""Processes, and those that wait for a device and cannot be stopped meanwhile."""

import os
import time
from collections.abc import Iterable
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
    waiting = _all_waiting(source, pids)
    if waiting:
        time.sleep(_AGAIN)
        waiting = [again for task in waiting if (again := _again(source, task))]
    return len(pids), tuple(waiting)


def _all_waiting(source: Source, pids: Iterable[str]) -> list[Task]:
    """Those of the processes that wait.

    There may be thousands, of which hardly one waits, so that only what is needed for each is done.
    """
    folder = source.place(PROC)
    opened, read, close = os.open, os.read, os.close
    found = []
    for pid in pids:
        try:
            file = opened(f"{folder}/{pid}/stat", _FLAGS)
        except OSError:  # it has ended meanwhile
            continue
        try:
            line = read(file, 256)
        except OSError:
            continue
        finally:
            close(file)
        if _WAITING in line and (task := _waiting(pid, line)):
            found.append(task)
    return found


def _waiting(pid: str, line: bytes) -> Task | None:
    """The process, if it waits. /proc/PID/stat is "pid (name) state ppid …", and a name may hold anything."""
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
    elif not _all_waiting(source, (str(task.pid),)):
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
