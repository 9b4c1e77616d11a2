"""One walk through the wizard: what is known, what was chosen, what was done.

What is needed after the first screen only is read in where it is needed.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import TYPE_CHECKING

from kjtui.errors import KjtuiError
from kjtui.model.change import Phase
from kjtui.model.checks import Finding, Verdict
from kjtui.model.choices import Choices, Purpose
from kjtui.model.memory import RegionKind
from kjtui.wizard.kernels import Kernels
from kjtui.wizard.options import Drafts
from kjtui.wizard.reservation import Reservation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from kjtui.backend.machine import Progress, Writer
    from kjtui.model.facts import Facts
    from kjtui.model.image import LoadImage
    from kjtui.model.report import JumpReport
    from kjtui.model.saved import FileSpace, SavedTo
    from kjtui.model.visit import Disk
    from kjtui.plan.operations import Operation
    from kjtui.plan.remedies import Remedy
    from kjtui.wizard.preflight import Mark
    from kjtui.wizard.regions import RegionOffer

MOST_NEWS = 3
FRESH = 10.0  # seconds for which a look is as good as a new one


class Way(Enum):
    """What step 2 offers to do for kernel B's memory."""

    KEEP = auto()  # the trial start has come up: reserve at every start from now on
    USE = auto()  # what is reserved
    BORROW = auto()
    SET_UP = auto()  # reserve, which takes a restart


@dataclass(frozen=True)
class Look:
    """One look at the machine: the facts, what they mean, and the memory that could be given to kernel B.

    disks: all that are attached. spaces: what is on those parts of them that are not mounted. at: when it
    began, by the monotonic clock.
    """

    facts: Facts
    findings: tuple[Finding, ...]
    offers: tuple[RegionOffer, ...]
    disks: tuple[Disk, ...] = ()
    spaces: tuple[FileSpace, ...] = ()
    at: float = field(default_factory=time.monotonic)

    @property
    def fresh(self) -> bool:
        """Whether nothing much can have happened since."""
        return time.monotonic() - self.at < FRESH


@dataclass(frozen=True)
class Loaded:
    """The image that this session has loaded, and for which choices.

    enterable: whether a jump may enter it: a kernel B that came back and cannot be continued may not.
    mark: by which a later load by somebody else can be told.
    visited: whether a jump has entered it. saves: where it saves this system's memory to.
    """

    image: LoadImage
    choices: Choices
    enterable: bool = True
    mark: Mark | None = None
    visited: bool = False
    saves: SavedTo | None = None


