"""`kjtui enable-sleep`: has systemctl hibernate save this system by kjtui; `kjtui undo` takes it back."""

import os
import stat

from kjtui.backend.machine import Writer
from kjtui.commands import lasting, output
from kjtui.commands.output import Streams, say, wrapped
from kjtui.errors import KjtuiError
from kjtui.plan import places, resumehook, sleephook

_DONE = (
    "Done. Where there is little swap, systemctl hibernate still refuses until systemd-logind has been "
    "started again: by the next start of this machine, or by systemctl restart systemd-logind, which can "
    "end graphical sessions. Until then this does the same: systemctl start systemd-hibernate.service"
)


def run(machine: Writer, streams: Streams, to: str, passphrase_file: str = "", *, yes: bool) -> int:
    """Do it after a yes. Returns 1 if the person said no. Raises KjtuiError."""
    must_ask = output.asks(streams, yes=yes)
    if lasting.stands(machine, sleephook.TITLE):
        told = "It is set up already. To change it: take it back (kjtui undo), then do it again."
        say(streams.stdout, wrapped(told))
        return 0
    _look_at(machine, to)
    if passphrase_file:
        passphrase_file = os.path.abspath(passphrase_file)
        _look_at_file(passphrase_file)
    line = sleephook.command(resumehook.own_program(), to, passphrase_file)
    sentence = f"systemctl hibernate will save this system to {to} by kjtui."
    operations = sleephook.enabling(machine, line)
    if not lasting.made(machine, streams, sleephook.TITLE, sentence, operations, must_ask=must_ask):
        return 1
    say(streams.stdout, wrapped(_DONE))
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
    served = places.on_server(to, facts.looks_on_server)
    here = places.places(facts, machine.whole_disks(), machine.file_spaces(facts.block_devices))
    places.named((*here, *((served,) if served else ())), to)


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
