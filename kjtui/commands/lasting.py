"""A lasting change made by a command: shown first, made after a yes, taken back by `kjtui undo`."""

from collections.abc import Sequence

from kjtui.backend.machine import Writer
from kjtui.commands import output
from kjtui.commands.output import Streams, say, wrapped
from kjtui.plan import changes
from kjtui.plan.operations import Operation
from kjtui.wizard import changing


def stands(machine: Writer, title: str) -> bool:
    """Whether a change of this title has been made and not been taken back. Raises KjtuiError."""
    return any(one.title == title for one in changes.read(machine.changes()) if one.stands)


def made(
    machine: Writer,
    streams: Streams,
    title: str,
    sentence: str,
    operations: Sequence[Operation],
    *,
    must_ask: bool,
) -> bool:
    """Show what will be done and do it; False if the person said no. sentence: what for.

    Raises KjtuiError.
    """
    say(streams.stdout, wrapped(f"{sentence} For that:"))
    for line in changing.previews(operations):
        say(streams.stdout, f"  {line}")
    say(streams.stdout, "How it is undone: kjtui undo")
    if must_ask and not output.agreed(streams, "Do it?"):
        return False
    changes.make(title, operations, machine, output.steps_to(streams.stderr))
    return True
