"""`kjtui undo`: shows what kjtui has changed on this machine when, and takes the newest of it back."""

from kjtui.backend.machine import Writer
from kjtui.commands import output
from kjtui.commands.output import Streams, say, wrapped
from kjtui.model.change import Event
from kjtui.plan.changes import Change
from kjtui.wizard import changing
from kjtui.wizard.session import Session

_STATES = {
    Event.BEGUN: "cut off",
    Event.DONE: "stands",
    Event.UNDOING: "cut off while it was taken back",
    Event.UNDONE: "taken back",
}


def run(machine: Writer, streams: Streams, *, listing: bool, yes: bool) -> int:
    """Take the newest change back after a yes. Returns 1 if the person said no. Raises KjtuiError.

    listing: only tell what was changed.
    """
    session = Session(machine)
    reservation = session.reservation
    reservation.recall()
    if reservation.fault is not None:
        raise reservation.fault
    if listing:
        _list(reservation.changes, streams)
        return 0
    must_ask = output.asks(streams, yes=yes)
    session.take_look(session.look())
    plan = changing.cut_off(session) if reservation.cut_off else changing.undoing(session)
    say(streams.stdout, wrapped(plan.sentence))
    for heading, lines in plan.parts[:1]:
        say(streams.stdout, heading)
        for line in lines:
            say(streams.stdout, f"  {line}")
    if must_ask and not output.agreed(streams, "Do it?"):
        return 1
    _take_back(session, streams)
    return 0


def _take_back(session: Session, streams: Streams) -> None:
    progress = output.steps_to(streams.stderr)
    if session.reservation.cut_off:
        changing.settle_cut_off(session, progress, finish=False)
    else:
        changing.undo(session, progress)
    say(streams.stdout, "Taken back: the boot configuration is as it was before.")
    if session.reservation.state is not None:
        say(streams.stdout, "The reserved memory is given back by the next restart.")
    if left := len(session.reservation.standing):
        say(streams.stdout, f"Changed earlier and still there: {left}. Run kjtui undo again to go on.")


def _list(changes: tuple[Change, ...], streams: Streams) -> None:
    if not changes:
        say(streams.stdout, "kjtui has changed nothing on this machine.")
    for change in reversed(changes):
        say(
            streams.stdout,
            wrapped(f"{change.title}: {_STATES[change.last]}", f"{changing.when(change.at)}  "),
        )
        for operation in change.operations:
            say(streams.stdout, wrapped(operation.describe(), "                  - "))
