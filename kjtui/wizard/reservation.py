"""Setting memory aside at the next start: what would be changed, doing it, keeping it, taking it back."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kjtui.errors import KjtuiError
from kjtui.model.change import Phase, Remembered
from kjtui.model.checks import Evidence, Finding, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kjtui.backend.machine import Progress, Writer
    from kjtui.model.boot import BootSetup
    from kjtui.model.change import ChangeLine
    from kjtui.model.facts import Facts, LogLine
    from kjtui.plan.changes import Change
    from kjtui.plan.operations import Operation

NAME = "crashkernel"
STEP = 32 << 20  # bytes by which + and - change the size
TRY, SET = "Try", "Set"  # the first word of a change's title


@dataclass(frozen=True)
class Draft:
    """What would be done to reserve memory, ready to be shown and carried out.

    value: of crashkernel=. trial: whether the next start only tries it. keeps: whether it makes a trial that
    has come up last. now: what is done on a yes. later: what follows when a trial has come up, in short.
    blocked: why it cannot be done. asks: what the person must say yes to. by_hand: what to do on a system
    that kjtui does not change. no_trial: why there is none.
    """

    setup: BootSetup
    size: int
    value: str
    trial: bool = False
    keeps: bool = False
    now: tuple[Operation, ...] = ()
    later: tuple[str, ...] = ()
    blocked: Finding | None = None
    asks: tuple[Finding, ...] = ()
    by_hand: tuple[str, ...] = ()
    no_trial: str = ""

    @property
    def title(self) -> str:
        """What the journal calls it."""
        if self.trial:
            return f"{TRY} {NAME}={self.value} at the next start"
        return f"{SET} {NAME}={self.value} for every start"


class Reservation:
    """The boot loader's side of a walk. recall() and look() read; make(), finish(), undo(), restart() change.

    state: what was waited for across a restart. changes: all that were made, oldest first. fault: why these
    two could not be read. setups: the boot loaders, () before look(). log: the kernel log of this boot where
    it is needed to say why nothing was reserved.
    """

    def __init__(self, machine: Writer) -> None:
        self.machine = machine
        self.state: Remembered | None = None
        self.changes: tuple[Change, ...] = ()
        self.fault: KjtuiError | None = None
        self.setups: tuple[BootSetup, ...] = ()
        self.log: tuple[LogLine, ...] = ()
        self._chosen = 0
        self._recalling = threading.Lock()

    def recall(self) -> None:
        """Read what was changed earlier and what is waited for. Never raises: see fault.

        A look at the machine does this beside the pages that stand on it, in a thread of its own: what was
        known stays until all that is new is known, and what was read last counts.
        """
        with self._recalling:
            self._recall()

    def _recall(self) -> None:
        fault, state = None, self.state
        lines: tuple[ChangeLine, ...] = ()
        found: tuple[Change, ...] = ()
        try:
            state = self.machine.remembered()
            lines = self.machine.changes()
        except KjtuiError as error:
            fault = error
        if lines:
            from kjtui.plan import changes

            found = changes.read(lines)
        if state is not None and state.phase is not Phase.LIFTED and not _has_begun(state, found):
            state = None  # the power went before anything was done for it, or when all had been done
        try:
            # Why nothing was reserved stands in the kernel log only.
            log = self.machine.kernel_log() if state else ()
        except KjtuiError:
            log = ()
        self.fault, self.state, self.changes, self.log = fault, state, found, log

    def look(self) -> None:
        """Find the boot loaders anew; the one that was chosen stays chosen."""
        now = self.setup.loader if self.setups else None
        self.setups = self.machine.boot_setups()
        kinds = [setup.loader for setup in self.setups]
        self._chosen = kinds.index(now) if now in kinds else 0

    @property
    def setup(self) -> BootSetup:
        """The boot loader that is changed. Only after look()."""
        return self.setups[self._chosen]

    def other_loader(self) -> None:
        """Correct the choice of the boot loader: the next one that was found."""
        self._chosen = (self._chosen + 1) % len(self.setups)

    @property
    def cut_off(self) -> Change | None:
        """A change that a crash or a power cut has left neither made nor undone."""
        return _cut_off(self.changes)

    @property
    def standing(self) -> tuple[Change, ...]:
        """The changes that have been made and not taken back, newest first."""
        return tuple(one for one in reversed(self.changes) if one.stands)

    @property
    def trials(self) -> tuple[Change, ...]:
        """Those of them that only prepared a trial start."""
        return tuple(one for one in self.standing if one.title.startswith(f"{TRY} "))

    def draft(self, facts: Facts, size: int) -> Draft:
        """What reserving so many bytes would change. Only after look(). Raises KjtuiError."""
        from kjtui.bootcfg import crashkernel
        from kjtui.plan import bootplan

        setup, value = self.setup, crashkernel.plain(size)
        if setup.why_not:
            word = bootplan.word(value)
            lines = tuple(line.replace("{word}", word) for line in setup.by_hand)
            return Draft(setup, size, value, blocked=_by_hand(setup), by_hand=lines)
        blocked, asks = _existing(facts, setup, size, self._ours())
        for_good = bootplan.permanent(setup, value)
        later = tuple(one.describe() for one in for_good)
        at_once = Draft(setup, size, value, now=(*for_good, *self._trials_out), blocked=blocked, asks=asks)
        if setup.no_trial:
            return replace(at_once, no_trial=setup.no_trial)
        try:
            trial = bootplan.trial(setup, value, facts.command_line)
        except KjtuiError as error:
            return replace(at_once, no_trial=f"{error.title}. {error.detail}")
        return Draft(setup, size, value, True, False, trial, later, blocked, asks)

    def keeping(self) -> Draft:
        """What makes a trial that has come up last. Only after look() and with a state. Raises KjtuiError."""
        from kjtui.plan import bootplan

        assert self.state is not None
        setup, value = self.setup, self.state.value
        if setup.why_not:
            return self._told(setup, value)
        steps = (*bootplan.permanent(setup, value), *self._trials_out, bootplan.end_of_trial())
        return Draft(setup, self.state.size, value, keeps=True, now=steps)

    @property
    def _trials_out(self) -> tuple[Operation, ...]:
        """Take out what trials have left. Last, since it cannot be undone: what comes before it may fail."""
        return tuple(step for trial in self.trials for step in trial.steps_back)

    def _told(self, setup: BootSetup, value: str) -> Draft:
        lines = tuple(line.replace("{word}", f"{NAME}={value}") for line in setup.by_hand)
        return Draft(setup, 0, value, blocked=_by_hand(setup), by_hand=lines)

    def _ours(self) -> tuple[str, ...]:
        """The values that kjtui itself has set."""
        return tuple(one.title.partition(f"{NAME}=")[2].partition(" ")[0] for one in self.standing)

    def make(self, draft: Draft, boot_id: str, progress: Progress) -> None:
        """Carry a draft out. Raises KjtuiError, and what progress raises; then everything is as before."""
        from kjtui.plan import changes

        before, trials = self.state, () if draft.trial else self.trials
        phase = Phase.TRIAL if draft.trial else Phase.SET
        state = Remembered(phase, draft.value, draft.size, boot_id, 0.0, draft.setup.loader)
        if not draft.keeps:
            # First: should the power go as soon as all is done, the next start knows what it is about.
            self.machine.remember(state)
        try:
            made = changes.make(draft.title, draft.now, self.machine, progress)
        except (Exception, KeyboardInterrupt):
            self._wait_for(before)
            raise
        try:
            for trial in trials:  # its parts have been taken out in the same go
                changes.close(trial, self.machine)
        except KjtuiError:
            changes.undo(made, self.machine, _deaf)
            raise
        if draft.keeps:
            self._wait_for(None)
        self.recall()

    def _wait_for(self, state: Remembered | None) -> None:
        """Wait for this, where that can be written. Where not, the journal of changes knows better anyway."""
        try:
            self.machine.remember(state)
        except KjtuiError:
            pass

    def finish(self, change: Change, boot_id: str, progress: Progress) -> None:
        """Go on with a change that was cut off. Raises KjtuiError."""
        from kjtui.plan import changes

        changes.finish(change, self.machine, progress)
        if NAME not in change.title:
            self.recall()
            return
        for trial in self.trials:
            if not change.title.startswith(f"{TRY} "):
                changes.close(trial, self.machine)
        value = change.title.partition(f"{NAME}=")[2].partition(" ")[0]
        phase = Phase.TRIAL if change.title.startswith(f"{TRY} ") else Phase.SET
        self.machine.remember(Remembered(phase, value, _bytes(value), boot_id, 0.0))
        self.recall()

    def undo(self, change: Change, facts: Facts, progress: Progress) -> bool:
        """Take a change back. Whether a restart is needed until that shows. Raises KjtuiError."""
        from kjtui.bootcfg import words
        from kjtui.plan import changes

        if NAME not in change.title:  # it has nothing to do with reserving
            changes.undo(change, self.machine, progress, ())
            self.recall()
            return False
        strays = self._strays(change)
        changes.undo(change, self.machine, progress, strays)
        value = change.title.partition(f"{NAME}=")[2].partition(" ")[0]
        running = value in words.values(facts.command_line, NAME)
        left = self.standing_values(without=change)
        before = left[0] if left else ""
        self.machine.remember(
            Remembered(Phase.LIFTED, before, _bytes(before), facts.boot_id, 0.0) if running else None
        )
        self.recall()
        return running

    def standing_values(self, without: Change) -> tuple[str, ...]:
        """The values of the changes that stand when this one is taken back, newest first."""
        left = [one for one in self.standing if one.id != without.id and NAME in one.title]
        return tuple(one.title.partition(f"{NAME}=")[2].partition(" ")[0] for one in left)

    def _strays(self, change: Change) -> tuple[Operation, ...]:
        """Take the word out of what others have made with it meanwhile, such as a new kernel's entry."""
        from kjtui.plan import bootplan

        value = change.title.partition(f"{NAME}=")[2].partition(" ")[0]
        if change.title.startswith(f"{TRY} ") or value in self.standing_values(without=change):
            return ()
        return bootplan.strays(self.machine.boot_setups(), value, change.operations)

    def settle(self) -> None:
        """The person has seen how the restart went: nothing is waited for any more. Raises KjtuiError."""
        if self.state is not None and self.state.phase is Phase.TRIAL:
            self.machine.end_trial()
        self.machine.remember(None)
        self.state = None


