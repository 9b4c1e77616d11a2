"""Pages that make a lasting change after a yes."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding

from kjtui.backend.machine import Progress
from kjtui.tui import content
from kjtui.tui.jobs import Job
from kjtui.tui.page import FIND_CAUSE
from kjtui.tui.rows import Row, Tone
from kjtui.tui.widgets.bars import KeyHint
from kjtui.tui.working import WorkingPage
from kjtui.wizard import changing, lookout
from kjtui.wizard.changing import Plan


class ChangePage(WorkingPage):
    """Shows a plan, and carries it out after a yes. Dismissed with "done", "restart" or "back".

    While it is carried out, C cancels, unless what is carried out is an undo: what was done is undone then.
    """

    TITLE_TEXT: ClassVar[str]
    cancellable = True
    BINDINGS = [Binding("y,Y", "yes"), Binding("n,N", "back"), Binding("c,C", "cancel")]

    def __init__(self) -> None:
        super().__init__()
        self.plan: Plan | None = None
        self._cancelled = False

    @abstractmethod
    def read(self) -> Plan:
        """Work the plan out; only reads. Raises KjtuiError."""

    @abstractmethod
    def carry_out(self, plan: Plan, progress: Progress) -> None:
        """Do it. Raises KjtuiError."""

    def further_keys(self) -> Sequence[KeyHint]:
        """Keys of this page alone, while nothing is going on."""
        return ()

    def key_hints(self) -> Sequence[KeyHint]:
        """Yes or no, or how to cancel."""
        if self.held:
            cancel = (("C", "cancel; what was done is undone"),) if self.cancellable else ()
            return (*cancel, ("H", "help"))
        if self.plan is None:
            return (("B", "back"), ("H", "help"))
        yes = () if self.plan.blocked else (("Y", "yes, do it"), ("N", "no"))
        return (*yes, ("B", "back"), *self.further_keys(), ("E", "evidence"), FIND_CAUSE, ("H", "help"))

    def fill(self) -> None:
        """The plan, or that it is being worked out."""
        plan = self.plan
        if plan is None:
            self.show(self.TITLE_TEXT, "Looks at the boot configuration. Nothing is changed yet.", ())
            if self._job is None:
                self.start(
                    Job("looking at the boot configuration", lambda _progress: self.read(), self._read)
                )
            return
        self.show(self.TITLE_TEXT, plan.sentence, rows(plan))
        if self._job is None:
            self.action_bar.ready("B: back" if plan.blocked else "Do it?  Y: yes   N: no")

    def _read(self, plan: Plan) -> None:
        self.plan = plan

    def again(self) -> None:
        """Work the plan out anew."""
        self.plan = None
        self.fill()

    def given_up(self) -> None:
        """What could not be read cannot be changed; what could not be done may be looked at again."""
        if self.plan is None:
            self.dismiss("back")
        else:
            self.again()

    def action_yes(self) -> None:
        """Do it."""
        plan = self.plan
        if plan is None or plan.blocked or self._job or not self.is_current:
            return
        self._cancelled = False
        self.start(
            Job(plan.sentence, lambda progress: self._carry_out(plan, progress), self._done, stoppable=False)
        )

    def _carry_out(self, plan: Plan, progress: Progress) -> None:
        def report(what: str, fraction: float) -> None:
            progress(what, fraction)
            if self._cancelled:
                raise changing.cancelled()

        self.carry_out(plan, report)

    def action_cancel(self) -> None:
        """Stop at the next moment where that is safe, and undo."""
        if self.held and self.cancellable:
            self._cancelled = True
            self.action_bar.busy("stopping; what was done is being undone")

    def _done(self, _result: None) -> None:
        self.dismiss("done")

    def action_back(self) -> None:
        """Leave everything as it is."""
        if self.is_current and not self.held:
            self.dismiss("back")

    def action_leave(self) -> None:
        """The question wants an answer first."""

    def action_evidence(self) -> None:
        """What was read."""
        from kjtui.tui.evidence import EvidencePage

        if self.plan and not self._job:
            self.app.push_screen(EvidencePage(f"{self.TITLE_TEXT}: evidence", self.plan.found))


class ReservationPage(ChangePage):
    """Reserve memory at the next start, or keep what a trial has reserved."""

    TITLE_TEXT = "Reserve memory"
    BINDINGS = [
        Binding("plus,equals_sign", "resize(1)"),
        Binding("minus", "resize(-1)"),
        Binding("l,L", "loader"),
    ]

    def __init__(self, *, keep: bool) -> None:
        super().__init__()
        self._keep = keep

    def read(self) -> Plan:
        """The boot loader, and what would be changed."""
        return changing.reservation(self.host.session, keep=self._keep)

    def carry_out(self, plan: Plan, progress: Progress) -> None:
        """Reserve."""
        changing.reserve(self.host.session, plan, progress)

    def further_keys(self) -> Sequence[KeyHint]:
        """Another size, another boot loader."""
        sizes = () if self._keep else (("+ -", "size"),)
        loaders = (("L", "other loader"),) if len(self.host.session.reservation.setups) > 1 else ()
        return (*sizes, *loaders)

    def action_resize(self, steps: int) -> None:
        """More or less memory."""
        if self.plan and not self._job and not self._keep and self.is_current:
            changing.resize(self.host.session, steps)
            self.again()

    def action_loader(self) -> None:
        """The person knows better which boot loader it is."""
        if self.plan and not self._job and len(self.host.session.reservation.setups) > 1:
            self.host.session.reservation.other_loader()
            self.again()


class LookoutPage(ChangePage):
    """Have the starts of this machine look for saved systems."""

    TITLE_TEXT = lookout.TITLE

    def read(self) -> Plan:
        """What goes into the initramfs, and how."""
        return lookout.plan(self.host.session)

    def carry_out(self, plan: Plan, progress: Progress) -> None:
        """Do it."""
        assert plan is self.plan
        lookout.enable(self.host.session, progress)


class UndoPage(ChangePage):
    """Take the newest change back."""

    TITLE_TEXT = "Take back what kjtui has changed"
    cancellable = False

    def read(self) -> Plan:
        """What was changed when, and what taking it back does."""
        return changing.undoing(self.host.session)

    def carry_out(self, plan: Plan, progress: Progress) -> None:
        """Undo."""
        assert plan is self.plan
        changing.undo(self.host.session, progress)


class CutOffPage(ChangePage):
    """A change was cut off by a crash or a power cut: undo it (Y) or finish it (F)."""

    TITLE_TEXT = "A change was cut off"
    BINDINGS = [Binding("f,F", "finish"), Binding("u,U", "undo")]

    def __init__(self) -> None:
        super().__init__()
        self._finish = False

    def read(self) -> Plan:
        """What was begun, how far it got."""
        return changing.cut_off(self.host.session)

    def carry_out(self, plan: Plan, progress: Progress) -> None:
        """Undo or finish."""
        assert plan is self.plan
        changing.settle_cut_off(self.host.session, progress, finish=self._finish)

    def key_hints(self) -> Sequence[KeyHint]:
        """The two ways out."""
        if self.plan is None or self._job:
            return super().key_hints()
        finish = (("F", "finish it"),) if self.plan.can_finish else ()
        return (("U", "undo it"), *finish, ("B", "leave it for now"), ("E", "evidence"), ("H", "help"))

    def fill(self) -> None:
        """As above, with these keys in the line of the next action."""
        super().fill()
        if self.plan and self._job is None:
            self.action_bar.ready("U: undo it" + ("   F: finish it" if self.plan.can_finish else ""))

    def action_finish(self) -> None:
        """Finish it."""
        if self.plan and self.plan.can_finish:
            self._finish = self.cancellable = True
            super().action_yes()

    def action_undo(self) -> None:
        """Undo it."""
        self._finish = self.cancellable = False
        super().action_yes()

    def action_yes(self) -> None:
        """There are two things that could be meant."""


def rows(plan: Plan) -> tuple[Row, ...]:
    """A plan as the body of a page."""
    out: list[Row] = list(content.found(plan.found))
    if plan.blocked and plan.blocked not in plan.found:
        out += content.finding(plan.blocked)
    for ask in plan.asks:
        out += content.finding(ask)
    for heading, lines in plan.parts:
        out += [Row(), Row(heading, Tone.STRONG), *(_line(text) for text in lines)]
    return tuple(out)


def _line(text: str) -> Row:
    """A line of a preview; those of a diff in the colours that are usual for it."""
    bare = text.lstrip()
    tone = Tone.PLAIN
    if bare.startswith("+") and not bare.startswith("+++"):
        tone = Tone.GOOD
    elif bare.startswith("-") and not bare.startswith("---"):
        tone = Tone.BAD
    return Row(bare, tone, mark="  " + " " * (len(text) - len(bare)))
