"""A visit from its beginning to its end: what happens all the while, and the way home."""

import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace

from kjtui.agent import modules, network, ownlog, wayback
from kjtui.agent.consoles import Consoles, active
from kjtui.agent.letter import Letter
from kjtui.agent.protect import Guard
from kjtui.agent.watchdogs import Feeder
from kjtui.backend import syscalls
from kjtui.errors import KjtuiError
from kjtui.kexec import orders, ringbuffer
from kjtui.kexec.entry import read_entry as entry_of
from kjtui.model.choices import Purpose
from kjtui.model.visit import Orders
from kjtui.model.word import WayHome

PID_FILE = "/kjtui/pid"
_TICK = 0.5  # seconds between two looks at what may have changed
# What makes a failure or a hang a panic: the command line asks for it, too, where the kernel reads it there.
_PANICS = {
    "kernel/panic_on_oops": "1",
    "kernel/softlockup_panic": "1",
    "kernel/hung_task_panic": "1",
    "kernel/hung_task_timeout_secs": "120",
    "kernel/hardlockup_panic": "1",
    "kernel/unknown_nmi_panic": "1",  # a watchdog that warns before it resets does so by this
}


def read_orders() -> Orders:
    """The orders that kernel A has sent along. Raises KjtuiError."""
    try:
        with open(f"/{orders.PATH}", "rb") as file:
            return orders.decode(file.read())
    except OSError as error:
        raise KjtuiError("Kernel B has no orders", f"/{orders.PATH}: {error.strerror}.") from None


def read_entry() -> int:
    """Where kernel A waits; 0 when this kernel was not jumped to."""
    with open("/proc/cmdline", encoding="ascii", errors="replace") as file:
        return entry_of(file.read())


class GoHome(Exception):
    """It is time to go. way: a WayHome."""

    def __init__(self, way: WayHome, error: str = "") -> None:
        super().__init__(way)
        self.way = way
        self.error = error


class Visit:
    """What the agent keeps doing, whatever it is here for.

    watching: somebody else has the consoles, which are only watched for signs of a person.
    """

    def __init__(self, told: Orders, watching: bool = False) -> None:
        self.orders = told
        self.entry = read_entry()
        # Where programs run that are not ours, and that may bring what puts disks together.
        self.guard = Guard(told.disks, hold=watching or told.purpose is Purpose.PROGRAM)
        self.letter = Letter(told.mailbox, told.parkable)
        self.feeder = Feeder(told.watchdogs)
        self.timer = float(told.timer)
        self.number = 1
        self.notes: list[str] = []
        self._called = False
        self._fed = 0.0
        self.consoles = Consoles(active(), told.plain, watching)

    def begin(self) -> None:
        """Everything that comes before the purpose. The order matters: first of all A's disks."""
        self.guard.lock()
        for name, value in _PANICS.items():
            _set(f"/proc/sys/{name}", value)
        self._lay_the_panic_way()
        self.notes += modules.load()
        self.guard.lock()
        unfed = self.feeder.take_over()
        signal.signal(signal.SIGUSR1, self._call)
        with open(PID_FILE, "w", encoding="ascii") as file:
            file.write(str(os.getpid()))
        if failed := self.guard.failure():
            raise GoHome(WayHome.ERROR, f"the disk {failed} could not be set read-only")
        if unfed and self.entry:
            raise GoHome(WayHome.ERROR, f"the watchdog {unfed[0]} cannot be fed here and would restart all")
        if self.orders.network:
            self.notes.append(network.configure(self.tick, *self.orders.own_address))
        self.arrived()

    def arrived(self) -> None:
        """Tell kernel A that this kernel is up: what it finds should this one end without a word."""
        disks, others = self.guard.report(), self.guard.others()
        ready = time.clock_gettime(time.CLOCK_BOOTTIME)
        self.letter.text = replace(
            self.letter.text, disks=disks, others_locked=others, ready=self.letter.text.ready or ready
        )
        self.letter.leave()

    def _lay_the_panic_way(self) -> None:
        log: ringbuffer.Place | None = ownlog.place()
        try:
            copied = wayback.prepare_for_panic(self.entry, self.orders.gdt, self.orders.mailbox, log)
        except KjtuiError as error:
            self.notes.append(f"a failure of this kernel would not lead home: {error.detail or error.title}")
            return
        if copied and log:
            self.letter.text = replace(self.letter.text, ring=dict(log.layout))

    def _call(self, *_signal: object) -> None:
        self._called = True

    def tick(self) -> None:
        """To be called every half second: lock what has appeared, feed watchdogs. Raises GoHome."""
        if self.guard.lock() and (failed := self.guard.failure()):
            raise GoHome(WayHome.ERROR, f"the disk {failed} appeared and could not be set read-only")
        if (now := time.monotonic()) - self._fed >= self.feeder.every:
            self._fed = now
            self.feeder.feed()
        if self._called:
            self._called = False
            raise GoHome(WayHome.COMMAND)
        if self.timer and self.consoles.idle() >= self.timer:
            raise GoHome(WayHome.TIMER)

    def key(self, seconds: float = 0.0, each: Callable[[], None] = lambda: None) -> tuple[str, int] | None:
        """Wait for a key, or so many seconds (0: for ever). each: called at every tick. Raises GoHome."""
        end = time.monotonic() + seconds
        while True:
            left = end - time.monotonic() if seconds else _TICK
            if left <= 0:
                return None
            if pressed := self.consoles.key(min(left, _TICK)):
                return pressed
            self.tick()
            each()

    def wait(self, child: int, each: Callable[[], None] = lambda: None) -> int:
        """Wait for a child process to end; its status as a shell has it. Raises GoHome."""
        while True:
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                return os.waitstatus_to_exitcode(status)
            time.sleep(_TICK / 5)
            self.tick()
            each()

    def go(self, way: WayHome, error: str = "") -> None:
        """Leave word and jump. Returns when kernel A has jumped here again. Raises KjtuiError."""
        wayback.prepare(self.entry, self.orders.gdt)
        self.letter.leave(way, error)
        syscalls.reboot_kexec()
        self.number += 1
        self.feeder.feed()
        self.guard.lock()
        self.consoles.begin_anew()
        self.arrived()


def _set(path: str, value: str) -> None:
    try:
        with open(path, "w", encoding="ascii") as file:
            file.write(value)
    except OSError:
        return  # this kernel was built without it
