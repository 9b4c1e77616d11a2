"""`kjtui enable-resume`: has this machine's starts look for saved systems; `kjtui undo` takes it back."""

from kjtui.backend.machine import Writer
from kjtui.commands import lasting, output
from kjtui.commands.output import Streams, say
from kjtui.errors import KjtuiError
from kjtui.imagefile import exports
from kjtui.plan import places, resumehook


def run(machine: Writer, streams: Streams, server: str = "", *, yes: bool) -> int:
    """Do it after a yes. server: an NFS export to look on, too. Returns 1 if the person said no.

    Raises KjtuiError.
    """
    must_ask = output.asks(streams, yes=yes)
    if lasting.stands(machine, resumehook.TITLE):
        say(streams.stdout, "The starts of this machine look for saved systems already.")
        if server:
            say(streams.stdout, "To look on a server, too: take it back (kjtui undo), then do it again.")
        return 0
    told = _server_line(machine, server) if server else ""
    operations = resumehook.enabling(machine, resumehook.own_program(), machine.facts().kernel_release, told)
    sentence = "Every start of this machine will look for a saved system."
    if not lasting.made(machine, streams, resumehook.TITLE, sentence, operations, must_ask=must_ask):
        return 1
    say(streams.stdout, "Done. What is saved from now on is found at the next start.")
    return 0


def _server_line(machine: Writer, name: str) -> str:
    """What the start has to know of a server that answers now. Raises KjtuiError."""
    place = places.on_server(name)
    if place is None:
        raise KjtuiError("This is no NFS export", f"{name} was named.", "Write it as SERVER:/FOLDER.")
    return exports.line(machine.reached(place.target), machine.identity().host)
