"""What all five steps have in common. The pages that lie above them are read in when they are shown."""

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from kjtui.model.checks import Finding, Verdict
from kjtui.tui import content
from kjtui.tui.jobs import Job
from kjtui.tui.page import FIND_CAUSE
from kjtui.tui.rows import Tone
from kjtui.tui.widgets.bars import KeyHint
from kjtui.tui.working import WorkingPage
from kjtui.wizard.session import Session
from kjtui.wizard.steps import STEPS, heading
from kjtui.wizard.view import Need, StepView


class StepPage(WorkingPage):
    """One step. Subclasses say which, and what Enter does there."""

    INDEX: ClassVar[int]

    def __init__(self) -> None:
        super().__init__()
        self.view = StepView("", action="")

    @property
    def session(self) -> Session:
        """The walk this step belongs to."""
        return self.host.session

    def key_hints(self) -> Sequence[KeyHint]:
        """The keys of a step, without Enter: what that does stands in the line above them."""
        if self.held:
            return (("H", "help"),)
        return (("B", "back"), ("E", "evidence"), FIND_CAUSE, ("H", "help"), ("Q", "quit"))

    def fill(self) -> None:
        """Show the step as it is now; begin to work out what it still needs."""
        self.view = STEPS[self.INDEX].view(self.session)
        head, tone = (self.view.news, Tone.WARN) if self.view.news else (self.view.sentence, Tone.PLAIN)
        self.show(heading(self.INDEX, self.view.title), head, content.step(self.view), tone)
        if self._job is None and self.view.need is Need.LOOK:
            self.start(
                Job(self.view.waiting, lambda _progress: self.session.first_look(), self.session.take_look)
            )
        elif self._job is None and self.view.need is Need.PREPARE:
            self.start(Job(self.view.waiting, self.session.prepare, self.session.take_image))
        elif self._job is None:
            self.action_bar.ready(self._action_text())
            self.show_keys()

    def _action_text(self) -> str:
        if self.view.blocked:
            return "Enter: read why this cannot go on, and what to do"
        asks = " (asks first)" if self._asks() else ""
        return f"Enter: {self.view.action}{asks}"

    def _asks(self) -> tuple[Finding, ...]:
        return self.session.open_asks(self.view.asks)

    def given_up(self) -> None:
        """Without what the job was to bring, the step cannot be shown."""
        if self.view.need is Need.NOTHING:
            self.fill()
        else:
            self.back()

    def action_forward(self) -> None:
        """Enter: go on, or say why not, or ask first.

        A second Enter that was on its way already must not act on a page that has been left.
        """
        if self._job or not self.is_current:
            return
        if self.view.blocked:
            from kjtui.tui.evidence import EvidencePage

            others = (one for one in self.view.found if one.verdict is Verdict.BLOCKED)
            reasons = [self.view.blocked, *(one for one in others if one != self.view.blocked)]
            self.app.push_screen(EvidencePage("Why this cannot go on", reasons))
        elif asks := self._asks():
            from kjtui.tui.question import WarningPage

            self.app.push_screen(WarningPage(asks), partial(self._answered, asks))
        else:
            self.forward()

    def _answered(self, asks: tuple[Finding, ...], answer: str | None) -> None:
        if answer == "yes":
            self.session.accept(asks)
            self.forward()

    def forward(self) -> None:
        """Nothing stands in the way: the next step."""
        self.host.go(self.INDEX + 1)

    def action_back(self) -> None:
        """One step back. With the page goes what is being worked out for it."""
        if self.is_current and not self.held:
            self.back()

    def back(self) -> None:
        """One step back; from the first, to the welcome screen."""
        if self.INDEX:
            self.host.go(self.INDEX - 1)
        else:
            self.host.welcome()

    def action_leave(self) -> None:
        """Leave the program. What is being worked out goes on while this is asked about."""
        if not self.held:
            self.host.leave()

    def action_evidence(self) -> None:
        """Everything that was read for this step."""
        from kjtui.tui.evidence import EvidencePage

        self.app.push_screen(
            EvidencePage(f"{self.view.title or STEPS[self.INDEX].title}: evidence", self._evidence())
        )

    def _evidence(self) -> tuple[Finding, ...]:
        extra = [one for one in (self.view.blocked, *self.view.asks) if one and one not in self.view.found]
        return (*extra, *self.view.found, *self.view.more)

    def action_move(self, by: int) -> None:
        """Move the choice, or scroll."""
        if self.view.options and not self._job:
            chosen = (self.view.chosen + by) % len(self.view.options)
            self.choose(chosen)
            self.fill()
            self.pane.reveal(chosen)
        else:
            super().action_move(by)

    def choose(self, option: int) -> None:
        """Take this option."""