class Session:
    """The state of one walk. look() and prepare() only read; load(), jump(), unload(), set_right() and the
    last part of reservation change the machine; what surrounds a jump is in kjtui.wizard.departing.

    Those that change it and prepare() take their time and may run in a thread of their own, one at a time;
    looks may be taken at any time and from any thread. Everything else belongs to the thread that shows the
    steps. jump() stops the whole machine, so any thread will do.

    note: what is to be known at the step Load. notes: what could not be had for kernel B.
    waits: a saved system that would be overwritten, in a few words. news: what has
    changed on the machine since it was looked at.
    memory_speed: bytes that this machine copies in a second, 0 before the first look. preflown: what the last
    look before a jump has found. keeper: writes what is brought home, and returns the folder that it is in.
    """

    def __init__(self, machine: Writer) -> None:
        self.machine = machine
        self.seen: Look | None = None
        self.choices = Choices()
        self.image: LoadImage | None = None
        self.loaded: Loaded | None = None
        self.report: JumpReport | None = None
        self.note = ""
        self.notes: tuple[str, ...] = ()
        self.waits = ""
        self.news = ""
        self.memory_speed = 0.0
        self.preflown: tuple[Finding, ...] = ()
        self._changes: list[str] = []
        self._looking = threading.Lock()
        self._latest: Look | None = None
        self._accepted: set[str] = set()
        self.reservation = Reservation(machine)
        self.kernels = Kernels(machine)
        self.drafts = Drafts()
        self.keeper: Callable[[Mapping[str, bytes]], str] = machine.keep_files
        self._way: Way | None = None  # the person's choice
        self._saves: SavedTo | None = None  # see Loaded, of what was prepared last

    def first_look(self) -> Look:
        """A look that another thread has just taken or is taking, else one of its own."""
        with self._looking:
            return self._latest if self._latest and self._latest.fresh else self._look()

    def look(self) -> Look:
        """Probe the machine anew and judge what was found."""
        with self._looking:
            return self._look()

    def _look(self) -> Look:
        from kjtui.checks import run_all
        from kjtui.wizard.regions import offers

        at = time.monotonic()
        facts = self.machine.facts()
        self.reservation.recall()
        judged = facts
        if self.loaded:
            # An image of our own is no news to the person, and no reason for a check to ask. Loading anew
            # gives its memory back first.
            memory = facts.memory_available + self.loaded.image.bytes_swapped
            judged = replace(facts, kexec_loaded=False, memory_available=memory)
        if not self.memory_speed:
            self.memory_speed = self.machine.memory_speed()
        self._latest = Look(
            facts,
            tuple(run_all(judged)),
            offers(facts, self.choices.region_size),
            self.machine.whole_disks(),
            self.machine.file_spaces(facts.block_devices),
            at,
        )
        return self._latest

    def forget_look(self) -> None:
        """What was seen holds no more: the next step that needs a look takes a new one."""
        self.seen = self._latest = None

    def take_look(self, seen: Look) -> None:
        """Go on with this look. What was prepared from an earlier one is dropped."""
        self.seen = seen
        self.image = None
        if seen.facts.kexec_loaded is False:
            self.loaded = None  # someone else has unloaded it
        if self._way not in self.ways:
            self._way = None
        self._take_region()

    @property
    def ways(self) -> tuple[Way, ...]:
        """What step 2 offers on this machine, () before the first look."""
        from kjtui.wizard.afterrestart import came_up

        if self.seen is None:
            return ()
        facts, state = self.seen.facts, self.reservation.state
        reserved = bool(facts.kexec_crash_size) or self.seen.offers[1].region is not None
        kept = state is not None and state.phase is Phase.TRIAL and came_up(facts, state)
        first = (Way.KEEP,) if kept else ()
        return (*first, Way.BORROW, *((Way.USE,) if reserved else ()), Way.SET_UP)

    @property
    def way(self) -> Way:
        """The one that is chosen. Reserved memory where it can be had: it is faster and needs no copy."""
        if self._way is not None or self.seen is None:
            return self._way or Way.BORROW
        if Way.KEEP in self.ways:
            return Way.KEEP
        return Way.USE if self.seen.offers[1].region is not None else Way.BORROW

    def choose_way(self, way: Way) -> None:
        """What to do for kernel B's memory."""
        self._way = way
        self._take_region()

    def choose_way_anew(self) -> None:
        """What was chosen has been done: go on with what is best now."""
        self._way = None
        self._take_region()

    def _take_region(self) -> None:
        reserved = self.way in (Way.USE, Way.KEEP)
        self._choose(replace(self.choices, region=RegionKind.RESERVED if reserved else RegionKind.BORROWED))

    def resize(self, by: int) -> None:
        """Give kernel B so many bytes more or less, but something."""
        from kjtui.wizard.regions import offers

        size = self.choices.region_size + by
        if self.seen is not None and size > 0:
            self._choose(replace(self.choices, region_size=size))
            self.seen = replace(self.seen, offers=offers(self.seen.facts, size))

    def choose_purpose(self, purpose: Purpose) -> None:
        """What kernel B is to do."""
        self._choose(replace(self.choices, purpose=purpose))

    def choose(self, choices: Choices) -> None:
        """Go on with these answers. What was prepared for others is dropped."""
        self._choose(choices)

    def choose_kernel(self, path: str) -> None:
        """Start kernel B from this file; "" for the running kernel's."""
        self._choose(replace(self.choices, kernel=path))

    def _choose(self, choices: Choices) -> None:
        if choices != self.choices:
            self.choices = choices
            self.image = None

    @property
    def offer(self) -> RegionOffer | None:
        """The memory chosen for kernel B, None before the first look."""
        if self.seen is None:
            return None
        return next(offer for offer in self.seen.offers if offer.kind is self.choices.region)

    @property
    def can_jump(self) -> bool:
        """Whether what is loaded fits the choices and may be entered."""
        return self.loaded is not None and self.loaded.enterable and self.loaded.choices == self.choices

    @property
    def exit_status(self) -> int:
        """0 when nothing stands or went wrong, 1 when a check blocks or a jump lost something."""
        if self.report is not None:
            return 0 if self.report.all_well else 1
        blocked = self.seen is not None and any(one.verdict is Verdict.BLOCKED for one in self.seen.findings)
        return 1 if blocked else 0

    @property
    def foreign_image(self) -> bool:
        """Whether someone else has loaded an image that loading ours would replace."""
        return self.loaded is None and self.seen is not None and self.seen.facts.kexec_loaded is True

    def open_asks(self, asks: tuple[Finding, ...]) -> tuple[Finding, ...]:
        """Those of asks that the person has not yet said yes to."""
        return tuple(ask for ask in asks if _key(ask) not in self._accepted)

    def accept(self, asks: tuple[Finding, ...]) -> None:
        """The person said yes to these. A finding whose words change is asked about again."""
        self._accepted.update(_key(ask) for ask in asks)

    def prepare(self, progress: Progress) -> LoadImage:
        """Pack and lay out kernel B for the choices; nothing is changed. Raises KjtuiError.

        progress may raise to give up: nothing needs to be undone.
        """
        from kjtui.wizard import preparing

        made = preparing.prepare(self, progress)
        self.notes, self._saves, self.waits = made.notes, made.saves, made.waits
        return made.image

    @property
    def kernel_b(self) -> str | None:
        """The file that kernel B is started from; None where the running kernel's is wanted and not found."""
        return self.choices.kernel or (self.seen.facts.kernel_file if self.seen else None)

    def note_news(self, words: str) -> None:
        """Something has changed on the machine. Of much news the latest are kept."""
        known = [one for one in self._changes if one != words]
        self._changes = [*known, words][-MOST_NEWS:]
        self.news = f"Just now: {'; '.join(self._changes)}."

    def forget_news(self) -> None:
        """The person knows."""
        self._changes = []
        self.news = ""

    def remedies(self) -> tuple[tuple[Finding, Remedy], ...]:
        """What is not as it should be and can be set right from here, with how."""
        from kjtui.plan.remedies import REMEDIES

        found = self.seen.findings if self.seen else ()
        return tuple(
            (one, REMEDIES[one.remedy]) for one in found if one.remedy and one.verdict is not Verdict.READY
        )

    def set_right(self, operations: Sequence[Operation], progress: Progress) -> None:
        """Carry out a remedy's operations. Raises KjtuiError."""
        from kjtui.plan import executor

        executor.run(operations, self.machine, progress)

    def take_image(self, image: LoadImage) -> None:
        """Go on with this prepared image."""
        self.image = image

    def load(self, progress: Progress) -> None:
        """Load the prepared image. Raises KjtuiError; an image that someone else loaded then stays."""
        from kjtui.plan import executor
        from kjtui.plan.operations import LoadKernel
        from kjtui.wizard.preflight import mark

        if self.image is None:
            raise KjtuiError("Kernel B is not prepared yet", hint="Go back one step and forward again.")
        if self.loaded and not self._loads_are_counted:
            # Ours goes first: the kernel would otherwise need memory for both at the same time. Where it
            # counts loads down, that would cost one, and loading simply replaces.
            self.unload(progress)
        executor.run((LoadKernel(self.image),), self.machine, progress)
        mark_of = mark(self.machine.facts())
        self.loaded = Loaded(self.image, self.choices, mark=mark_of, saves=self._saves)
        self.note = ""

    @property
    def _loads_are_counted(self) -> bool:
        limit = self.seen.facts.kexec_load_limit_reboot if self.seen else None
        return limit is not None and limit >= 0

    def unload(self, progress: Progress) -> None:
        """Undo our loading, if there is something to undo. Raises KjtuiError."""
        from kjtui.plan import executor
        from kjtui.plan.operations import Unload

        if self.loaded:
            executor.run((Unload(),), self.machine, progress)
            self.loaded = None

    def restart(self) -> None:
        """Restart the machine; a loaded kernel B is unloaded before. Raises KjtuiError.

        On a real machine the end of this program follows soon. A simulated one goes on as after the restart.
        """
        self.unload(lambda _what, _fraction: None)
        self.machine.restart()
        self.forget_look()
        self._way = None

    def jump(self) -> JumpReport:
        """Jump, and return when kernel B has come back. Raises KjtuiError when this kernel did not go."""
        from kjtui.plan import executor
        from kjtui.plan.operations import Jump, SwapOff
        from kjtui.plan.remedies import FreeCaches
        from kjtui.wizard import homecoming

        if self.loaded is None:
            raise KjtuiError("Kernel B is not loaded", hint="Go back to the step Load.")
        before, saves = self.machine.snapshot(), self.loaded.saves
        first: list[Operation] = []
        if saves and not self.choices.keep_caches:
            first.append(FreeCaches())
        if saves and saves.swap:
            first.append(SwapOff(saves.path))
        try:
            executor.run((*first, Jump()), self.machine, lambda _what, _fraction: None)
        except KjtuiError:
            # Refused. Whether something is still loaded is asked rather than assumed.
            if self.machine.facts().kexec_loaded is False:
                self.loaded = None
            raise
        last = self.report if self.loaded.visited else None
        self.report = homecoming.report(self.machine, before, last, self.keeper, self.loaded.saves)
        word = self.report.word
        enterable = word is not None and word.can_be_parked
        if self.loaded.saves:
            # An image has one id and one key: what is saved next is prepared anew.
            self.image = None
        self.loaded = replace(self.loaded, enterable=enterable, visited=True)
        return self.report


def _key(finding: Finding) -> str:
    return f"{finding.id}: {finding.title}"
