"""The list of kernels that can be kernel B."""

from collections.abc import Sequence

from textual.binding import Binding

from kjtui.model.checks import Verdict
from kjtui.model.facts import Facts, InstalledKernel
from kjtui.tui import content
from kjtui.tui.jobs import Job
from kjtui.tui.page import FIND_CAUSE
from kjtui.tui.rows import Row
from kjtui.tui.widgets.bars import KeyHint
from kjtui.tui.working import WorkingPage
from kjtui.wizard import kernels
from kjtui.wizard.kernels import Candidate

TITLE = "Which kernel shall be kernel B?"
SENTENCE = "Each is judged by its own configuration: can it start here, and come back?"


class KernelsPage(WorkingPage):
    """Takes one of the kernels that were found. Dismissed with "done", "back", or "file": to name one."""

    BINDINGS = [Binding("f,F", "file"), Binding("r,R", "again")]

    def __init__(self, facts: Facts) -> None:
        super().__init__()
        self._facts = facts
        self._listed: tuple[Candidate, ...] = ()
        self._chosen = 0
        self._moved = False

    def key_hints(self) -> Sequence[KeyHint]:
        """Enter is named in the line above."""
        if self._job:
            return (("B", "back"), ("H", "help"))
        return (
            ("arrows", "choose"),
            ("B", "back"),
            ("E", "evidence"),
            ("F", "a file"),
            ("R", "again"),
            FIND_CAUSE,
            ("H", "help"),
        )

    def fill(self) -> None:
        """The kernels; they are looked for when this is first shown."""
        session = self.host.session
        known = session.kernels
        if known.found is None:
            self.show(TITLE, SENTENCE, ())
            if self._job is None:
                self.start(Job("looking for kernels", known.read, known.take))
            return
        self._listed = kernels.candidates(self._facts, known)
        if not self._moved:
            self._chosen = kernels.place(self._listed, session.choices.kernel)
        self._chosen = min(self._chosen, len(self._listed) - 1)
        rows = list(content.options([one.option for one in self._listed], self._chosen))
        if len(self._listed) == 1:
            rows += [Row(), Row("No other kernel was found on this machine.", mark="  ")]
        self.show(TITLE, SENTENCE, rows)
        if self._job is None:
            self.action_bar.ready(self._action())
        self.call_after_refresh(self.pane.reveal, self._chosen)

    def _action(self) -> str:
        if self._here.finding.verdict is Verdict.BLOCKED:
            return "Enter: read why this one cannot be taken"
        return "Enter: take this kernel"

    @property
    def _here(self) -> Candidate:
        return self._listed[self._chosen]

    def action_move(self, by: int) -> None:
        """Move the choice."""
        if self._listed and not self._job:
            self._chosen = (self._chosen + by) % len(self._listed)
            self._moved = True
            self.fill()
            self.pane.reveal(self._chosen)

    def action_forward(self) -> None:
        """Enter: take it, after a look into the file where no configuration was found."""
        if self._job or not self._listed or not self.is_current:
            return
        here = self._here
        if here.finding.verdict is Verdict.BLOCKED:
            self.action_evidence()
        elif here.choice == kernels.RUNNING or here.finding.verdict is not Verdict.UNKNOWN:
            self._take(here.choice)
        else:
            known = self.host.session.kernels
            what = "looking for the configuration in the kernel's own file"
            self.start(Job(what, lambda _progress: known.examine(here.choice), self._examined))

    def _examined(self, kernel: InstalledKernel) -> None:
        """Take it, unless what was found in it speaks against it; then that is shown in the list."""
        self.host.session.kernels.keep(kernel)
        if kernels.judge(kernel).verdict is not Verdict.BLOCKED:
            self._take(kernel.path)

    def _take(self, choice: str) -> None:
        self.host.session.choose_kernel(choice)
        self.dismiss("done")

    def action_evidence(self) -> None:
        """What was read of this one."""
        from kjtui.tui.evidence import EvidencePage

        if self._listed and not self._job:
            here = self._here
            self.app.push_screen(EvidencePage(f"{here.option.label}: evidence", [here.finding]))

    def action_file(self) -> None:
        """Name another file, in the form."""
        if self.is_current and not self._job:
            self.dismiss("file")

    def action_again(self) -> None:
        """Look for kernels anew."""
        if self.is_current and not self._job:
            self.host.session.kernels.found = None
            self._listed = ()
            self.fill()

    def given_up(self) -> None:
        """Without a list there is nothing to choose from."""
        if self.host.session.kernels.found is None:
            self.dismiss("back")
        else:
            self.fill()
