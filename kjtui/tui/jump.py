"""Step 5 on screen."""

from kjtui.tui import departure
from kjtui.tui.step import StepPage


class JumpPage(StepPage):
    """Jump and return."""

    INDEX = 4

    def forward(self) -> None:
        """Look once more, then jump."""
        departure.depart(self)
