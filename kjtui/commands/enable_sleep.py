"""`kjtui enable-sleep`: has systemctl hibernate save this system by kjtui; `kjtui undo` takes it back."""

import os
import stat

from kjtui.backend.machine import Writer
from kjtui.commands import output
from kjtui.commands.output import Streams, say, wrapped
from kjtui.errors import KjtuiError
from kjtui.plan import changes, places, resumehook, sleephook
from kjtui.wizard import changing


def run(machine: Writer, streams: Streams, to: str, passphrase_file: str = "", *, yes: bool) -> int:
    """Do it after a yes. Returns 1 if the person said no. Raises KjtuiError."""
    must_ask = output.asks(streams, yes=yes)
    if any(one.title == sleephook.TITLE for one in changes.read(machine.changes()) if one.stands):
        say(
            streams.stdout, "It is set up already. To change it: take it back (kjtui undo), then do it again."
        )
        return 0
    _look_at(machine, to)
    if passphrase_file:
        passphrase_file = os.path.abspath(passphrase_file)
        _look_at_file(passphrase_file)
    line = sleephook.command(resumehook.own_program(), to, passphrase_file)
    operations = sleephook.enabling(machine, line)
    say(streams.stdout, wrapped(f"systemctl hibernate will save this system to {to} by kjtui. For that:"))
    for shown in changing.previews(operations):
        say(streams.stdout, f"  {shown}")
    say(streams.stdout, "How it is undone: kjtui undo")
    if must_ask and not output.agreed(streams, "Do it?"):
        return 1
    changes.make(sleephook.TITLE, operations, machine, output.steps_to(streams.stderr))
    say(streams.stdout, wrapped("Done. systemd-logind takes it up at the next start; systemctl can at once."))
    return 0


def _look_at(machine: Writer, to: str) -> None:
    """Whether it can work: the next start looks, and the place can be used. Raises KjtuiError."""
    facts = machine.facts()
    if not facts.looks_for_saved:
        raise KjtuiError(
            "The next start would not look for the saved system",
            "Nothing in the initramfs of this machine does.",
            "Run kjtui enable-resume first.",
        )
    if place := places.on_server(to, facts.looks_on_server):
        here: tuple[places.Place, ...] = (place,)
    else:
        here = places.places(facts, machine.whole_disks(), machine.file_spaces(facts.block_devices))
    found = next((one for one in here if one.target.name == to), None)
    usable = ", ".join(one.target.name for one in here if not one.why_not) or "none"
    if found is None or found.why_not:
        why = f"{found.why_not[:1].upper()}{found.why_not[1:]}." if found else f"{to} was named."
        raise KjtuiError("There is no such place for the image", why, f"Places that can be used: {usable}.")


def _look_at_file(path: str) -> None:
    """Nobody but root may know the passphrase. Raises KjtuiError."""
    try:
        status = os.stat(path)
    except OSError as error:
        raise KjtuiError(
            "The passphrase cannot be read", f"{path}: {error.strerror}.", "Name another file."
        ) from None
    if status.st_uid != 0 or status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise KjtuiError(
            "The file with the passphrase can be read by others",
            f"{path} belongs to user {status.st_uid}, permission {stat.S_IMODE(status.st_mode):03o}.",
            f"chown root {path}; chmod 600 {path}",
        )
