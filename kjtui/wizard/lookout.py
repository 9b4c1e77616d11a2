"""Having the starts of this machine look for saved systems, from within the wizard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kjtui.backend.probe.resuming import PACKED
from kjtui.errors import KjtuiError
from kjtui.model.checks import Evidence, Finding, Verdict
from kjtui.plan import changes, resumehook
from kjtui.wizard import changing
from kjtui.wizard.changing import Plan

if TYPE_CHECKING:
    from kjtui.backend.machine import Progress
    from kjtui.plan.operations import Operation
    from kjtui.wizard.session import Session

TITLE = "Look for saved systems"
_SENTENCE = "Puts what looks for a saved system into the initramfs of every start of this machine."


def plan(session: Session) -> Plan:
    """What would be changed; only reads. Raises KjtuiError where it is set up, and does not work."""
    if session.seen is None:
        session.take_look(session.first_look())
    assert session.seen is not None
    release = session.seen.facts.kernel_release
    if any(one.title == resumehook.TITLE for one in session.reservation.standing):
        raise KjtuiError(
            f"It is set up, but the initramfs of Linux {release} was made without it",
            f"The hook is there; {PACKED.format(release)} is not.",
            "Make that initramfs anew: update-initramfs -u -k all, or dracut --force; read what it says.",
        )
    try:
        operations = _operations(session, release)
    except KjtuiError as error:
        blocked = Finding("no-initramfs", error.title, Verdict.BLOCKED, (), error.detail, error.hint)
        return Plan(_SENTENCE, blocked=blocked)
    found = Finding(
        "lookout",
        "It is found before any file system is mounted, and shown for ten seconds",
        Verdict.READY,
        tuple(Evidence("step", one.describe()) for one in operations),
        "Without a saved system a start takes as long as before, or a second longer where there is USB.",
    )
    parts = ((changing.NOW, changing.previews(operations)), (changing.UNDO, changing.HOW_UNDONE))
    return Plan(_SENTENCE, (found,), (), parts)


def enable(session: Session, progress: Progress) -> None:
    """Do it; the machine has to be looked at anew then. Raises KjtuiError, and what progress raises."""
    assert session.seen is not None
    operations = _operations(session, session.seen.facts.kernel_release)
    try:
        changes.make(resumehook.TITLE, operations, session.machine, progress)
    finally:
        session.reservation.recall()
    session.forget_look()


def _operations(session: Session, release: str) -> tuple[Operation, ...]:
    return resumehook.enabling(session.machine, resumehook.own_program(), release)
