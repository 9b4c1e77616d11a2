"""What all five steps have in common. The pages that lie above them are read in when they are shown."""

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from kjtui.model.checks import Finding, Verdict
from kjtui.tui import content
from kjtui.tui.jobs import Failed, Finished, Job, Progressed, work
from kjtui.tui.page import Page
from kjtui.tui.widgets.bars import KeyHint
from kjtui.wizard.session import Session
from kjtui.wizard.steps import STEPS, heading
from kjtui.wizard.view import Need, StepView


class StepPage(Page):
    """One step. Subclasses say which, and what Enter does there."""

    INDEX: ClassVar[int]

    def __init__(self) -> None:
        super().__init__()
        self.view = StepView("", action="")
        self._job: Job | None = None

    @property
    def session(self) -> Session:
        """The walk this step belongs to."""
        return self.host.session

    def key_hints(self) -> Sequence[KeyHint]:
        """The keys of a step."""
        if self._job and not self._job.stoppable:
            return (("H", "help"),)
        enter = [] if self._job else [("Enter", "why" if self.view.blocked else "next")]
        back = [("B", "back")] if self.INDEX else []
        return [*enter, *back, ("E", "evidence"), ("H", "help"), ("Q", "quit")]

    def fill(self) -> None:
        """Show the step as it is now; begin to work out what it still needs."""
        self.view = STEPS[self.INDEX].view(self.session)
        self.show(heading(self.INDEX), self.view.sentence, content.step(self.view))
        if self._job is None and self.view.need is Need.LOOK:
            self.start(Job(self.view.waiting, lambda _progress: self.session.look(), self.session.take_look))
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

    def start(self, job: Job) -> None:
        """Begin a job; until it is finished, Enter does nothing."""
        self._job = job
        self.action_bar.busy(job.what)
        self.show_keys()
        # Not before the page is drawn, which reading in what the job needs would hold up.
        self.call_after_refresh(self._begin, job)

    def _begin(self, job: Job) -> None:
        self.run_worker(partial(work, job, self.post_message), thread=True, exit_on_error=False)

    def on_progressed(self, message: Progressed) -> None:
        """Show how far the job is."""
        if self._job:
            self.action_bar.busy(message.text)

    def on_finished(self, message: Finished) -> None:
        """Use the result."""
        self._job = None
        message.job.done(message.result)
        if self.is_current:
            self.fill()

    def on_failed(self, message: Failed) -> None:
        """Say what went wrong, and offer to try again."""
        from kjtui.tui.question import TroublePage

        self._job = None
        self.app.push_screen(TroublePage(message.error), partial(self._after_trouble, message.job))

    def _after_trouble(self, job: Job, answer: str | None) -> None:
        if answer == "again":
            self.start(job)
        elif self.view.need is Need.NOTHING:
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
        if self.is_current and not self._held:
            self.back()

    def back(self) -> None:
        """One step back; from the first, leave."""
        if self.INDEX:
            self.host.go(self.INDEX - 1)
        else:
            self.host.leave()

    def action_leave(self) -> None:
        """Leave the program. What is being worked out goes on while this is asked about."""
        if not self._held:
            self.host.leave()

    @property
    def _held(self) -> bool:
        """Whether the job must not be stopped."""
        return self._job is not None and not self._job.stoppable

    def action_evidence(self) -> None:
        """Everything that was read for this step."""
        from kjtui.tui.evidence import EvidencePage

        self.app.push_screen(EvidencePage(f"{STEPS[self.INDEX].title}: evidence", self._evidence()))

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