def _cut_off(changes: Sequence[Change]) -> Change | None:
    return next((one for one in reversed(changes) if one.open), None)


def _has_begun(state: Remembered, changes: Sequence[Change]) -> bool:
    """Whether there is a change behind what is waited for; behind a trial, one that is not kept yet."""
    word = f"{NAME}={state.value} "
    kinds = [one.title.split(" ")[0] for one in changes if one.stands and word in one.title]
    if state.phase is Phase.TRIAL and SET in kinds:
        return False
    return bool(kinds) or _cut_off(changes) is not None


def _deaf(_what: str, _fraction: float) -> None:
    """Nobody waits for this, and nobody may stop it."""


def _bytes(value: str) -> int:
    from kjtui.bootcfg import crashkernel

    return crashkernel.effective((value,), 1 << 40).size if value else 0


def _existing(
    facts: Facts, setup: BootSetup, size: int, ours: tuple[str, ...]
) -> tuple[Finding | None, tuple[Finding, ...]]:
    """Respect for a reservation that is there already, for kdump: what stands in the way, what to ask."""
    from kjtui.bootcfg import crashkernel, words
    from kjtui.plan import bootplan
    from kjtui.plan.sizes import amount

    entries = bootplan.configured(setup)
    values = (entries[0] if entries else ()) or words.values(facts.command_line, NAME)
    if not values or values[-1] in ours:
        return None, ()
    there = crashkernel.effective(values, facts.memory_total)
    evidence = (
        Evidence("boot configuration", " ".join(f"{NAME}={value}" for value in values)),
        Evidence("/sys/kernel/kexec_crash_size", str(facts.kexec_crash_size)),
        Evidence("/sys/kernel/kexec_crash_loaded", str(facts.kexec_crash_loaded)),
    )
    if there.size > size:
        return (
            Finding(
                "would-shrink",
                f"{amount(there.size)} are reserved for crash dumps already; this would make it less",
                Verdict.BLOCKED,
                evidence,
                "kdump was set up with that much; with less it may fail when it is needed.",
                f"Use that memory as it is, or ask for at least {amount(there.size)}.",
            ),
            (),
        )
    if not there.size:
        return None, ()
    asks = [
        Finding(
            "enlarges",
            f"{amount(there.size)} are reserved for crash dumps (kdump); this makes it {amount(size)}",
            Verdict.ATTENTION,
            evidence,
            "kdump goes on working, with more memory than it asked for. Taking it back restores what it had.",
            "Say no to leave it as it is.",
        )
    ]
    if facts.kexec_crash_loaded:
        asks.append(
            Finding(
                "shared",
                "A crash kernel is loaded in the reserved memory now",
                Verdict.ATTENTION,
                evidence,
                "Only one of the two can be in there: for a jump kdump must be unloaded, and until it is "
                "loaded again a crash of this system leaves no dump.",
                "Unload it for a jump (systemctl stop kdump-tools), and start it again afterwards.",
            )
        )
    return None, tuple(asks)


def _by_hand(setup: BootSetup) -> Finding:
    return Finding(
        "by-hand",
        f"kjtui does not change this system's boot configuration itself: {setup.title}",
        Verdict.BLOCKED,
        setup.evidence,
        setup.why_not,
        "Do what is shown below, restart, and come back to this step; or borrow memory instead.",
    )
