"""Step 4 on screen."""

from kjtui.tui.jobs import Job
from kjtui.tui.step import StepPage
from kjtui.wizard.view import Act


class LoadPage(StepPage):
    """Load."""

    INDEX = 3

    def forward(self) -> None:
        """Load, then go on by itself. Once the kernel copies, nothing can stop it half way."""
        if self.view.act is Act.LOAD:
            self.start(Job("loading kernel B", self.session.load, self._loaded, stoppable=False))
        else:
            super().forward()

    def _loaded(self, _result: None) -> None:
        self.host.go(self.INDEX + 1)
