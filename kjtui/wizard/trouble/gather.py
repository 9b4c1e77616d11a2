"""Reads what a diagnosis needs from a machine. Changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kjtui.backend.probe.source import FORBIDDEN
from kjtui.checks.words import named
from kjtui.errors import KjtuiError
from kjtui.model.checks import Evidence, Verdict
from kjtui.wizard.trouble.clues import JOURNAL, LOG, PREVIOUS, Clues

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kjtui.backend.machine import Progress, Reader
    from kjtui.model.checks import Finding
    from kjtui.model.facts import Facts, InstalledKernel, LogLine
    from kjtui.wizard.session import Session

_AS_ROOT = "start kjtui with sudo to have it read"
_ON_HOST = "run kjtui on the host to have it read"


def gather(session: Session, error: KjtuiError | None, progress: Progress) -> Clues:
    """Look at the machine, at its logs and at the kernels on its disk.

    What cannot be read is named in Clues.unseen, with how it can be seen. Raises nothing of its own.
    """
    machine = session.machine
    unseen: list[Evidence] = []
    progress("looking at this machine", 0.0)
    look = session.look()
    facts = look.facts
    progress("reading the kernel log", 0.5)
    how = _how(facts, look.findings)
    log = _log(machine, unseen, how)
    progress("reading the log of the boot before", 0.6)
    previous = _previous(machine, unseen, how)
    progress("looking for installed kernels", 0.8)
    kernels = _kernels(machine, unseen, how)
    if facts.journal is None:
        reason = facts.unreadable.get("/var/lib/kjtui/journal.jsonl", "it may not be read here")
        unseen.append(Evidence(JOURNAL, f"{reason}{how}"))
    untold = [one.id for one in look.findings if one.verdict is Verdict.UNKNOWN]
    if untold and how:
        unseen.append(Evidence("step 1", f"cannot tell of {named(untold, 4, 70)}{how}"))
    progress("done", 1.0)
    return Clues(facts, look.findings, log, previous, kernels, error, {}, tuple(unseen))


def _log(machine: Reader, unseen: list[Evidence], how: str) -> tuple[LogLine, ...] | None:
    try:
        return machine.kernel_log()
    except KjtuiError as problem:
        unseen.append(Evidence(LOG, _why(problem, how)))
        return None


def _previous(machine: Reader, unseen: list[Evidence], how: str) -> tuple[LogLine, ...] | None:
    try:
        return machine.previous_log()
    except KjtuiError as problem:
        unseen.append(Evidence(PREVIOUS, _why(problem, how)))
        return None


def _kernels(machine: Reader, unseen: list[Evidence], how: str) -> tuple[InstalledKernel, ...] | None:
    try:
        return machine.installed_kernels()
    except KjtuiError as problem:
        unseen.append(Evidence("installed kernels", _why(problem, how)))
        return None


def _how(facts: Facts, findings: Sequence[Finding]) -> str:
    """How more can be seen, as the end of a sentence; "" where nothing would help."""
    if facts.container:
        return f"; {_ON_HOST}"
    forbidden = FORBIDDEN in facts.unreadable.values()
    allowed = not forbidden and any(
        one.id == "capability" and one.verdict is Verdict.READY for one in findings
    )
    return "" if allowed else f"; {_AS_ROOT}"


def _why(problem: KjtuiError, how: str) -> str:
    reason = (problem.detail or problem.title).rstrip(".")
    return f"{reason}{how}"
