"""When the agent has ended before its time: go home all the same. Called by kernel B's init."""

import signal
import sys
import time

from kjtui.agent import wayback
from kjtui.agent.letter import Letter
from kjtui.agent.visit import read_entry, read_orders
from kjtui.backend import syscalls
from kjtui.errors import KjtuiError
from kjtui.model.choices import Purpose
from kjtui.model.word import WayHome

_READING = 5.0  # seconds


def main() -> None:
    """Leave word and jump; the agent's status as the shell has it is the first argument.

    Returns where there is nothing to go back to, or no way.
    """
    try:
        told, entry = read_orders(), read_entry()
        if told.purpose is Purpose.RESTORE:
            _restart(sys.argv[1] if sys.argv[1:] else "")
        if not entry:
            return
        wayback.prepare(entry, told.gdt)
        Letter(told.mailbox, parkable=False).leave(WayHome.AGENT, _ended(sys.argv[1] if sys.argv[1:] else ""))
        syscalls.reboot_kexec()
    except KjtuiError as error:
        print(error, flush=True)  # noqa: T201 - kernel B's console, there is nobody else to tell


def _restart(status: str) -> None:
    """Nobody waits, and the image is as it was: the next start offers it again."""
    print(  # noqa: T201
        f"\n  The saved system could not be put back: {_ended(status)}.\n"
        "  The image is kept. Restarting in the ordinary way.",
        flush=True,
    )
    time.sleep(_READING)
    syscalls.restart()


def _ended(status: str) -> str:
    number = int(status) if status.isdigit() else 0
    if number > 128:
        try:
            return f"kernel B's own program was ended by {signal.Signals(number - 128).name}"
        except ValueError:
            pass
    return f"kernel B's own program ended with status {status or 'unknown'}"
