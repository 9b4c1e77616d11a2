"""The agent: kernel B's own program. It shows where the person is and brings them back."""

import os
import time

from kjtui.agent.consoles import Consoles
from kjtui.agent.visit import GoHome, Visit, read_orders
from kjtui.errors import KjtuiError
from kjtui.model.choices import Purpose
from kjtui.model.word import WayHome

_ENTER = "\r\n"
_RULE = "-" * 72
_ASLEEP = "You are in kernel B. Your system is asleep, untouched."
_RETURNING = "Your system is being put back into memory."
_ALONE = "This kernel was started by itself. No system is asleep behind it."


def main() -> None:
    """Run until there is no way back any more; then return, and init gives a shell."""
    visit = Visit(read_orders())
    try:
        leaving = _stay(visit, visit.begin)
        while True:
            if leaving is None:
                leaving = _stay(visit, lambda: _purpose(visit))
            if leaving is not None:
                visit.consoles.write("\r\nGoing back to kernel A ...\r\n")
                visit.go(leaving.way, leaving.error)
            leaving = None
    except KjtuiError as error:
        head = _head(visit, "It cannot go back, and this is why:")
        visit.consoles.show([*head, *str(error).split("\n"), ""])


def _stay(visit: Visit, what: object) -> GoHome | None:
    """Do something until it is time to go; None when it has ended before. Every failure is a reason to go."""
    try:
        assert callable(what)
        what()
    except GoHome as leaving:
        return leaving
    except Exception as error:  # whatever it is: kernel A is to be told, not this console alone
        said = f"{error.title}. {error.detail}" if isinstance(error, KjtuiError) else repr(error)
        if not visit.entry:
            raise KjtuiError("The agent of kernel B has failed", said) from error
        return GoHome(WayHome.ERROR, said)
    return None


def _purpose(visit: Visit) -> None:
    """What kernel B is here for; on a second visit it is looked around in. Raises GoHome."""
    if visit.orders.purpose is Purpose.QUICK:
        _countdown(visit)
    elif visit.orders.purpose is Purpose.PROGRAM and visit.number == 1:
        from kjtui.agent import program

        program.run(visit)
    elif visit.orders.purpose is Purpose.SAVE and visit.number == 1:
        from kjtui.agent import save

        visit.consoles.show(_head(visit, "It saves your system's memory. [C] cancels and goes back."))
        save.run(visit)
    elif visit.orders.purpose is Purpose.RESTORE:
        from kjtui.agent import restore

        visit.consoles.show(_head(visit, "It puts your system's memory back where it was."))
        restore.run(visit)
    else:
        from kjtui.agent import around

        around.stay(visit, _head)


def _head(visit: Visit, note: str) -> list[str]:
    """The head of every screen: where the person is, and that all is well with kernel A."""
    up = time.clock_gettime(time.CLOCK_BOOTTIME)
    where = _ASLEEP if visit.entry else _RETURNING if visit.orders.purpose is Purpose.RESTORE else _ALONE
    lines = [_RULE, f"  {where}", _RULE, ""]
    lines.append(f"  Kernel {os.uname().release}, up {up:.1f} s. {note}")
    kept = [one for one in visit.letter.text.disks if one.seen_as]
    if kept:
        words = ", ".join(f"{one.seen_as} ({one.why})" if one.why else one.seen_as for one in kept)
        lines.append(f"  Read-only here, your system's: {words}"[:78])
    return [*lines, *(f"  Note: {one}"[:78] for one in visit.notes[:3]), ""]


def _countdown(visit: Visit) -> None:
    """Quick test: come back after a countdown, or at once on a key. Raises GoHome."""
    consoles: Consoles = visit.consoles
    consoles.show(
        [*_head(visit, "This is the quick test: it goes back by itself."), "  [Enter] go back now", ""]
    )
    if consoles.plain:
        consoles.write(f"  Going back in {visit.orders.countdown} s\r\n")
    end = time.monotonic() + visit.orders.countdown
    while (left := end - time.monotonic()) > 0:
        if not consoles.plain:
            consoles.write(f"\r  Going back in {int(left) + 1} s ")
        pressed = visit.key(left % 1 or 1)
        if pressed and pressed[0] in _ENTER:
            raise GoHome(WayHome.KEY)
    raise GoHome(WayHome.COUNTDOWN)
