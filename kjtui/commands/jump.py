"""`kjtui jump`: the wizard's walk to kernel B and back in one go, for a person in a hurry or for nobody."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from kjtui.backend.machine import Writer
from kjtui.commands import output, secret, trips
from kjtui.commands.answers import Wishes
from kjtui.commands.bringing import Bringing
from kjtui.commands.check import as_text, in_full, title
from kjtui.commands.output import Streams, say, wrapped
from kjtui.commands.signals import ended_by_signals
from kjtui.errors import KjtuiError
from kjtui.model.checks import Finding, Verdict, pressing
from kjtui.model.choices import Purpose
from kjtui.model.memory import MIB, RegionKind
from kjtui.model.report import JumpReport
from kjtui.model.word import WayHome
from kjtui.wizard import choicechecks, departing, imageplace, options, preflight, returned
from kjtui.wizard.options import Field
from kjtui.wizard.session import Session, Way
from kjtui.wizard.steps import STEPS, heading
from kjtui.wizard.text import printable
from kjtui.wizard.view import StepView

FAILED = (
    125  # what a status of kjtui's own is where the program's is passed on, as with env(1) and timeout(1)
)
CHECK, RESERVE, CHOOSE, LOAD, JUMP = range(5)  # indices of steps
_SAVED = (WayHome.DONE, WayHome.RESTORED)
_MINUTE = 60
_YES = ("y", "yes")


class Stopped(Exception):
    """The walk ends before a jump. outcome: as jump.schema.json has it."""

    def __init__(self, outcome: trips.Outcome) -> None:
        super().__init__(outcome)
        self.outcome = outcome


def run(machine: Writer, streams: Streams, wishes: Wishes, *, practice: bool, plain: bool) -> int:
    """Walk through the steps, jump, come back, report. Returns the exit status; what fails is told here.

    practice: the machine is a simulated one: no file of this one is written. plain: kernel B speaks line by
    line.
    """
    trip = Trip(machine, streams, wishes, practice=practice, plain=plain)
    failed = FAILED if wishes.run else 2
    error = None
    try:
        with ended_by_signals(hang_up=False):
            status = trip.go()
    except BrokenPipeError:
        raise
    except KeyboardInterrupt:
        error, status = KjtuiError("Ended by a signal", hint="What was loaded is unloaded."), failed
    except KjtuiError as trouble:
        error, status = trouble, failed
    except Exception as trouble:
        from kjtui.wizard.faults import unexpected

        error, status = unexpected(trouble), failed
    if error is not None and not wishes.json:
        streams.stdout.flush()
        say(streams.stderr, f"kjtui: {error}")
    if wishes.json:
        told = trips.failure(error, trip.reports) if error else trip.document(status)
        say(streams.stdout, as_text(told))
    return status


class Trip:
    """One run of the command. reports: of the jumps that came back."""

    def __init__(
        self, machine: Writer, streams: Streams, wishes: Wishes, *, practice: bool, plain: bool
    ) -> None:
        self.session = Session(machine)
        self.wishes = wishes
        self.purpose = wishes.what_for
        self.plain = plain
        self.streams = streams
        # What the program says has standard output for itself.
        aside = wishes.json or self.purpose is Purpose.PROGRAM
        self.words = streams.stderr if aside else streams.stdout
        self.times = wishes.times or 1
        self.reports: list[JumpReport] = []
        self.outcome = trips.Outcome.RETURNED
        self.found: tuple[Finding, ...] = ()
        self._said = ""
        self.bringing = Bringing(machine, streams, wishes, practice=practice)

    def go(self) -> int:
        """The exit status when all has been done that can be. Raises KjtuiError."""
        self.bringing.check_targets()
        try:
            self._walk()
        except Stopped as stop:
            self.outcome = stop.outcome
            return 1
        finally:
            self._leave()
        return self._status()

    def document(self, status: int) -> dict[str, object]:
        """What came of it, in the form of jump.schema.json."""
        now, name = datetime.now(UTC), self.session.machine.name
        return trips.document(name, now, self.outcome, status, self.found, self.reports)

    def _walk(self) -> None:
        session = self.session
        self.tell(f"Machine: {session.machine.name}")
        session.take_look(session.look())
        assert session.seen is not None  # it has just been taken
        self.found = session.seen.findings
        self._gate(CHECK)
        self._take_region()
        self._gate(RESERVE)
        self._take_choices()
        self._gate(CHOOSE)
        session.take_image(session.prepare(self.progress))
        self._preview(self._gate(LOAD))
        for number in range(1, self.times + 1):
            if not session.can_jump or self.purpose is Purpose.PROGRAM:
                session.load(self.progress)
            self._gate(JUMP)
            self._last_look()
            session.keeper = self.bringing.keeper(number)
            self._jump()

    def _gate(self, index: int) -> StepView:
        """Stop where the wizard would not go on, ask where it would ask. Raises KjtuiError and Stopped."""
        view = STEPS[index].view(self.session)
        if view.blocked is not None:
            others = (one for one in view.found if one.verdict is Verdict.BLOCKED and one != view.blocked)
            self._blocked((view.blocked, *others), heading(index, view.title))
        self._allow(self.session.open_asks(view.asks))
        return view

    def _blocked(self, found: tuple[Finding, ...], where: str) -> None:
        self.found = (*self.found, *(one for one in found if one not in self.found))
        self.tell(f"{where}: this cannot go on.")
        for one in found:
            self.lines(in_full(one, evidence=True))
        raise Stopped(trips.Outcome.BLOCKED)

    def _allow(self, asks: tuple[Finding, ...]) -> None:
        """A yes for each of these, from what was said beforehand or from the person."""
        self.found = (*self.found, *(one for one in asks if one not in self.found))
        named = tuple(one for one in asks if self.wishes.accept_all or one.id in self.wishes.accept)
        for one in named:
            self.lines([title(one)])
        self.session.accept(named)
        rest = tuple(one for one in asks if one not in named)
        if not rest:
            return
        if not self.streams.stdin.isatty():
            ids = ", ".join(f'"{one}"' for one in dict.fromkeys(one.id for one in rest))
            raise KjtuiError(
                "Something wants a yes, and nobody can be asked",
                "; ".join(f"{one.id}: {one.title}" for one in rest) + ".",
                f"Read what kjtui check says of it. Then write accept = [{ids}] into the answers file, or "
                "add --yes, which says yes to everything.",
            )
        for one in rest:
            self.lines(in_full(one, evidence=True))
        self._ask("Go on anyway?")
        self.session.accept(rest)

    def _take_region(self) -> None:
        """Which memory kernel B gets: what was asked for, else what the wizard would mark."""
        session, wanted = self.session, self.wishes.region
        if self.wishes.size is not None:
            session.resize(self.wishes.size * MIB - session.choices.region_size)
        usual = RegionKind.RESERVED if session.way in (Way.USE, Way.KEEP) else RegionKind.BORROWED
        kind = wanted or usual
        if kind is RegionKind.RESERVED and Way.USE not in session.ways:
            assert session.seen is not None  # there has been a look
            offer = session.seen.offers[1]
            raise KjtuiError(offer.why_not, offer.detail, offer.cure)
        session.choose_way(Way.USE if kind is RegionKind.RESERVED else Way.BORROW)

    def _take_choices(self) -> None:
        """What kernel B is and does. Raises KjtuiError for what would not be taken in the wizard either."""
        session, wishes = self.session, self.wishes
        session.choose_purpose(self.purpose)
        texts: dict[Field, str | None] = {
            options.KERNEL: wishes.kernel,
            options.PROGRAM: wishes.run,
            options.BRING_BACK: " ".join(wishes.bring_back) or None,
            options.INITRAMFS: wishes.initramfs,
            options.WORDS: wishes.words,
            options.NETWORK: {True: "yes", False: "no", None: None}[wishes.network],
            options.TIMER: None if wishes.timer is None else str(wishes.timer),
        }
        for field, text in texts.items():
            if text is not None:
                self._take(field, text)
        limit = (wishes.limit or 0) * _MINUTE
        session.choose(
            replace(
                session.choices,
                plain=self.plain,
                limit=limit,
                image_on=wishes.to or "",
                snapshot=bool(wishes.snapshot),
                passphrase=self._passphrase(),
                keep_caches=bool(wishes.keep_caches),
            )
        )

    def _passphrase(self) -> str:
        """What the image is to be sealed with, "" for nothing. Raises KjtuiError."""
        wishes = self.wishes
        if wishes.passphrase_file is not None:
            typed = secret.from_file(wishes.passphrase_file)
        elif wishes.passphrase:
            typed = secret.typed_twice(self.streams)
        else:
            return ""
        finding = choicechecks.passphrase(typed)
        if not typed or finding.verdict is Verdict.BLOCKED:
            raise KjtuiError("This passphrase cannot be taken", finding.why, "Take a longer one.")
        return typed

    def _take(self, field: Field, text: str) -> None:
        if field not in options.fields(self.purpose):
            raise KjtuiError(
                f"{field.id} does not go with the purpose {self.purpose}",
                hint=f"Leave out {field.id}, or choose another purpose.",
            )
        judged = options.judge(self.session, field, text)
        finding = judged.finding
        if finding.verdict is Verdict.BLOCKED:
            raise KjtuiError(f"{field.id}: {finding.title}", finding.why, finding.cure)
        options.take(self.session, field, judged)
        if finding.verdict is Verdict.ATTENTION:
            self.tell(f"{finding.title}. {finding.why}")

    def _preview(self, view: StepView) -> None:
        """What will be done, and the question whether to do it. Raises KjtuiError and Stopped."""
        from kjtui.plan.operations import Jump

        self.tell("What will be done:")
        saving = imageplace.will(self.session) if self.purpose is Purpose.SAVE else ()
        for line in (*saving, *view.will, *Jump().preview()):
            self.lines([wrapped(line, "  ") if line == line.lstrip() else f"  {line}"])
        for line in view.know:
            self.tell(f"Good to know: {line}")
        if self.wishes.yes:
            return
        if not self.streams.stdin.isatty():
            hint = "Add --yes, or write yes = true into the answers file."
            raise KjtuiError("Nobody can be asked", "Standard input is no terminal.", hint)
        self._ask("Do it?")

    def _last_look(self) -> None:
        """Just before the jump. Raises KjtuiError and Stopped."""
        found = departing.preflight(self.session, self.progress)
        blocked = tuple(one for one in found if one.verdict is Verdict.BLOCKED)
        if blocked:
            self._blocked(blocked, "The last look before the jump")
        self._allow(self.session.open_asks(tuple(one for one in found if one.verdict is not Verdict.READY)))
        for line in preflight.summary(found):
            self.tell(line)

    def _jump(self) -> None:
        """Jump and report. Raises KjtuiError when this kernel did not go."""
        self.tell("Going to kernel B. Your system sleeps in memory until you are back.")
        self._flush()  # what waits here would be said after the return
        with _undisturbed():
            report = self.session.jump()
            self.reports.append(report)
        self._pass_on(report)
        self.reports[-1] = report = departing.settle(self.session, self.progress)
        self._report(report)
        if self.bringing.trouble is not None:
            raise self.bringing.trouble

    def _pass_on(self, report: JumpReport) -> None:
        """What the program said, byte by byte."""
        said = trips.said(report)
        if said and not self.wishes.json:
            with output.writing():
                self.streams.stdout.flush()
                self.streams.stdout.buffer.write(said)
                self.streams.stdout.buffer.flush()

    def _report(self, report: JumpReport) -> None:
        found = returned.findings(report)
        self.tell(returned.headline(report))
        told = pressing(found)
        for one in found:
            self.lines(
                in_full(one, evidence=one.verdict is not Verdict.READY) if one in told else [title(one)]
            )

    def _status(self) -> int:
        """The program's status where all else is well, else what kjtui says itself."""
        well = all(one.all_well for one in self.reports)
        if self.purpose is Purpose.SAVE:
            saved = all(one.word is not None and one.word.way_home in _SAVED for one in self.reports)
            return 0 if well and saved else 1
        if self.purpose is not Purpose.PROGRAM:
            return 0 if well else 1
        statuses = [trips.program_status(one) for one in self.reports]
        if None in statuses or not well:
            return FAILED
        return next((one for one in statuses if one), 0)

    def _leave(self) -> None:
        """Kernel B is unloaded, unless it has been visited and is to be kept."""
        if self.session.loaded is None or (self.wishes.keep and self.reports):
            return
        self.session.unload(lambda _what, _fraction: None)
        self.tell("Kernel B is unloaded.")

    def _ask(self, question: str) -> None:
        """Raises Stopped for everything but a yes."""
        self._flush()
        with output.writing():
            self.words.write(f"{question} [y/N] ")
            self.words.flush()
        if self.streams.stdin.readline().strip().lower() not in _YES:
            self.tell("Nothing was done.")
            raise Stopped(trips.Outcome.DECLINED)

    def progress(self, what: str, _fraction: float) -> None:
        """Say each thing once."""
        if what != self._said:
            self._said = what
            self.tell(f"  {what}")

    def tell(self, text: str) -> None:
        """Say a paragraph."""
        say(self.words, wrapped(text))

    def lines(self, lines: list[str]) -> None:
        """Say these lines."""
        for line in lines:
            say(self.words, "\n".join(printable(one) for one in line.split("\n")))

    def _flush(self) -> None:
        with output.writing():
            self.words.flush()


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """What was brought home is written before a signal that came meanwhile ends anything."""
    signals = {signal.SIGINT, signal.SIGTERM}
    came: list[int] = []
    handlers = {one: signal.signal(one, lambda number, _frame: came.append(number)) for one in signals}
    # Blocked, they do not interrupt the jump; noted they are too, for another thread may be given one.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        for number, handler in handlers.items():
            signal.signal(number, handler)
        if came:
            signal.raise_signal(came[0])
