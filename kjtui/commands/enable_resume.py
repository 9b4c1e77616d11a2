"""`kjtui enable-resume`: has this machine's starts look for saved systems; `kjtui undo` takes it back."""

import shlex
import sys
from pathlib import Path

from kjtui.backend.machine import Writer
from kjtui.commands.output import Streams, say, wrapped
from kjtui.errors import KjtuiError
from kjtui.plan import changes, resumehook
from kjtui.wizard import changing


def run(machine: Writer, streams: Streams, *, yes: bool) -> int:
    """Do it after a yes. Returns 1 if the person said no. Raises KjtuiError."""
    asks = not yes and streams.stdin.isatty()
    if not asks and not yes:
        raise KjtuiError(
            "Nobody can be asked", "Standard input is no terminal.", "Add --yes to do it without being asked."
        )
    standing = [one for one in changes.read(machine.changes()) if one.stands]
    if any(one.title == resumehook.TITLE for one in standing):
        say(streams.stdout, "The starts of this machine look for saved systems already.")
        return 0
    operations = resumehook.enabling(machine, program())
    say(streams.stdout, wrapped("Every start of this machine will look for a saved system. For that:"))
    for line in changing.previews(operations):
        say(streams.stdout, f"  {line}")
    say(streams.stdout, "How it is undone: kjtui undo")
    if asks:
        streams.stdout.write("Do it? [y/N] ")
        streams.stdout.flush()
        if streams.stdin.readline().strip().lower() not in ("y", "yes"):
            say(streams.stdout, "Nothing was changed.")
            return 1
    said = ""

    def progress(what: str, _fraction: float) -> None:
        nonlocal said
        if what != said:
            said = what
            say(streams.stderr, f"  {what}")

    changes.make(resumehook.TITLE, operations, machine, progress)
    say(streams.stdout, "Done. What is saved from now on is found at the next start.")
    return 0


def program() -> str:
    """This program as the shell's words, from wherever it is started."""
    place = str(Path(__file__).resolve().parents[2])
    return f"PYTHONPATH={shlex.quote(place)} {shlex.quote(sys.executable)} -m kjtui"
