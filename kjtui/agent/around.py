"""Looking around in kernel B: its screen, the shell, and what may be done with disks."""

import os
from collections.abc import Callable

from kjtui.agent import disks
from kjtui.agent.visit import GoHome, Visit
from kjtui.model.choices import Purpose
from kjtui.model.word import WayHome

Head = Callable[[Visit, str], list[str]]
_ENTER = "\r\n"
_TIMES = (300.0, 1800.0, 7200.0, 0.0)  # what T goes through, in seconds; 0 is never
_WARNING = 60.0  # seconds before the timer ends the visit


def stay(visit: Visit, head: Head) -> None:
    """Stay until it is time to go. Raises GoHome, always."""
    screen = _Screen(visit, head)
    while True:
        screen.show()
        pressed = visit.key(each=screen.remind)
        assert pressed is not None  # waits for ever
        letter, console = pressed
        if letter in _ENTER:
            raise GoHome(WayHome.KEY)
        if letter in "sS":
            _shell(visit, console, screen.remind)
        elif letter in "tT":
            screen.longer()
        elif letter in "wW":
            disks.allow_writing(visit)
        elif letter in "mM" and visit.orders.purpose is Purpose.RESCUE:
            disks.mount_read_only(visit)


class _Screen:
    def __init__(self, visit: Visit, head: Head) -> None:
        self.visit = visit
        self.head = head
        self.warned = False

    def show(self) -> None:
        visit = self.visit
        note = "" if visit.number == 1 else f"Visit number {visit.number}: it went on where it stood."
        keys = ["  [Enter] go back        [S] shell (exit returns here; kjtui back goes home)"]
        more = ["[T] more time"]
        if visit.guard.others():
            more.append("[W] write to a disk")
        if visit.orders.purpose is Purpose.RESCUE:
            more.append("[M] mount disks to read")
        keys.append("  " + "        ".join(more))
        visit.consoles.show([*self.head(visit, note), *keys, "", f"  {_timer(visit.timer)}", ""])

    def longer(self) -> None:
        """The next longer time, after the longest none at all."""
        longer = [one for one in _TIMES if one == 0 or one > self.visit.timer]
        self.visit.timer = longer[0] if self.visit.timer else _TIMES[0]
        self.visit.consoles.awake()

    def remind(self) -> None:
        """Say that the time is nearly up, once for each time that it is."""
        visit = self.visit
        left = visit.timer - visit.consoles.idle()
        near = bool(visit.timer) and left <= min(_WARNING, visit.timer / 2)
        if near and not self.warned:
            visit.consoles.write(
                f"\r\n  No key was pressed for long: going back in {left:.0f} s. Any key stays.\r\n"
            )
        self.warned = near


def _timer(seconds: float) -> str:
    if not seconds:
        return "It stays until you go back."
    return (
        f"Without a key for {seconds / 60:.0f} min it goes back by itself."
        if seconds >= 60
        else (f"Without a key for {seconds:.0f} s it goes back by itself.")
    )


def _shell(visit: Visit, console: int, each: Callable[[], None]) -> None:
    """busybox's shell on this console, with job control, until it is left. Raises GoHome."""
    child = os.fork()
    if child == 0:
        try:
            os.setsid()
            name = os.ttyname(console)
            for number in (0, 1, 2):
                # Opened after setsid: it becomes the controlling terminal.
                os.dup2(os.open(name, os.O_RDWR), number)
            path = "/kjtui/bin:/bin:/sbin:/usr/bin:/usr/sbin"
            os.execve("/kjtui/bin/busybox", ["sh", "-l"], {"PATH": path, "HOME": "/root", "TERM": "linux"})
        finally:
            os._exit(127)
    visit.wait(child, each)
    visit.consoles.reopen()
