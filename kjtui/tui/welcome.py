"""The welcome screen: what this is, and what the person has come for."""

from collections.abc import Sequence

from kjtui.tui import content
from kjtui.tui.page import FIND_CAUSE, Page
from kjtui.tui.rows import Row, Tone
from kjtui.tui.widgets.bars import KeyHint
from kjtui.wizard.goals import ASKS, GOALS, PROMISE, SENTENCE, TITLE, Way


class WelcomePage(Page):
    """The first page. It lies below all others, so that the way back always ends here."""

    def __init__(self) -> None:
        super().__init__()
        self._chosen = 0

    def key_hints(self) -> Sequence[KeyHint]:
        """Enter is named in the line above."""
        return (("arrows", "choose"), FIND_CAUSE, ("H", "help"), ("Q", "quit"))

    def fill(self) -> None:
        """The goals."""
        goals = [goal.option for goal in GOALS]
        rows = [
            Row(f"Machine: {self.host.session.machine.name}"),
            Row(),
            Row(f"{ASKS} (arrows)", Tone.STRONG),
            *content.options(goals, self._chosen),
            Row(),
            Row(PROMISE),
        ]
        self.show(TITLE, SENTENCE, rows)
        self.action_bar.ready(f"Enter: {GOALS[self._chosen].action}")

    def on_mount(self) -> None:
        """Once this page is drawn, look at the machine already: the first step is ready sooner."""
        self.call_after_refresh(self._look_ahead)

    def _look_ahead(self) -> None:
        # What goes wrong here will go wrong again where the person waits for it, and is told there.
        self.run_worker(self.host.session.first_look, thread=True, exit_on_error=False)

    def action_move(self, by: int) -> None:
        """Move the choice."""
        self._chosen = (self._chosen + by) % len(GOALS)
        self.fill()
        self.pane.reveal(self._chosen)

    def action_forward(self) -> None:
        """Enter: what was chosen."""
        if not self.is_current:
            return  # pressed twice
        if GOALS[self._chosen].way is Way.STEPS:
            self.host.go(0)
        else:
            self.host.trouble()

    def action_back(self) -> None:
        """There is nothing before this page."""
