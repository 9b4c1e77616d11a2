"""Leads through the steps by question and answer."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from kjtui.backend.machine import Progress
from kjtui.errors import KjtuiError
from kjtui.model.checks import Finding, Verdict
from kjtui.plain import change, sentences
from kjtui.plain import choose as about
from kjtui.plain.milestones import Milestones
from kjtui.plan.operations import Operation
from kjtui.plan.remedies import Remedy
from kjtui.wizard import changing, choose, departing, goals, imageplace, preflight, returned
from kjtui.wizard.session import Session
from kjtui.wizard.steps import STEPS, heading
from kjtui.wizard.text import printable
from kjtui.wizard.view import Act, Need, StepView

Ask = Callable[[str], str]
"""Shows a prompt and returns the line that was typed. Raises EOFError at the end of input."""
Say = Callable[[str], None]
"""Writes one line."""

AT_ONCE = 1.5  # seconds; what takes less needs no progress
WELCOME, RESERVE, CHOOSE, LOAD = -1, 1, 2, 3  # indices of steps
KEYS = "b: back, e: evidence, h: help, q: quit"  # with what stands before them they fit into a line
HELP = (
    "Kernel A is the system you are using now; kernel B is a second Linux, started beside it.",
    "A jump goes from A to B and back (kexec jump); A sleeps in memory meanwhile.",
    "Answer with one letter and Enter. Enter alone does what is named first.",
    "b goes back, e shows the evidence, r looks again, x sets right what can be set right from here,",
    "d finds the cause of what does not work, q leaves.",
)


class _Left(Exception):
    """The person wants to leave."""


def walk(session: Session, ask: Ask, say: Say, secret: Ask | None = None) -> int:
    """Go through all steps. Returns the exit status.

    secret: asks for what nobody shall see. The end of input, Ctrl-C and whatever was not foreseen leave and
    undo what was loaded.
    """

    def tell(line: str) -> None:
        say(printable(line))

    try:
        _Walk(session, ask, tell, secret or ask).steps()
    except _Left:
        pass
    except (EOFError, KeyboardInterrupt):
        tell("End of input: leaving.")
        _unload(session, tell)
    except Exception:
        _unload(session, tell)
        raise
    return session.exit_status


class _Walk:
    def __init__(self, session: Session, ask: Ask, say: Say, secret: Ask) -> None:
        self.session = session
        self.secret = secret
        session.choices = replace(session.choices, plain=True)
        self.ask = ask
        self.say = say
        self.finding = False  # whether the troubleshooting is being walked through

    def steps(self) -> None:
        """Step after step, and before them the welcome; each says where to go next."""
        self.say(f"kjtui, {self.session.machine.name}")
        self.session.reservation.recall()
        change.settle(self.session, self.question, self.say)
        index = WELCOME if self.session.reservation.state is None else RESERVE
        while True:
            index = self.welcome() if index == WELCOME else self.step(index)

    def welcome(self) -> int:
        """Ask what the person has come for."""
        self.lines(["", goals.TITLE, goals.SENTENCE, goals.PROMISE, goals.ASKS])
        choice = goals.goals(bool(self.session.reservation.standing))
        self.lines(sentences.options([goal.option for goal in choice]))
        numbers = [str(number) for number in range(1, len(choice) + 1)]
        answer = self.question(f"{_either(numbers)}, Enter for 1. h: help, q: quit")
        if answer not in ("", *numbers):
            return WELCOME
        goal = choice[int(answer or 1) - 1]
        goals.begin(self.session, goal)
        way = goal.way
        if way is goals.Way.STEPS:
            return 0
        if way is goals.Way.TROUBLE:
            self.find_cause()
        else:
            change.take_back(self.session, self.question, self.say)
        return WELCOME

    def find_cause(self, error: KjtuiError | None = None) -> None:
        """The troubleshooting, from what the person sees or has just run into."""
        from kjtui.plain.trouble import walk as find

        self.finding = True
        try:
            find(self.session, self.question, self.say, error)
        except KjtuiError as failure:
            self.lines(sentences.trouble(failure))
        finally:
            self.finding = False

    def step(self, index: int) -> int:
        """One step. Returns the index of the next."""
        self.say("")
        view = STEPS[index].view(self.session)
        self.say(heading(index, view.title).replace(" · ", ": "))
        self.say(view.sentence)
        try:
            view = self.ready(index)
            self.lines(sentences.found(view))
            if view.options and self.choice(index, view):
                view = self.ready(index)
            self.lines(sentences.plans(view))
            return self.act(index, view)
        except KjtuiError as error:
            self.lines(sentences.trouble(error))
            # What could not be prepared is not tried again unasked.
            answer = self.question("Enter: try again, b: back, d: find the cause, q: quit", error)
            return index if answer != "b" else index - 1

    def ready(self, index: int) -> StepView:
        """The step's view with everything worked out that it needs. Raises KjtuiError."""
        view = STEPS[index].view(self.session)
        if view.need is not Need.NOTHING:
            self.say(f"Please wait: {view.waiting}.")
        if view.need is Need.LOOK:
            self.session.take_look(self.session.look())
        elif view.need is Need.PREPARE:
            self.session.take_image(self.session.prepare(Milestones(self.say)))
        else:
            return view
        return STEPS[index].view(self.session)

    def choice(self, index: int, view: StepView) -> bool:
        """Ask which option to take. Whether it differs from the present one."""
        self.say("Your choice:")
        self.lines(sentences.options(view.options))
        numbers = [str(number) for number in range(1, len(view.options) + 1)]
        answer = self.question(f"{_either(numbers)}, Enter for {view.chosen + 1}")
        if index == CHOOSE and answer in ("k", "o"):
            self.about_b(answer)
            return True
        if answer not in numbers or int(answer) - 1 == view.chosen:
            return False
        option = int(answer) - 1
        if STEPS[index].name == "reserve":
            self.session.choose_way(self.session.ways[option])
        else:
            choose.take(self.session, option)
        changed = STEPS[index].view(self.session)
        self.say(f"Chosen: {changed.options[changed.chosen].label}.")
        return True

    def act(self, index: int, view: StepView) -> int:
        """Ask what to do, and do it. Returns the index of the next step. Raises KjtuiError."""
        unseen = imageplace.is_unseen(view)
        right = "x: set right, " if view.remedies or unseen else ""
        if index == RESERVE:
            undo = "; u takes back what kjtui has changed" if self.session.reservation.standing else ""
            self.say(f"+ or - changes how much memory kernel B gets{undo}.")
        if index == CHOOSE:
            self.say(about.KEYS)
        if view.blocked:
            if view.blocked not in view.found:
                self.lines(sentences.findings([view.blocked]))
            answer = self.question(f"This cannot go on. {right}d: find the cause, {KEYS}")
        else:
            answer = self.question(f"Enter: {view.action}. {right}{KEYS}")
        if answer == "b":
            return index - 1
        if answer == "e":
            self.lines(sentences.evidence((*view.found, *view.more)))
        elif answer == "r":
            self.session.seen = None
            return 0
        elif answer in ("+", "-") and index == RESERVE:
            changing.resize(self.session, 1 if answer == "+" else -1)
        elif answer == "u" and index == RESERVE and self.session.reservation.standing:
            change.take_back(self.session, self.question, self.say)
        elif answer in ("k", "o") and index == CHOOSE:
            self.about_b(answer)
        elif answer == "x" and unseen:
            change.look_out(self.session, self.question, self.say)
        elif answer == "x" and view.remedies:
            self.set_right()
        elif answer == "" and not view.blocked and self.allowed(view.asks):
            return self.forward(index, view)
        return index

    def about_b(self, key: str) -> None:
        """k: another kernel; o: what belongs to the purpose. Raises KjtuiError."""
        if key == "k" and about.kernel(self.session, self.question, self.say) != "o":
            return
        about.further(self.session, self.ask, self.say, self.secret)

    def set_right(self) -> None:
        """Carry out one of the remedies, after a yes, and look again. Raises KjtuiError."""
        if self.carry_out(self.session.remedies(), self.session.set_right):
            self.session.seen = None

    def carry_out(
        self,
        offers: tuple[tuple[Finding, Remedy], ...],
        set_right: Callable[[Sequence[Operation], Progress], None],
    ) -> bool:
        """Offer one remedy after the other, and carry out the first that gets a yes. Raises KjtuiError."""
        seen = self.session.seen
        assert seen is not None  # remedies come from a look
        for _finding, remedy in offers:
            operations = remedy.make(seen.facts)
            self.lines(sentences.remedy(remedy, operations))
            if self.question("Do it? Type y for yes, Enter for no") in ("y", "yes"):
                set_right(operations, Milestones(self.say))
                return True
        return False

    def allowed(self, asks: tuple[Finding, ...]) -> bool:
        """Whether the person says yes to what wants a yes. Enter alone does not."""
        asks = self.session.open_asks(asks)
        if not asks:
            return True
        self.lines(sentences.evidence(asks))
        if self.question("Go on anyway? Type y for yes, Enter for no") not in ("y", "yes"):
            return False
        self.session.accept(asks)
        return True

    def forward(self, index: int, view: StepView) -> int:
        """Do what Enter does in this step. Raises KjtuiError."""
        if view.act is Act.RESERVE:
            change.reserve(self.session, self.question, self.say)
            return index
        if index == RESERVE:
            changing.seen_after_restart(self.session)
        if view.act is Act.LOAD:
            self.session.load(Milestones(self.say))
        elif view.act is Act.JUMP:
            return self.jump(index)
        return index + 1

    def jump(self, index: int) -> int:
        """Look once more, jump, and report. Returns the index of the next step. Raises KjtuiError."""
        found = departing.preflight(self.session, Milestones(self.say, AT_ONCE))
        pressing = tuple(one for one in found if one.verdict is not Verdict.READY)
        blocked = any(one.verdict is Verdict.BLOCKED for one in pressing)
        if blocked:
            self.say("The jump was not begun: this stands in its way.")
            self.lines(sentences.evidence(pressing))
        if blocked or not self.allowed(pressing):
            return index
        self.lines(list(preflight.summary(found)))
        self.say("Going to kernel B. Your system sleeps in memory until you are back.")
        self.session.jump()
        departing.settle(self.session, Milestones(self.say, AT_ONCE))
        return self.report()

    def report(self) -> int:
        """The return report, and what comes after it."""
        while True:
            report = self.session.report
            assert report is not None  # there has just been a jump
            found = returned.shown(report)
            offers = returned.offers(report)
            self.say("")
            self.say("Return report")
            self.say(returned.headline(report))
            labels = {remedy.id: remedy.label for _finding, remedy in offers}
            self.lines(sentences.findings(found, labels))
            self.say(returned.again(report.word))
            index = self.after_report(found, offers)
            if index is not None:
                return index

    def after_report(
        self, found: tuple[Finding, ...], offers: tuple[tuple[Finding, Remedy], ...]
    ) -> int | None:
        """What comes after the report. Returns the index of the next step, None for the report anew."""
        right = "x: set right, " if offers else ""
        while True:
            answer = self.question(
                f"Enter: quit, j: jump again, {right}d: find the cause, e: evidence, b: back"
            )
            if answer == "e":
                self.lines(sentences.evidence((*found, *self.session.preflown)))
            elif answer == "x" and offers:
                if self.carry_out(offers, partial(departing.mend, self.session)):
                    return None
            elif answer == "j":
                return LOAD if not self.session.can_jump else len(STEPS) - 1
            elif answer == "b":
                return LOAD - 1
            else:
                self.leave()

    def question(self, prompt: str, error: KjtuiError | None = None) -> str:
        """An answer, in lower case. q leaves, h explains, d finds the cause; the latter ask again.

        error: what the person has just run into.
        """
        while True:
            answer = self.ask(f"{prompt} > ").strip().lower()
            if answer in ("q", "quit"):
                self.leave()
            if answer == "d" and not self.finding:
                self.find_cause(error)
            elif answer in ("h", "help", "?"):
                self.lines(list(HELP))
            else:
                return answer

    def leave(self) -> None:
        """Leave, after asking what becomes of a loaded kernel."""
        if self.session.loaded:
            answer = self.ask(
                "Kernel B is loaded. Enter: unload it and quit, k: keep it and quit, b: back > "
            )
            if answer.strip().lower() == "b":
                return
            if answer.strip().lower() != "k":
                _unload(self.session, self.say)
        raise _Left

    def lines(self, lines: list[str]) -> None:
        """Say these lines."""
        for line in lines:
            self.say(line)


def _either(numbers: list[str]) -> str:
    """ "1 or 2"; of more the first and the last: "1 to 5"."""
    return " or ".join(numbers) if len(numbers) < 3 else f"{numbers[0]} to {numbers[-1]}"


def _unload(session: Session, say: Say) -> None:
    if session.loaded is None:
        return
    try:
        session.unload(lambda _what, _fraction: None)
        say("Kernel B is unloaded: this system is as it was before.")
    except KjtuiError as error:
        for line in sentences.trouble(error):
            say(line)
