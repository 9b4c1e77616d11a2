"""Step 2 on screen."""

from collections.abc import Sequence

from textual.binding import Binding

from kjtui.tui.jobs import Job
from kjtui.tui.step import StepPage
from kjtui.tui.widgets.bars import KeyHint
from kjtui.wizard import changing
from kjtui.wizard.session import Way
from kjtui.wizard.view import Act


class ReservePage(StepPage):
    """Reserve memory."""

    INDEX = 1
    BINDINGS = [
        Binding("plus,equals_sign", "resize(1)"),
        Binding("minus", "resize(-1)"),
        Binding("u,U", "undo"),
    ]

    def key_hints(self) -> Sequence[KeyHint]:
        """The size, and taking back where there is something to take back."""
        hints = list(super().key_hints())
        if self._job or self.session.seen is None:
            return hints
        undo = [("U", "undo")] if self.session.reservation.standing else []
        return [hints[0], ("+ -", "size"), *undo, *hints[1:]]

    def choose(self, option: int) -> None:
        """Take memory of this kind."""
        self.session.choose_way(self.session.ways[option])

    def action_resize(self, steps: int) -> None:
        """More or less memory for kernel B."""
        if self._job is None and self.is_current and self.session.seen is not None:
            changing.resize(self.session, steps)
            self.fill()

    def forward(self) -> None:
        """To the next step, or to what reserving changes."""
        from kjtui.tui.change import ReservationPage

        if self.view.act is Act.RESERVE:
            keep = self.session.way is Way.KEEP
            self.app.push_screen(ReservationPage(keep=keep), self._changed)
        else:
            changing.seen_after_restart(self.session)
            super().forward()

    def action_undo(self) -> None:
        """Take back what was changed."""
        from kjtui.tui.change import UndoPage

        if self._job is None and self.is_current and self.session.reservation.standing:
            self.app.push_screen(UndoPage(), self._changed)

    def _changed(self, answer: str | None) -> None:
        """Where the change shows only after a restart, offer that; otherwise look again."""
        from kjtui.tui.restart import RestartPage

        if answer != "done":
            return
        self.session.choose_way_anew()
        if self.session.reservation.state is not None:
            self.app.push_screen(RestartPage(self.session), self._restart)
        else:
            self.start(Job("looking again", lambda _progress: self.session.look(), self.session.take_look))

    def _restart(self, answer: str | None) -> None:
        if answer == "restart":
            self.host.restart()
