"""Step 5 on screen."""

from kjtui.tui.step import StepPage


class JumpPage(StepPage):
    """Jump and return."""

    INDEX = 4

    def forward(self) -> None:
        """Jump."""
        self.host.jump()
