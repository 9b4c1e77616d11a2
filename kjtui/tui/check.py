"""Step 1 on screen."""

from collections.abc import Callable, Sequence

from textual.binding import Binding
from textual.message import Message
from textual.timer import Timer

from kjtui.tui.jobs import Job
from kjtui.tui.page import FIND_CAUSE
from kjtui.tui.step import StepPage
from kjtui.tui.widgets.bars import KeyHint
from kjtui.wizard import check
from kjtui.wizard.session import Look
from kjtui.wizard.steps import STEPS

SETTLE = 0.7  # seconds: what is plugged in brings several devices at once, and its links after them


class Changed(Message):
    """A device came or went. words: "sdb was plugged in"."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self.words = words


class CheckPage(StepPage):
    """Check this kernel. While it is on screen, it follows what is plugged in and out."""

    INDEX = 0
    BINDINGS = [Binding("r,R", "again"), Binding("x,X", "set_right")]

    def __init__(self) -> None:
        super().__init__()
        self._end_watch: Callable[[], None] | None = None
        self._settling: Timer | None = None
        self._behind = False  # something has changed since the machine was looked at
        self._following: Job | None = None  # a look that nobody waits for

    def key_hints(self) -> Sequence[KeyHint]:
        """Looking again is offered here, and setting right where that can be done."""
        if self._job:
            return super().key_hints()
        right = [("X", "set right")] if self.view.remedies else []
        ahead = [("B", "back"), *right, ("E", "evidence"), ("R", "look again")]
        return [*ahead, FIND_CAUSE, ("H", "help"), ("Q", "quit")]

    def fill(self) -> None:
        """Show what was found, and follow what changes from now on."""
        super().fill()
        if self._job is None and self.session.seen is not None and self.is_current:
            self._watch()

    def on_screen_resume(self) -> None:
        """Look again if what is shown may no longer hold."""
        super().on_screen_resume()
        seen = self.session.seen
        if seen is not None:
            self._behind = self._behind or not seen.fresh
            self._follow()

    def on_screen_suspend(self) -> None:
        """Another page lies above."""
        self._unwatch()

    def on_unmount(self) -> None:
        """This page is gone."""
        self._unwatch()

    def _watch(self) -> None:
        if self._end_watch is None:
            self._end_watch = self.session.machine.watch(self._tell)

    def _unwatch(self) -> None:
        end, self._end_watch = self._end_watch, None
        if end is not None:
            end()

    def _tell(self, words: str) -> None:
        """Called in the thread that watches."""
        self.post_message(Changed(words))

    def on_changed(self, message: Changed) -> None:
        """Look again as soon as no more changes come."""
        self.session.note_news(message.words)
        self._behind = True
        if self._settling is not None:
            self._settling.stop()
        self._settling = self.set_timer(SETTLE, self._follow)

    def _follow(self) -> None:
        """Look again if there is reason to, now or when what is being done is finished."""
        if self._behind and self._job is None and self._following is None and self.is_current:
            self._behind = False
            self._following = self._look()
            self.start_quietly(self._following)

    def _look(self) -> Job:
        return Job("looking again", lambda _progress: self.session.look(), self._looked)

    def ended(self, job: Job) -> None:
        """A look is over, well or not."""
        super().ended(job)
        if job is self._following:
            self._following = None

    def _looked(self, look: Look) -> None:
        self.session.take_look(look)
        self._follow()

    def action_again(self) -> None:
        """Look at the machine again; what is shown stays until the new findings are there."""
        if self._job is None:
            self.session.forget_news()
            self.start(self._look())

    def forward(self) -> None:
        """What is news here is known then."""
        self.session.forget_news()
        super().forward()

    def action_set_right(self) -> None:
        """X: what can be set right from here."""
        from kjtui.tui.remedy import RemedyPage

        seen = self.session.seen
        if self.view.remedies and seen and self._job is None and self.is_current:
            self.app.push_screen(RemedyPage(seen.facts, self.session.remedies()), self._set_right)

    def _set_right(self, answer: str | None) -> None:
        if answer == "done":
            self.action_again()

    def action_evidence(self) -> None:
        """Everything that was read, by area."""
        from kjtui.tui.evidence import EvidencePage

        seen = self.session.seen
        sections = check.by_area(seen.findings) if seen else ()
        title = f"{STEPS[self.INDEX].title}: evidence"
        self.app.push_screen(EvidencePage(title, sections=[(str(area), found) for area, found in sections]))
