"""The return report on screen."""

from collections.abc import Sequence

from textual.binding import Binding

from kjtui.model.report import JumpReport
from kjtui.tui import content
from kjtui.tui.evidence import EvidencePage
from kjtui.tui.page import FIND_CAUSE, Page
from kjtui.tui.rows import Row, Tone
from kjtui.tui.widgets.bars import KeyHint
from kjtui.wizard import returned


class ReturnPage(Page):
    """What was promised, and whether it held."""

    BINDINGS = [Binding("j,J", "again")]

    def __init__(self, report: JumpReport) -> None:
        super().__init__()
        self._findings = returned.findings(report)
        self._report = report

    def key_hints(self) -> Sequence[KeyHint]:
        """Jump again, or leave."""
        return (
            ("J", "jump again"),
            ("Q", "quit"),
            ("E", "evidence"),
            ("B", "back to the steps"),
            FIND_CAUSE,
            ("H", "help"),
        )

    def fill(self) -> None:
        """The report."""
        rows = [*content.report(self._findings), Row(), Row(returned.again(self._report.word))]
        tone = Tone.GOOD if self._report.all_well else Tone.BAD
        self.show("Return report", returned.headline(self._report), rows, tone)
        ask = "" if self._report.all_well else "D: find the cause   "
        self.action_bar.ready(f"{ask}J: jump again   Q: quit")

    def action_again(self) -> None:
        """Jump on where kernel B stands, or load it anew first."""
        if not self.is_current:
            return  # pressed twice
        if self.host.session.can_jump:
            self.host.jump()
        else:
            self.host.session.note = returned.again(self._report.word)
            self.host.go(3)

    def action_back(self) -> None:
        """Back to the steps, whose choices can be changed."""
        self.host.go(2)

    def action_evidence(self) -> None:
        """What was read."""
        self.app.push_screen(EvidencePage("Return report: evidence", self._findings))
