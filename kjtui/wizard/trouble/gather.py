"""Reads what a diagnosis needs from a machine. Changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kjtui.errors import KjtuiError
from kjtui.model.checks import Evidence
from kjtui.wizard.trouble.clues import JOURNAL, LOG, PREVIOUS, Clues

if TYPE_CHECKING:
    from kjtui.backend.machine import Progress, Reader
    from kjtui.model.facts import InstalledKernel, LogLine
    from kjtui.wizard.session import Session

_AS_ROOT = "start kjtui with sudo to have it read"


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
    log = _log(machine, unseen)
    progress("reading the log of the boot before", 0.6)
    previous = _previous(machine, unseen)
    progress("looking for installed kernels", 0.8)
    kernels = _kernels(machine, unseen)
    if facts.journal is None:
        reason = facts.unreadable.get("/var/lib/kjtui/journal.jsonl", "it may not be read here")
        unseen.append(Evidence(JOURNAL, f"{reason}; {_AS_ROOT}"))
    progress("done", 1.0)
    return Clues(facts, look.findings, log, previous, kernels, error, {}, tuple(unseen))


def _log(machine: Reader, unseen: list[Evidence]) -> tuple[LogLine, ...] | None:
    try:
        return machine.kernel_log()
    except KjtuiError as problem:
        unseen.append(Evidence(LOG, _why(problem)))
        return None


def _previous(machine: Reader, unseen: list[Evidence]) -> tuple[LogLine, ...] | None:
    try:
        return machine.previous_log()
    except KjtuiError as problem:
        unseen.append(Evidence(PREVIOUS, _why(problem)))
        return None


def _kernels(machine: Reader, unseen: list[Evidence]) -> tuple[InstalledKernel, ...] | None:
    try:
        return machine.installed_kernels()
    except KjtuiError as problem:
        unseen.append(Evidence("installed kernels", _why(problem)))
        return None


def _why(problem: KjtuiError) -> str:
    reason = (problem.detail or problem.title).rstrip(".")
    return f"{reason}; {_AS_ROOT}"
