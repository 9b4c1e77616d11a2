"""Step 3 on screen."""

from kjtui.tui.step import StepPage
from kjtui.wizard.choose import ORDER


class ChoosePage(StepPage):
    """Choose kernel B."""

    INDEX = 2

    def choose(self, option: int) -> None:
        """Visit for this purpose."""
        self.session.choose_purpose(ORDER[option])
