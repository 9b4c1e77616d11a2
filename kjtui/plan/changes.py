"""Lasting changes: carried out so that they can be finished or undone after a crash, and taken back later."""

import json
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from kjtui.backend.machine import Progress, Writer
from kjtui.backend.recorded import decode, encode
from kjtui.errors import KjtuiError
from kjtui.model.change import ChangeLine, Event
from kjtui.plan import bootcopies, bootops, boottexts, resumehook
from kjtui.plan.boottexts import Kind
from kjtui.plan.operations import Operation

_KINDS = {
    kind.__name__: kind
    for kind in (
        bootops.EditFile,
        bootops.TakeOut,
        bootops.MakeFolder,
        bootops.RemoveFolder,
        bootcopies.KeepCopies,
        bootcopies.PutBack,
        bootcopies.Generate,
        bootops.RunTool,
        bootops.ReadBack,
        bootops.EndTrial,
        resumehook.Rebuild,
        resumehook.Packed,
    )
}
_ENDED = (Event.DONE, Event.UNDONE)


@dataclass(frozen=True)
class Change:
    """One change as its journal tells. begun: how many operations have begun, done: how many have ended well.

    last: what its last line of the kinds begun, done, undoing, undone says. at: when it was begun. why: the
    failure, if there was one.
    """

    id: str
    title: str
    at: float
    boot_id: str
    operations: tuple[Operation, ...]
    begun: int = 0
    done: int = 0
    last: Event = Event.BEGUN
    why: str = ""

    @property
    def open(self) -> bool:
        """Whether it was cut off, by a crash or a power cut: neither made nor undone as a whole."""
        return self.last not in _ENDED

    @property
    def stands(self) -> bool:
        """Whether it has been made and not been taken back."""
        return self.last is Event.DONE

    @property
    def steps_back(self) -> tuple[Operation, ...]:
        """The operations that undo it, in their order."""
        inverses = (one.inverse() for one in reversed(self.operations[: self.begun]))
        return tuple(one for one in inverses if one is not None)

    @property
    def steps_on(self) -> tuple[Operation, ...]:
        """The operations that are left to do."""
        return self.operations[self.done :]


def read(lines: Iterable[ChangeLine]) -> tuple[Change, ...]:
    """All changes that the lines of the journal tell of, oldest first."""
    found: dict[str, Change] = {}
    for line in lines:
        if line.event is Event.BEGUN:
            operations = _operations(line.operations)
            if operations is not None:
                found[line.change] = Change(line.change, line.title, line.at, line.boot_id, operations)
        elif line.change in found:
            found[line.change] = _after(found[line.change], line)
    return tuple(found.values())


def _after(change: Change, line: ChangeLine) -> Change:
    if line.event is Event.DOING:
        return replace(change, begun=max(change.begun, line.step + 1))
    if line.event is Event.DID:
        return replace(change, done=max(change.done, line.step + 1))
    if line.event is Event.FAILED:
        return replace(change, why=line.about)
    return replace(change, last=line.event)


def make(title: str, operations: Sequence[Operation], writer: Writer, progress: Progress) -> Change:
    """Carry out a change. Raises what its failed operation raised, after all has been put back.

    Before anything is done, the journal holds all operations, and each before it begins.
    """
    change = Change(uuid.uuid4().hex[:12], title, 0.0, "", tuple(operations))
    _note(writer, change, Event.BEGUN, title=title, operations=_text(operations))
    return _go_on(change, writer, progress)


def finish(change: Change, writer: Writer, progress: Progress) -> None:
    """Go on with a change that was cut off. Raises KjtuiError when that fails; then it has been undone."""
    operations = tuple(_from_here(one, writer) for one in change.operations)
    _go_on(replace(change, operations=operations), writer, progress)
    _sweep(change, writer)


def _from_here(operation: Operation, writer: Writer) -> Operation:
    """An operation that fits what is there now.

    GRUB has emptied its variable when the start after the power cut was the trial already.
    """
    if not isinstance(operation, bootops.EditFile) or operation.kind is not Kind.ENVIRONMENT:
        return operation
    now = writer.read_file(operation.file.path)
    if now is None or now in (operation.file.data, operation.new):
        return operation
    new = boottexts.put(operation.kind, now, operation.value)
    return replace(operation, file=replace(operation.file, data=now), new=new)


