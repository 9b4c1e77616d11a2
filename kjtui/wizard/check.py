"""Step 1: can this kernel jump, and is it safe?"""

from collections.abc import Iterable
from itertools import groupby

from kjtui.model.checks import Area, Finding, Verdict
from kjtui.wizard.session import Session
from kjtui.wizard.view import Need, StepView

SENTENCE = "Looks at this machine to see whether it can jump safely. Nothing is changed."
_ORDER = (Verdict.BLOCKED, Verdict.ATTENTION, Verdict.UNKNOWN, Verdict.READY)


def view(session: Session) -> StepView:
    """What the checks found: what blocks first, then what wants attention; the rest in short."""
    if session.seen is None:
        return StepView(SENTENCE, action="", need=Need.LOOK, waiting="looking at this machine")
    findings = session.seen.findings
    urgent = tuple(
        sorted(
            (one for one in findings if one.verdict is not Verdict.READY),
            key=lambda one: _ORDER.index(one.verdict),
        )
    )
    ready = tuple(one for one in findings if one.verdict is Verdict.READY)
    return StepView(
        SENTENCE,
        action="go on to Reserve memory",
        found=urgent,
        more=ready,
        rest=_rest(ready, alone=not urgent),
        summary=_summary(findings),
        blocked=next((one for one in urgent if one.verdict is Verdict.BLOCKED), None),
        asks=tuple(one for one in urgent if one.verdict is not Verdict.BLOCKED),
        remedies={remedy.id: remedy.label for _finding, remedy in session.remedies()},
        news=session.news,
    )


def by_area(findings: Iterable[Finding]) -> tuple[tuple[Area, tuple[Finding, ...]], ...]:
    """Findings of checks under their headings, each kept in order; areas without any are left out."""
    from kjtui.checks.registry import BY_ID

    order = tuple(Area)
    sorted_ = sorted(findings, key=lambda one: order.index(BY_ID[one.id].area))
    return tuple((area, tuple(group)) for area, group in groupby(sorted_, lambda one: BY_ID[one.id].area))


def _rest(ready: tuple[Finding, ...], *, alone: bool) -> tuple[str, ...]:
    """What is ready, a line for each area; in one line beside what is not ready."""
    areas = by_area(ready)
    asides = tuple(f"{found.aside}." for found in ready if found.aside)
    if alone:
        return (*(f"{area}: {_checks(len(found))}" for area, found in areas), *asides)
    counts = ", ".join(f"{area} {len(found)}" for area, found in areas)
    return (f"{_checks(len(ready))}: {counts}", *asides) if ready else ()


def _checks(count: int) -> str:
    return f"{count} checks are ready" if count != 1 else "1 check is ready"


def _summary(found: tuple[Finding, ...]) -> str:
    counts = {verdict: sum(finding.verdict is verdict for finding in found) for verdict in _ORDER}
    if counts[Verdict.READY] == len(found):
        return f"all {len(found)} checks are ready"
    words = (
        (Verdict.BLOCKED, "must be solved first"),
        (Verdict.ATTENTION, "to know about"),
        (Verdict.UNKNOWN, "could not be told"),
        (Verdict.READY, "ready"),
    )
    return ", ".join(f"{counts[verdict]} {word}" for verdict, word in words if counts[verdict])
