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
from kjtui.model.saved import Task
from kjtui.wizard.kernels import Kernels
from kjtui.wizard.options import Drafts
from kjtui.wizard.reservation import Reservation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from kjtui.backend.machine import Progress, Writer
    from kjtui.model.facts import Facts
    from kjtui.model.image import LoadImage
    from kjtui.model.memory import Region
    from kjtui.model.report import JumpReport
    from kjtui.model.visit import Disk
    from kjtui.plan.operations import Operation
    from kjtui.plan.places import Place
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

    disks: all that are attached. at: when it began, by the monotonic clock.
    """

    facts: Facts
    findings: tuple[Finding, ...]
    offers: tuple[RegionOffer, ...]
    disks: tuple[Disk, ...] = ()
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
    visited: whether a jump has entered it.
    """

    image: LoadImage
    choices: Choices
    enterable: bool = True
    mark: Mark | None = None
    visited: bool = False


class Session:
    """The state of one walk. look() and prepare() only read; load(), jump(), unload(), set_right() and the
    last part of reservation change the machine; what surrounds a jump is in kjtui.wizard.departing.

    Those that change it and prepare() take their time and may run in a thread of their own, one at a time;
    looks may be taken at any time and from any thread. Everything else belongs to the thread that shows the
    steps. jump() stops the whole machine, so any thread will do.

    note: what is to be known at the step Load. notes: what could not be had for kernel B. news: what has
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
        self._image: tuple[str, str] | None = None  # where kernel B saves, and the image's id
        self.image_fault: KjtuiError | None = None  # why an image could not be made useless

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
            at,
        )
        return self._latest

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
        from kjtui.kexec import bzimage, iomem
        from kjtui.kexec.layout import plan_image
        from kjtui.plan import visit

        facts, region = self._basis()
        path = self.kernel_b
        if path is None:
            raise _no_kernel(facts)
        progress("reading the kernel", 0.0)
        kernel = self.machine.read_kernel(path)
        choices = self.choices
        initramfs = self.machine.initramfs(choices, bzimage.release(kernel[: 64 << 10]), progress)
        progress("laying out kernel B in memory", 1.0)
        low = iomem.low_memory(iomem.parse(facts.iomem))
        avoid = (region.span, low) if low else (region.span,)
        mailbox = self.machine.mailbox(avoid, visit.word_pages(choices.purpose))
        disks = self.machine.protected_disks()
        told = visit.orders_for(facts, choices, mailbox, disks, same_kernel=path == facts.kernel_file)
        self.notes = initramfs.notes
        data = visit.with_orders(initramfs.data, told)
        if choices.purpose is Purpose.SAVE:
            from kjtui.plan import saving

            place = self.place
            host, own = self.machine.identity()
            task = Task.SNAPSHOT if choices.snapshot else Task.HIBERNATE
            heads = self.machine.stack_heads()
            errand = saving.errand(facts, region, told, own, host, task, place.target, heads)
            if choices.passphrase:
                progress("making a key of the passphrase", 1.0)
                errand = saving.sealed(errand, choices.passphrase)
            self._image = (place.target.name, errand.manifest.id)
            data = saving.with_errand(data, errand)
        return plan_image(facts, region, choices, kernel, data, unpacked=initramfs.unpacked)

    @property
    def place(self) -> Place:
        """Where the image is to go. Raises KjtuiError where that cannot be."""
        from kjtui.plan.places import places

        facts, wanted = self._basis()[0], self.choices.image_on
        assert self.seen is not None  # there is a basis
        found = places(facts, self.seen.disks)
        if not wanted:
            wanted = next((one.target.name for one in found if not one.why_not), "")
        usable = ", ".join(one.target.name for one in found if not one.why_not) or "none"
        hint = f"Places that can be used: {usable}."
        place = next((one for one in found if one.target.name == wanted), None)
        if place is None:
            raise KjtuiError("There is no such place for the image", f"{wanted or 'none'} was named.", hint)
        if place.why_not:
            raise KjtuiError(f"{wanted} cannot take the image", f"{place.why_not}.".capitalize(), hint)
        return place

    @property
    def kernel_b(self) -> str | None:
        """The file that kernel B is started from; None where the running kernel's is wanted and not found."""
        return self.choices.kernel or (self.seen.facts.kernel_file if self.seen else None)

    def _basis(self) -> tuple[Facts, Region]:
        offer = self.offer
        if self.seen is None or offer is None:
            raise KjtuiError("This machine has not been looked at yet", hint="Go back to the first step.")
        if offer.region is None:
            raise KjtuiError(offer.why_not, offer.detail, offer.cure)
        return self.seen.facts, offer.region

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
        self.loaded = Loaded(self.image, self.choices, mark=mark(self.machine.facts()))
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
        self.seen = self._latest = None
        self._way = None

    def jump(self) -> JumpReport:
        """Jump, and return when kernel B has come back. Raises KjtuiError when this kernel did not go."""
        from kjtui.plan import executor
        from kjtui.plan.operations import Jump
        from kjtui.wizard import homecoming

        if self.loaded is None:
            raise KjtuiError("Kernel B is not loaded", hint="Go back to the step Load.")
        before = self.machine.snapshot()
        try:
            executor.run((Jump(),), self.machine, lambda _what, _fraction: None)
        except KjtuiError:
            # Refused. Whether something is still loaded is asked rather than assumed.
            if self.machine.facts().kexec_loaded is False:
                self.loaded = None
            raise
        self._spend()
        last = self.report if self.loaded.visited else None
        self.report = homecoming.report(self.machine, before, last, self.keeper)
        word = self.report.word
        enterable = word is not None and word.can_be_parked
        self.loaded = replace(self.loaded, enterable=enterable, visited=True)
        return self.report

    def _spend(self) -> None:
        """This system goes on, so no image of it may be gone back to: its disks will not be as they were.

        Kernel B and the kernel that restores see to that; should one have failed in between, this does.
        """
        if self._image is None:
            return
        (path, name), self._image = self._image, None
        try:
            if self.machine.discard_image(path, name):
                self.machine.record(
                    "image", "done", f"the image on {path} was thrown away: this system goes on"
                )
        except KjtuiError as error:
            self.image_fault = error


def _key(finding: Finding) -> str:
    return f"{finding.id}: {finding.title}"


def _no_kernel(facts: Facts) -> KjtuiError:
    return KjtuiError(
        "The file of the running kernel was not found",
        f"Kernel B is started from the file of Linux {facts.kernel_release} (vmlinuz), which is not there.",
        "Install this kernel's package or mount /boot, then press R on the first step; or take another "
        "kernel in step 3 (K).",
    )
