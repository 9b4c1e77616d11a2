"""The return report on screen."""

from collections.abc import Sequence
from functools import partial

from textual.binding import Binding

from kjtui.model.report import JumpReport
from kjtui.tui import content, departure
from kjtui.tui.evidence import EvidencePage
from kjtui.tui.jobs import Job
from kjtui.tui.page import FIND_CAUSE
from kjtui.tui.rows import Row, Tone
from kjtui.tui.widgets.bars import KeyHint
from kjtui.tui.working import WorkingPage
from kjtui.wizard import departing, returned


class ReturnPage(WorkingPage):
    """What was promised, and whether it held.

    First what is known at once; devices and links get some seconds to come back, and what is usual is mended.
    """

    BINDINGS = [Binding("j,J", "again"), Binding("x,X", "set_right")]

    def __init__(self, report: JumpReport) -> None:
        super().__init__()
        self._report = report
        self._begun = report.settled

    def key_hints(self) -> Sequence[KeyHint]:
        """Jump again, or leave."""
        if self.held:
            return (("H", "help"),)
        right = [("X", "set right")] if returned.offers(self._report) else []
        return (
            ("J", "jump again"),
            *right,
            ("Q", "quit"),
            ("E", "evidence"),
            ("B", "back to the steps"),
            FIND_CAUSE,
            ("H", "help"),
        )

    def fill(self) -> None:
        """The report."""
        offers = {remedy.id: remedy.label for _finding, remedy in returned.offers(self._report)}
        found = returned.shown(self._report)
        rows = [*content.report(found, offers), Row(), Row(returned.again(self._report.word))]
        self.show("Return report", returned.headline(self._report), rows, self._tone())
        if not self._begun:
            self._begun = True
            settle = partial(departing.settle, self.host.session)
            self.start(Job("comparing with before", settle, self._settled, stoppable=False))
        elif self._job is None:
            ask = "" if self._report.all_well else "D: find the cause   "
            right = "X: set right   " if offers else ""
            self.action_bar.ready(f"{ask}{right}J: jump again   Q: quit")

    def _tone(self) -> Tone:
        if self._report.all_well:
            return Tone.GOOD
        return Tone.WARN if self._report.kept else Tone.BAD

    def _settled(self, report: JumpReport) -> None:
        self._report = report

    def action_set_right(self) -> None:
        """X: what can be set right from here."""
        from kjtui.tui.remedy import RemedyPage

        session = self.host.session
        offers = returned.offers(self._report)
        if offers and session.seen and self._job is None and self.is_current:
            page = RemedyPage(session.seen.facts, offers, partial(departing.mend, session))
            self.app.push_screen(page, self._set_right)

    def _set_right(self, answer: str | None) -> None:
        report = self.host.session.report
        if answer == "done" and report is not None:
            self._report = report
            self.fill()

    def action_again(self) -> None:
        """Jump on where kernel B stands, or load it anew first."""
        if not self.is_current or self._job is not None:
            return  # pressed twice, or too early
        if self.host.session.can_jump:
            departure.depart(self)
        else:
            self.host.session.note = returned.again(self._report.word)
            self.host.go(3)

    def action_back(self) -> None:
        """Back to the steps, whose choices can be changed."""
        if self.is_current and not self.held:
            self.host.go(2)

    def action_leave(self) -> None:
        """Leave the program."""
        if not self.held:
            super().action_leave()

    def action_evidence(self) -> None:
        """What was read, now and just before the jump."""
        sections = [("After the return", returned.findings(self._report))]
        if before := self.host.session.preflown:
            sections.append(("Just before the jump", before))
        self.app.push_screen(EvidencePage("Return report: evidence", sections=sections))
