"""What the pages for lasting changes show and do, as plain data."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kjtui.errors import KjtuiError
from kjtui.model.change import Event
from kjtui.model.checks import Evidence, Finding, Verdict
from kjtui.model.memory import RegionKind
from kjtui.plan.sizes import amount
from kjtui.wizard.afterrestart import has_restarted
from kjtui.wizard.reservation import STEP, Draft

if TYPE_CHECKING:
    from kjtui.backend.machine import Progress
    from kjtui.model.boot import BootSetup
    from kjtui.model.choices import Purpose
    from kjtui.model.facts import Facts
    from kjtui.plan.changes import Change
    from kjtui.plan.operations import Operation
    from kjtui.wizard.session import Session

_LEAST_LEFT = 128 << 20  # bytes with which a small system may come up
NOW, LATER, UNDO = (
    "What will be done now:",
    "When that start has come up, and you want to keep it:",
    "How it is undone:",
)
HOW_UNDONE = (
    "U in the step Reserve memory, or the command: kjtui undo",
    "The journal, /var/lib/kjtui/changes.jsonl, holds every byte that is replaced.",
)


@dataclass(frozen=True)
class Plan:
    """A change, ready to be shown and carried out.

    sentence: what it does. found: what it rests on. asks: what the person must know; a yes to the plan is a
    yes to these. parts: headings, each with lines. blocked: why it cannot be done. draft: for a reservation.
    can_finish: of a change that was cut off, whether going on is possible.
    """

    sentence: str
    found: tuple[Finding, ...] = ()
    asks: tuple[Finding, ...] = ()
    parts: tuple[tuple[str, tuple[str, ...]], ...] = ()
    blocked: Finding | None = None
    draft: Draft | None = None
    can_finish: bool = False


def reservation(session: Session, *, keep: bool) -> Plan:
    """The plan to reserve memory, or to keep what a trial has reserved. Reads the boot loader anew.

    Raises KjtuiError.
    """
    facts, size = _facts(session), session.choices.region_size
    session.reservation.look()
    draft = session.reservation.keeping() if keep else session.reservation.draft(facts, size)
    found: list[Finding] = [loader_found(draft.setup, len(session.reservation.setups))]
    blocked = draft.blocked
    asks = draft.asks
    if keep:
        sentence = f"Keeps the reservation: {amount(draft.size)} for kernel B at every start."
    else:
        sentence = f"Sets {amount(size)} aside for kernel B at the next start (crashkernel={draft.value})."
        size_found = _sum(facts, size, session.choices.purpose, draft)
        if size_found.verdict is Verdict.ATTENTION:
            asks = (size_found, *asks)
        else:
            found.append(size_found)
        if size_found.verdict is Verdict.BLOCKED:
            blocked = blocked or size_found
    parts: list[tuple[str, tuple[str, ...]]] = []
    if draft.by_hand:
        parts.append(("What you can do:", draft.by_hand))
    elif blocked is None:
        parts.append((NOW, previews(draft.now)))
        if draft.trial:
            found.append(_trial())
            parts.append((LATER, draft.later))
        elif draft.no_trial:
            found.append(_no_trial(draft))
        parts.append((UNDO, HOW_UNDONE))
    return Plan(sentence, tuple(found), asks, tuple(parts), blocked, draft)


def previews(operations: Iterable[Operation]) -> tuple[str, ...]:
    """Every operation with its preview."""
    lines: list[str] = []
    for number, operation in enumerate(operations, 1):
        lines.append(f"{number}. {operation.describe()}:")
        lines += [f"   {line}" for line in operation.preview()]
    return tuple(lines)


def loader_found(setup: BootSetup, count: int) -> Finding:
    """Which boot loader is changed, and what showed that it is the one."""
    told = {
        True: "it started this boot",
        False: "it did not start this boot",
        None: "it probably started this boot",
    }
    return Finding(
        id="boot-loader",
        title=f"Boot loader: {setup.title}; {told[setup.started_this]}",
        verdict=Verdict.READY if setup.started_this is not False else Verdict.ATTENTION,
        evidence=setup.evidence,
        why="The kernel's command line is set there."
        if setup.started_this is not False
        else "A change of a boot loader that is not used has no effect.",
        cure="" if setup.started_this is not False else "Press L for the other one.",
        aside=f"L: {count - 1} more found" if count > 1 else "",
    )


def _sum(facts: Facts, size: int, purpose: Purpose, draft: Draft) -> Finding:
    """Whether this size can work, with the sum that shows it.

    Too much for what this system uses now may be tried where a trial that fails leads back by itself; too
    little for kernel B, or next to nothing for this system, may not.
    """
    from kjtui.plan.need import left_for_a, need_for, needed_in_all, refusal, sum_text

    need, left = need_for(facts, purpose, None), left_for_a(facts, size)
    refused = refusal(facts, size, need, RegionKind.RESERVED)
    evidence = tuple(Evidence(part.source, f"{part.name}: {amount(part.bytes)}") for part in need.parts)
    if refused is None:
        return Finding(
            "size",
            f"{amount(size)} asked for; {amount(left)} stay for this system. "
            f"Kernel B needs {needed_in_all(need)}",
            Verdict.READY,
            (*evidence, Evidence("sum", sum_text(need))),
            "The figures come from the kernel's file and from measurements.",
        )
    if draft.trial and size > need.need and left >= _LEAST_LEFT:
        return Finding(
            "size",
            f"{amount(size)} are probably too much: {amount(left)} would stay for this system",
            Verdict.ATTENTION,
            evidence,
            refused.detail,
            "Choose less with the - key. Said yes all the same, it is tried once.",
        )
    return Finding("size", refused.title, Verdict.BLOCKED, evidence, refused.detail, refused.hint)


def _trial() -> Finding:
    return Finding(
        "trial",
        "The next start is a trial: should it fail, the start after it is the old one",
        Verdict.READY,
        (),
        "Only the next start uses the new entry; the usual one is not touched before the trial has come up.",
    )


def _no_trial(draft: Draft) -> Finding:
    return Finding(
        "no-trial",
        "The next start cannot be a trial here",
        Verdict.ATTENTION,
        draft.setup.evidence,
        draft.no_trial,
        f"Should it not come up: press E in the boot menu, delete crashkernel={draft.value}, then undo.",
    )


def resize(session: Session, steps: int) -> None:
    """More or less memory for kernel B, in whole steps."""
    session.resize(steps * STEP)


def reserve(session: Session, plan: Plan, progress: Progress) -> None:
    """Carry the plan out. Raises KjtuiError, and what progress raises."""
    assert plan.draft is not None
    facts = _facts(session)
    _note(session, "reserve memory", "begun", plan.draft.title)
    try:
        session.reservation.make(plan.draft, facts.boot_id, progress)
    except KjtuiError as error:
        _note(session, "reserve memory", "failed", f"{error.title}. {error.detail}")
        session.reservation.recall()
        raise
    _note(session, "reserve memory", "done", "")


def seen_after_restart(session: Session) -> None:
    """The person has read how the restart went, and goes on: it is not told again."""
    state, seen = session.reservation.state, session.seen
    if state is not None and seen is not None and has_restarted(seen.facts, state):
        try:
            session.reservation.settle()
        except KjtuiError:
            pass  # told once more at the next start: no harm


def undoing(session: Session) -> Plan:
    """The plan to take the newest standing change back. Raises KjtuiError."""
    standing = session.reservation.standing
    if not standing:
        raise KjtuiError(
            "There is nothing to take back",
            "The journal of changes tells of none that stands (/var/lib/kjtui/changes.jsonl).",
            "",
        )
    newest, *older = standing
    parts = [("What will be done now:", previews(newest.steps_back))]
    if older:
        parts.append(("Changed earlier, to be taken back after it:", tuple(told(one) for one in older)))
    return Plan(f"Takes back: {told(newest)}.", (_changed(newest),), (), tuple(parts))


def undo(session: Session, progress: Progress) -> bool:
    """Take the newest standing change back. Whether it shows only after a restart. Raises KjtuiError."""
    newest = session.reservation.standing[0]
    _note(session, "undo", "begun", newest.title)
    try:
        restart = session.reservation.undo(newest, _facts(session), progress)
    except KjtuiError as error:
        _note(session, "undo", "failed", f"{error.title}. {error.detail}")
        session.reservation.recall()
        raise
    _note(session, "undo", "done", "")
    return restart


def cut_off(session: Session) -> Plan:
    """The plan for a change that was cut off. Raises KjtuiError when there is none."""
    change = session.reservation.cut_off
    if change is None:
        raise _none_cut_off()
    can_finish = change.last is Event.BEGUN and not change.why
    parts = [
        ("To undo it:", previews(change.steps_back) or ("nothing: it had not begun to change anything",))
    ]
    if can_finish:
        parts.append(("To finish it:", previews(change.steps_on)))
    title = f"Begun {when(change.at)}: {change.title}"
    finding = Finding(
        "cut-off",
        title,
        Verdict.ATTENTION,
        (Evidence("/var/lib/kjtui/changes.jsonl", _how_far(change)),),
        f"kjtui or the machine stopped in the middle: {_how_far(change)}. What is there starts as before.",
        "Undo it, or finish it.",
    )
    return Plan(
        "The journal tells of a change that was neither made nor undone.",
        (finding,),
        (),
        tuple(parts),
        None,
        None,
        can_finish,
    )


def _how_far(change: Change) -> str:
    done = f"{change.done} of {len(change.operations)} steps were done"
    return f"{done}; it failed: {change.why}" if change.why else done


def settle_cut_off(session: Session, progress: Progress, *, finish: bool) -> None:
    """Finish or undo the change that was cut off. Raises KjtuiError."""
    change = session.reservation.cut_off
    if change is None:
        raise _none_cut_off()
    if finish:
        session.reservation.finish(change, _facts(session).boot_id, progress)
    else:
        session.reservation.undo(change, _facts(session), progress)


def _none_cut_off() -> KjtuiError:
    return KjtuiError("No change was cut off", "All that were begun have ended.", "Go on with the steps.")


def _changed(change: Change) -> Finding:
    return Finding(
        "change",
        f"Changed {when(change.at)}: {change.title}",
        Verdict.READY,
        (
            Evidence("/var/lib/kjtui/changes.jsonl", f"change {change.id}"),
            *(Evidence("step", one.describe()) for one in change.operations),
        ),
        "Every byte that was replaced is kept in the journal.",
    )


def told(change: Change) -> str:
    """A change in a few words, with when."""
    return f"{change.title} ({when(change.at)})"


def when(at: float) -> str:
    """A moment for people, in local time."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))


def cancelled() -> KjtuiError:
    """The person has stopped it."""
    return KjtuiError(
        "You have cancelled it",
        "What had been done until then has been undone: everything is as before.",
        "Go on in another way, or try it again.",
    )


def _facts(session: Session) -> Facts:
    if session.seen is None:
        session.take_look(session.first_look())
    assert session.seen is not None
    return session.seen.facts


def _note(session: Session, operation: str, state: str, about: str) -> None:
    """Keep account of it in the journal that troubleshooting reads, where that can be written."""
    try:
        session.machine.record(operation, state, about)
    except KjtuiError:
        pass
