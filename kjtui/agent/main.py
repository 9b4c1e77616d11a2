"""The agent: kernel B's only program. It shows where the person is and brings them back."""

import os
import time

from kjtui.agent import wayback
from kjtui.agent.consoles import Consoles, active
from kjtui.errors import KjtuiError
from kjtui.kexec.commandline import AgentOrders, read_orders
from kjtui.model.choices import Purpose

_ENTER = "\r\n"
_RULE = "-" * 72
_ASLEEP = "You are in kernel B. Your system is asleep, untouched."
_ALONE = "This kernel was started by itself. No system is asleep behind it."


def main() -> None:
    """Run until there is no way back any more; then return, and init gives a shell."""
    with open("/proc/cmdline", encoding="ascii", errors="replace") as file:
        orders = read_orders(file.read())
    consoles = Consoles(active(), orders.plain)
    visit = 1
    while True:
        try:
            # Loaded at once: whoever cannot go back should know it on arrival.
            wayback.prepare(orders)
            way_home = (
                _countdown(consoles, orders) if orders.purpose is Purpose.QUICK else _look(consoles, visit)
            )
            consoles.write("\r\nGoing back to kernel A ...\r\n")
            wayback.go(orders, way_home)
        except KjtuiError as error:
            consoles.show(
                [
                    *_lines("It cannot go back, and this is why:", asleep=bool(orders.entry)),
                    *str(error).split("\n"),
                    "",
                ]
            )
            return
        visit += 1
        consoles.key_mode()
        consoles.forget_keys()


def _lines(note: str, asleep: bool = True) -> list[str]:
    """The head of every screen: where the person is, and that all is well with kernel A."""
    return [
        _RULE,
        f"  {_ASLEEP if asleep else _ALONE}",
        _RULE,
        "",
        f"  Kernel {os.uname().release}, up {time.clock_gettime(time.CLOCK_BOOTTIME):.1f} s. {note}",
        "",
    ]


def _countdown(consoles: Consoles, orders: AgentOrders) -> str:
    """Quick test: come back after a countdown, or at once on a key."""
    consoles.show([*_lines("This is the quick test: it goes back by itself."), "  [Enter] go back now", ""])
    if orders.plain:
        consoles.write(f"  Going back in {orders.countdown} s\r\n")
    end = time.monotonic() + orders.countdown
    while (left := end - time.monotonic()) > 0:
        if not orders.plain:
            consoles.write(f"\r  Going back in {int(left) + 1} s ")
        pressed = consoles.key(left % 1 or 1)
        if pressed and pressed[0] in _ENTER:
            return "key"
    return "countdown"


def _look(consoles: Consoles, visit: int) -> str:
    """Look around: stay until a key is pressed."""
    note = "" if visit == 1 else f"Visit number {visit}: it went on where it stood."
    while True:
        consoles.show([*_lines(note), "  [Enter] go back        [S] shell (exit returns here)", ""])
        pressed = consoles.key(None)
        while pressed and pressed[0] not in _ENTER and pressed[0] not in "sS":
            pressed = consoles.key(None)
        if pressed is None or pressed[0] in _ENTER:
            return "key"
        _shell(pressed[1])
        consoles.key_mode()


def _shell(console: int) -> None:
    """busybox's shell on this console, with job control, until it is left."""
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    try:
        os.setsid()
        name = os.ttyname(console)
        for number in (0, 1, 2):
            os.dup2(
                os.open(name, os.O_RDWR), number
            )  # opened after setsid: it becomes the controlling terminal
        os.execv("/bin/busybox", ["sh", "-l"])
    finally:
        os._exit(127)
