"""Step 1: can this kernel jump, and is it safe?"""

from kjtui.model.checks import Finding, Verdict
from kjtui.wizard.session import Session
from kjtui.wizard.view import Need, StepView

SENTENCE = "Looks at this machine to see whether it can jump safely. Nothing is changed."
_ORDER = (Verdict.BLOCKED, Verdict.ATTENTION, Verdict.UNKNOWN, Verdict.READY)


def view(session: Session) -> StepView:
    """What the checks found: what blocks first, then what wants attention; the rest in short."""
    if session.seen is None:
        return StepView(SENTENCE, action="", need=Need.LOOK, waiting="looking at this machine")
    found = tuple(sorted(session.seen.findings, key=lambda finding: _ORDER.index(finding.verdict)))
    urgent = tuple(finding for finding in found if finding.verdict is not Verdict.READY)
    return StepView(
        SENTENCE,
        action="go on to Reserve memory",
        found=urgent or found,
        more=found[len(urgent) :] if urgent else (),
        summary=_summary(found),
        blocked=next((finding for finding in found if finding.verdict is Verdict.BLOCKED), None),
        asks=tuple(finding for finding in urgent if finding.verdict is not Verdict.BLOCKED),
    )


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
