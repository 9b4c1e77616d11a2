"""Lasting changes: what the journal of changes keeps, and what is waited for across a restart."""

from dataclasses import dataclass
from enum import StrEnum


class Phase(StrEnum):
    """What the next start of this machine is to show."""

    TRIAL = "trial"  # it tries the new setting once; the start after it is the old one again
    SET = "set"  # the new setting holds from then on
    LIFTED = "lifted"  # the setting has been taken back


@dataclass(frozen=True)
class Remembered:
    """What kjtui waits for across a restart.

    value: of crashkernel=, as it was asked for; with LIFTED as it was before. size: its bytes. boot_id: of
    the boot in which this was written; in any later one the restart has happened. at: seconds since 1970.
    loader: the kind of boot loader that was changed (kjtui.model.boot.Loader).
    """

    phase: Phase
    value: str
    size: int
    boot_id: str
    at: float
    loader: str = ""


class Event(StrEnum):
    """What a line of the journal of changes tells."""

    BEGUN = "begun"  # a change with all its operations; nothing has been done yet
    DOING = "doing"  # an operation begins
    DID = "did"  # it has ended well
    FAILED = "failed"  # it has not; about says why
    DONE = "done"  # the whole change has been made
    UNDOING = "undoing"  # the change is being taken back
    UNDONE = "undone"  # it has been taken back


@dataclass(frozen=True)
class ChangeLine:
    """One line of the journal of changes.

    change: names the change. step: which operation, from 0. title: the change in a few words, and operations:
    its operations as JSON, both with BEGUN only. at: seconds since 1970.
    """

    change: str
    event: Event
    at: float = 0.0
    boot_id: str = ""
    step: int = 0
    title: str = ""
    operations: str = ""
    about: str = ""
