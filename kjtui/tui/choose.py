"""Step 3 on screen."""

from collections.abc import Sequence

from textual.binding import Binding

from kjtui.tui.step import StepPage
from kjtui.tui.widgets.bars import KeyHint
from kjtui.wizard import choose, imageplace


class ChoosePage(StepPage):
    """Choose kernel B."""

    INDEX = 2
    BINDINGS = [Binding("k,K", "kernels"), Binding("o,O", "options"), Binding("x,X", "lookout")]

    def key_hints(self) -> Sequence[KeyHint]:
        """Another kernel, and what belongs to the purpose."""
        hints = list(super().key_hints())
        if self._job or self.session.seen is None:
            return hints
        first = ("X", "set right") if imageplace.is_unseen(self.view) else ("K", "kernel")
        return [hints[0], first, ("O", "options"), *hints[1:]]

    def action_lookout(self) -> None:
        """Have the starts of this machine look for saved systems."""
        from kjtui.tui.change import LookoutPage

        if imageplace.is_unseen(self.view) and self._job is None and self.is_current:
            self.app.push_screen(LookoutPage(), lambda _answer: self.fill())

    def choose(self, option: int) -> None:
        """Visit for this purpose; save to this place."""
        choose.take(self.session, option)

    def action_kernels(self) -> None:
        """Which kernel."""
        from kjtui.tui.kernels import KernelsPage

        if self._job is None and self.is_current and self.session.seen is not None:
            self.app.push_screen(KernelsPage(self.session.seen.facts), self._kernel_chosen)

    def _kernel_chosen(self, answer: str | None) -> None:
        if answer == "file":
            self._form("kernel")

    def action_options(self) -> None:
        """What belongs to the purpose."""
        if self._job is None and self.is_current and self.session.seen is not None:
            self._form("")

    def _form(self, focus: str) -> None:
        from kjtui.tui.form import FormPage

        self.app.push_screen(FormPage(focus))
