"""What surrounds a jump in a walk: the last look before it, and setting right after it.

All of it takes its time, and may run in a thread of its own as the session's own methods may.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kjtui.errors import KjtuiError
from kjtui.model.checks import Finding, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kjtui.backend.machine import Progress
    from kjtui.model.report import JumpReport
    from kjtui.plan.operations import Operation
    from kjtui.wizard.session import Session


def preflight(session: Session, progress: Progress) -> tuple[Finding, ...]:
    """The last look, just before a jump: what blocks it or asks first is for the caller to act upon.

    Raises KjtuiError.
    """
    from kjtui.wizard import preflight as last

    loaded = session.loaded
    if loaded is None:
        raise KjtuiError("Kernel B is not loaded", hint="Go back to the step Load.")
    mark = loaded.mark or last.Mark()
    session.preflown = last.preflight(session.machine, loaded.image, mark, progress)
    if any(one.id == last.OURS and one.verdict is Verdict.BLOCKED for one in session.preflown):
        session.loaded = None  # what is loaded now, if anything, is somebody else's: never dropped unasked
    return session.preflown


def settle(session: Session, progress: Progress) -> JumpReport:
    """After a jump: give links and devices their time, mend what is usual. Renews the report.

    Raises KjtuiError where there was no jump.
    """
    from kjtui.wizard import settling

    if session.report is None:
        raise KjtuiError("There was no jump yet", hint="Go back to the step Jump and return.")
    session.report = settling.settle(session.machine, session.report, progress)
    return session.report


def mend(session: Session, operations: Sequence[Operation], progress: Progress) -> None:
    """Carry out what the return report offers, and look again. Raises KjtuiError."""
    from kjtui.wizard import settling

    session.set_right(operations, progress)
    if session.report is not None:
        session.report = settling.look_again(session.machine, session.report, operations)
