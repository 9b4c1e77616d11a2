"""Bytes out to a terminal that may be slow, or gone, without ever blocking the app."""

import errno
import os
import select
import termios
import threading
from collections.abc import Callable
from queue import SimpleQueue


class Outlet:
    """A thread that writes to one file descriptor what it is given, in order.

    on_idle is called in that thread each time everything given so far is written; on_lost once, with the
    OSError, when the terminal is gone: what is given afterwards is dropped.
    """

    def __init__(self, fd: int, on_idle: Callable[[], None], on_lost: Callable[[OSError], None]) -> None:
        self._fd = fd
        self._on_idle = on_idle
        self._on_lost = on_lost
        self._queue: SimpleQueue[tuple[bytes, bool] | None] = SimpleQueue()
        self._lock = threading.Lock()  # holds together what is queued and whether that is nothing
        self._idle = threading.Event()
        self._idle.set()
        self._lost = False
        self._thread = threading.Thread(target=self._run, name="console-output", daemon=True)
        self._thread.start()

    @property
    def busy(self) -> bool:
        """Whether something given is not yet written."""
        return not self._idle.is_set()

    def send(self, data: bytes, *, until_sent: bool = False) -> None:
        """Have the bytes written; returns at once.

        until_sent: what is given counts as written only when a serial line has sent its last bit.
        """
        with self._lock:
            self._idle.clear()
            self._queue.put((data, until_sent))

    def drain(self, seconds: float) -> bool:
        """Wait until everything is written, at most so long; False when it is not."""
        return self._idle.wait(seconds)

    def close(self) -> None:
        """End the thread once everything given is written; a terminal that takes nothing does not hold this
        up."""
        self._queue.put(None)
        self._thread.join(1.0)

    def _run(self) -> None:
        while (item := self._queue.get()) is not None:
            if not self._lost:
                try:
                    write_all(self._fd, item[0])
                    if item[1]:
                        _wait_until_sent(self._fd)
                except OSError as error:
                    self._lost = True
                    self._on_lost(error)
            with self._lock:
                if not self._queue.empty():
                    continue
                self._idle.set()
            self._on_idle()


def write_all(fd: int, data: bytes) -> None:
    """Write all the bytes, also to a descriptor that another program has made non-blocking. Raises
    OSError."""
    while data:
        try:
            data = data[os.write(fd, data) :]
        except OSError as error:
            if error.errno != errno.EAGAIN:
                raise
            select.select([], [fd], [])


def _wait_until_sent(fd: int) -> None:
    try:
        termios.tcdrain(fd)
    except termios.error:
        pass  # not a terminal, or gone
