"""Setting right what the wizard can set right itself."""

from collections.abc import Callable, Sequence

from textual.binding import Binding

from kjtui.backend.machine import Progress
from kjtui.model.checks import Finding
from kjtui.model.facts import Facts
from kjtui.plan.operations import Operation
from kjtui.plan.remedies import Remedy
from kjtui.tui import content
from kjtui.tui.jobs import Job
from kjtui.tui.page import FIND_CAUSE
from kjtui.tui.rows import Row, Tone
from kjtui.tui.widgets.bars import KeyHint
from kjtui.tui.working import WorkingPage
from kjtui.wizard.view import Option

SetRight = Callable[[Sequence[Operation], Progress], None]


class RemedyPage(WorkingPage):
    """Says what will be done and how it is undone, and does it after a yes.

    facts: the machine. offers: what is amiss and its remedy, at least one. set_right: carries operations out,
    the session's own if left out. Dismissed with "done" or "back".
    """

    BINDINGS = [Binding("y,Y", "yes"), Binding("n,N", "back")]

    def __init__(
        self, facts: Facts, offers: Sequence[tuple[Finding, Remedy]], set_right: SetRight | None = None
    ) -> None:
        super().__init__()
        self._set_right = set_right
        self._facts = facts
        self._offers = tuple(offers)
        self._chosen = 0

    @property
    def remedy(self) -> Remedy:
        """The one that is chosen."""
        return self._offers[self._chosen][1]

    def key_hints(self) -> Sequence[KeyHint]:
        """Yes or no; the arrows where there is a choice."""
        if self._job:
            return (("H", "help"),)
        arrows = [("arrows", "choose")] if len(self._offers) > 1 else []
        return (("Y", "yes, do it"), ("N", "no"), ("B", "back"), *arrows, FIND_CAUSE, ("H", "help"))

    def fill(self) -> None:
        """What is amiss, what will be done, how it is undone."""
        rows: list[Row] = []
        if len(self._offers) > 1:
            options = [Option(remedy.label, f"For: {finding.title}") for finding, remedy in self._offers]
            rows += [Row("Your choice (arrows):", Tone.STRONG), *content.options(options, self._chosen)]
        else:
            rows += content.finding(self._offers[0][0])
        rows += [Row(), Row("What will be done:", Tone.STRONG)]
        for operation in self.remedy.make(self._facts):
            rows.append(Row(operation.describe() + ":", mark="  "))
            rows += [Row(line, mark="    ") for line in operation.preview()]
        rows += [Row(), Row("How it is undone:", Tone.STRONG), Row(self.remedy.undo, mark="  ")]
        self.show("Set it right", self.remedy.label + ".", rows)
        self.action_bar.ready("Do it?  Y: yes   N: no")

    def action_move(self, by: int) -> None:
        """Choose another one where there are several, or read on."""
        if len(self._offers) > 1 and not self._job:
            self._chosen = (self._chosen + by) % len(self._offers)
            self.fill()
            self.pane.reveal(self._chosen)
        else:
            super().action_move(by)

    def action_yes(self) -> None:
        """Do it. What has begun is not stopped half way."""
        if self._job or not self.is_current:
            return
        operations = self.remedy.make(self._facts)
        set_right = self._set_right or self.host.session.set_right
        self.start(
            Job(
                operations[0].describe(),
                lambda progress: set_right(operations, progress),
                self._done,
                stoppable=False,
            )
        )

    def _done(self, _result: None) -> None:
        self.dismiss("done")

    def action_back(self) -> None:
        """Leave it as it is."""
        if self.is_current and not self.held:
            self.dismiss("back")

    def action_leave(self) -> None:
        """The question wants an answer first."""
