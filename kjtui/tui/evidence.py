"""The evidence page: everything that was read, and where."""

from collections.abc import Sequence

from kjtui.model.checks import Finding
from kjtui.tui import content
from kjtui.tui.page import Page
from kjtui.tui.rows import Row
from kjtui.tui.widgets.bars import KeyHint


class EvidencePage(Page):
    """Findings in full."""

    def __init__(self, title: str, findings: Sequence[Finding]) -> None:
        super().__init__()
        self._title = title
        self._findings = tuple(findings)

    def key_hints(self) -> Sequence[KeyHint]:
        """Reading only."""
        return (("Enter", "back"), ("B", "back"), ("arrows, PgUp, PgDn", "read on"), ("H", "help"))

    def fill(self) -> None:
        """The findings."""
        rows = content.evidence(self._findings) or (Row("Nothing was read for this page."),)
        self.show(self._title, "What was read, where, and why it matters.", rows)
        self.action_bar.ready("Enter: back")

    def action_forward(self) -> None:
        """Enter."""
        self.dismiss("back")
