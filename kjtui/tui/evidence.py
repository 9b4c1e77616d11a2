"""The evidence page: everything that was read, and where."""

from collections.abc import Sequence

from textual.binding import Binding

from kjtui.model.checks import Finding
from kjtui.tui import content
from kjtui.tui.page import FIND_CAUSE, Page
from kjtui.tui.rows import Row
from kjtui.tui.widgets.bars import KeyHint


class EvidencePage(Page):
    """Findings in full. sections: under headings, among which Tab moves."""

    BINDINGS = [Binding("tab", "section(1)"), Binding("shift+tab", "section(-1)")]

    def __init__(
        self,
        title: str,
        findings: Sequence[Finding] = (),
        sections: Sequence[tuple[str, Sequence[Finding]]] = (),
    ) -> None:
        super().__init__()
        self._title = title
        self._findings = tuple(findings)
        self._sections = tuple(sections)

    def key_hints(self) -> Sequence[KeyHint]:
        """Reading only. The keys for that are named where there is more than fits."""
        tab = [("Tab", "next part")] if self._sections else []
        return [("B", "back"), *tab, FIND_CAUSE, ("H", "help"), ("Q", "quit")]

    def fill(self) -> None:
        """The findings."""
        rows = content.sections(self._sections) if self._sections else content.evidence(self._findings)
        rows = rows or (Row("Nothing was read for this page."),)
        self.show(self._title, "What was read, where, and why it matters.", rows)
        self.action_bar.ready("Enter: back")

    def action_section(self, by: int) -> None:
        """Tab: the next heading; without headings, a line as the arrows do."""
        if self._sections:
            self.pane.scroll_sections(by)
        else:
            self.action_move(by)

    def action_forward(self) -> None:
        """Enter."""
        self.dismiss("back")
