"""The welcome screen: what this is, and what the person has come for."""

from collections.abc import Sequence

from kjtui.tui import content
from kjtui.tui.page import FIND_CAUSE, Page
from kjtui.tui.rows import Row, Tone
from kjtui.tui.widgets.bars import KeyHint
from kjtui.wizard.goals import ASKS, PROMISE, SENTENCE, TITLE, Goal, Way, begin, goals


class WelcomePage(Page):
    """The first page. It lies below all others, so that the way back always ends here."""

    def __init__(self) -> None:
        super().__init__()
        self._chosen = 0

    def key_hints(self) -> Sequence[KeyHint]:
        """Enter is named in the line above."""
        return (("arrows", "choose"), FIND_CAUSE, ("H", "help"), ("Q", "quit"))

    @property
    def _goals(self) -> tuple[Goal, ...]:
        return goals(bool(self.host.session.reservation.standing))

    def fill(self) -> None:
        """The goals."""
        self._chosen = min(self._chosen, len(self._goals) - 1)
        options = [goal.option for goal in self._goals]
        rows = [
            Row(f"Machine: {self.host.session.machine.name}"),
            Row(),
            Row(f"{ASKS} (arrows)", Tone.STRONG),
            *content.options(options, self._chosen),
            Row(),
            Row(PROMISE),
        ]
        self.show(TITLE, SENTENCE, rows)
        self.action_bar.ready(f"Enter: {self._goals[self._chosen].action}")

    def on_mount(self) -> None:
        """Once this page is drawn, look at the machine already: the first step is ready sooner."""
        self.call_after_refresh(self._look_ahead)

    def _look_ahead(self) -> None:
        # What goes wrong here will go wrong again where the person waits for it, and is told there.
        self.run_worker(self.host.session.first_look, thread=True, exit_on_error=False)

    def action_move(self, by: int) -> None:
        """Move the choice."""
        self._chosen = (self._chosen + by) % len(self._goals)
        self.fill()
        self.pane.reveal(self._chosen)

    def action_forward(self) -> None:
        """Enter: what was chosen."""
        if not self.is_current:
            return  # pressed twice
        goal = self._goals[self._chosen]
        begin(self.host.session, goal)
        way = goal.way
        if way is Way.STEPS:
            self.host.go(0)
        elif way is Way.TROUBLE:
            self.host.trouble()
        else:
            from kjtui.tui.change import UndoPage

            self.app.push_screen(UndoPage(), self._undone)

    def _undone(self, answer: str | None) -> None:
        """Where the change shows only after a restart, offer that."""
        from kjtui.tui.restart import RestartPage

        if answer == "done" and self.host.session.reservation.state is not None:
            self.app.push_screen(RestartPage(self.host.session), self._restart)

    def _restart(self, answer: str | None) -> None:
        if answer == "restart":
            self.host.restart()

    def action_back(self) -> None:
        """There is nothing before this page."""