def _go_on(change: Change, writer: Writer, progress: Progress) -> Change:
    count = len(change.operations)
    try:
        for number in range(change.done, count):
            _note(writer, change, Event.DOING, number)
            change = replace(change, begun=max(change.begun, number + 1))
            change.operations[number].execute(writer, _share(progress, number, count))
            change = replace(change, done=number + 1)
            _note(writer, change, Event.DID, number)
        _note(writer, change, Event.DONE)
    except (Exception, KeyboardInterrupt) as error:
        _failed(change, error, writer)
        raise
    return replace(change, last=Event.DONE)


def _failed(change: Change, error: BaseException, writer: Writer) -> None:
    """Undo what has been done. Raises KjtuiError, from the failure, when that fails, too."""
    about = f"{error.title}. {error.detail}" if isinstance(error, KjtuiError) else type(error).__name__
    if change.done < change.begun and isinstance(change.operations[change.done], bootops.EditFile):
        # A file is written whole or not at all: what is there now is not ours.
        change = replace(change, begun=change.done)
    try:
        _note(writer, change, Event.FAILED, change.done, about=about, must=False)
        _take_back(change, writer, _deaf, must=False)
    except KjtuiError as second:
        title = error.title if isinstance(error, KjtuiError) else "The change could not be made"
        detail = error.detail if isinstance(error, KjtuiError) else f"{type(error).__name__}: {error}"
        raise KjtuiError(
            title,
            f"{detail} And what had been done before could not be undone: {second.title}. {second.detail}",
            "Mend that cause, then start kjtui again: it offers to undo the rest. Until then do not restart.",
        ) from error


def undo(change: Change, writer: Writer, progress: Progress, further: Sequence[Operation] = ()) -> None:
    """Take a change back, last operation first. Raises KjtuiError; it can then be tried again.

    further: what is to be done before, for the same end.
    """
    _take_back(change, writer, progress, further, must=True)
    _sweep(change, writer)


def _sweep(change: Change, writer: Writer) -> None:
    """Remove what a power cut may have left beside the change's files; nobody reads that."""
    writer.sweep(sorted({path for operation in change.operations for path in _paths(operation)}))


def _paths(operation: Operation) -> tuple[str, ...]:
    match operation:
        case bootops.EditFile() | bootops.TakeOut():
            return (operation.file.path,)
        case bootcopies.KeepCopies():
            return tuple(one.file.path for one in operation.kept)
        case bootcopies.Generate():
            return (operation.target.path, operation.staging, f"{operation.staging}.new")
        case _:
            return ()


def close(change: Change, writer: Writer) -> None:
    """Note that a change has been taken back within another one. Raises KjtuiError."""
    _note(writer, change, Event.UNDONE)


def _take_back(
    change: Change, writer: Writer, progress: Progress, further: Sequence[Operation] = (), *, must: bool
) -> None:
    _note(writer, change, Event.UNDOING, must=must)
    steps = (*further, *change.steps_back)
    failed: list[KjtuiError] = []
    for number, operation in enumerate(steps):
        try:
            operation.execute(writer, _share(progress, number, len(steps)))
        except KjtuiError as error:
            failed.append(error)  # the others can be undone all the same
    if failed:
        raise failed[0]
    _note(writer, change, Event.UNDONE, must=must)


def _share(progress: Progress, number: int, count: int) -> Progress:
    """The progress of one operation as a part of the whole."""
    return lambda what, fraction: progress(what, (number + fraction) / count)


def _deaf(_what: str, _fraction: float) -> None:
    """Undoing after a failure or a cancel is not to be cancelled."""


def _note(
    writer: Writer,
    change: Change,
    event: Event,
    step: int = 0,
    *,
    title: str = "",
    operations: str = "",
    about: str = "",
    must: bool = True,
) -> None:
    """Write a line. must: whether nothing may go on without it.

    Undoing after a failure may: that failure can be a full disk, and what is undone twice is undone.
    """
    line = ChangeLine(change.id, event, step=step, title=title, operations=operations, about=about)
    try:
        writer.note_change(line)
    except KjtuiError:
        if must:
            raise


def _text(operations: Sequence[Operation]) -> str:
    return json.dumps([[type(one).__name__, encode(one)] for one in operations])


def _operations(text: str) -> tuple[Operation, ...] | None:
    """The inverse of _text; None for what is not understood."""
    try:
        return tuple(decode(_KINDS[name], fields, "journal") for name, fields in json.loads(text))
    except (ValueError, KeyError, TypeError, KjtuiError):
        return None
