"""Step 2 on screen."""

from kjtui.tui.step import StepPage
from kjtui.wizard.reserve import ORDER


class ReservePage(StepPage):
    """Reserve memory."""

    INDEX = 1

    def choose(self, option: int) -> None:
        """Take memory of this kind."""
        self.session.choose_region(ORDER[option])
