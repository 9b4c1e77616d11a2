"""Step 1 on screen."""

from collections.abc import Sequence

from textual.binding import Binding

from kjtui.tui.jobs import Job
from kjtui.tui.step import StepPage
from kjtui.tui.widgets.bars import KeyHint


class CheckPage(StepPage):
    """Check this kernel."""

    INDEX = 0
    BINDINGS = [Binding("r,R", "again")]

    def key_hints(self) -> Sequence[KeyHint]:
        """Probing again is offered here."""
        hints = list(super().key_hints())
        return hints if self._job else [*hints[:2], ("R", "probe again"), *hints[2:]]

    def action_again(self) -> None:
        """Look at the machine again; what is shown stays until the new findings are there."""
        if self._job is None:
            self.start(Job("looking again", lambda _progress: self.session.look(), self.session.take_look))
