"""The last look before the jump, then the jump: from step 5, and from the return report."""

from functools import partial

from kjtui.model.checks import Finding, Verdict
from kjtui.tui.jobs import Job
from kjtui.tui.working import WorkingPage
from kjtui.wizard import departing


def depart(page: WorkingPage) -> None:
    """Look once more. What blocks is shown, what asks is asked, else the jump follows by itself."""
    session = page.host.session
    page.start(
        Job(
            "looking once more before the jump", partial(departing.preflight, session), partial(_looked, page)
        )
    )


def _looked(page: WorkingPage, found: tuple[Finding, ...]) -> None:
    session = page.host.session
    if any(one.verdict is Verdict.BLOCKED for one in found):
        from kjtui.tui.evidence import EvidencePage

        order = sorted(found, key=lambda one: one.verdict is not Verdict.BLOCKED)
        blocked = [one for one in order if one.verdict is not Verdict.READY]
        page.app.push_screen(EvidencePage("The jump was not begun: this stands in its way", blocked))
    elif asks := session.open_asks(tuple(one for one in found if one.verdict is not Verdict.READY)):
        from kjtui.tui.question import WarningPage

        page.app.push_screen(WarningPage(asks), partial(_answered, page, asks))
    else:
        page.host.jump()


def _answered(page: WorkingPage, asks: tuple[Finding, ...], answer: str | None) -> None:
    """After a yes the look is taken anew: reading takes its time."""
    if answer == "yes":
        page.host.session.accept(asks)
        depart(page)
