"""When the agent has ended before its time: go home all the same. Called by kernel B's init."""

import signal
import sys

from kjtui.agent import wayback
from kjtui.agent.letter import Letter
from kjtui.agent.visit import read_entry, read_orders
from kjtui.backend import syscalls
from kjtui.errors import KjtuiError
from kjtui.model.word import WayHome


def main() -> None:
    """Leave word and jump; the agent's status as the shell has it is the first argument.

    Returns where there is nothing to go back to, or no way.
    """
    try:
        told, entry = read_orders(), read_entry()
        if not entry:
            return
        wayback.prepare(entry, told.gdt)
        Letter(told.mailbox, parkable=False).leave(WayHome.AGENT, _ended(sys.argv[1] if sys.argv[1:] else ""))
        syscalls.reboot_kexec()
    except KjtuiError as error:
        print(error, flush=True)  # noqa: T201 - kernel B's console, there is nobody else to tell


def _ended(status: str) -> str:
    number = int(status) if status.isdigit() else 0
    if number > 128:
        try:
            return f"kernel B's own program was ended by {signal.Signals(number - 128).name}"
        except ValueError:
            pass
    return f"kernel B's own program ended with status {status or 'unknown'}"
