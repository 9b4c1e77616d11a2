"""Pages that have something worked out in a thread of its own."""

from functools import partial

from kjtui.tui.jobs import Failed, Finished, Job, Progressed, work
from kjtui.tui.page import Page


class WorkingPage(Page):
    """A page with one job at a time that the person waits for, and others that they need not notice."""

    def __init__(self) -> None:
        super().__init__()
        self._job: Job | None = None

    @property
    def held(self) -> bool:
        """Whether the job must not be stopped."""
        return self._job is not None and not self._job.stoppable

    def start(self, job: Job) -> None:
        """Begin a job; until it is finished, Enter does nothing."""
        self._job = job
        self.action_bar.busy(job.what)
        self.show_keys()
        self.start_quietly(job)

    def start_quietly(self, job: Job) -> None:
        """Begin a job that nobody waits for: it is not shown, and holds nobody up."""
        # Not before the page is drawn, which reading in what the job needs would hold up.
        self.call_after_refresh(self._begin, job)

    def _begin(self, job: Job) -> None:
        self.run_worker(partial(work, job, self.post_message), thread=True, exit_on_error=False)

    def on_progressed(self, message: Progressed) -> None:
        """Show how far the job is."""
        if self._job and message.job is self._job:
            self.action_bar.busy(message.text)

    def on_finished(self, message: Finished) -> None:
        """Use the result."""
        self.ended(message.job)
        message.job.done(message.result)
        if self.is_current and not self._job:
            self.fill()

    def on_failed(self, message: Failed) -> None:
        """Say what went wrong, and offer to try again."""
        from kjtui.tui.question import TroublePage

        self.ended(message.job)
        self.app.push_screen(TroublePage(message.error), partial(self._after_trouble, message.job))

    def ended(self, job: Job) -> None:
        """A job is over, well or not."""
        if job is self._job:
            self._job = None

    def _after_trouble(self, job: Job, answer: str | None) -> None:
        if answer == "again":
            self.start(job)
        else:
            self.given_up()

    def given_up(self) -> None:
        """The job did not work, and the person does not want it tried again."""
        self.fill()

    def action_trouble(self) -> None:
        """Not while something is being done that cannot be stopped: its outcome comes first."""
        if not self.held:
            super().action_trouble()
