"""What is known before and after a jump."""

from dataclasses import dataclass, field

from kjtui.model.surroundings import Differences, Surroundings, compare
from kjtui.model.word import VisitorWord


@dataclass(frozen=True)
class Snapshot:
    """The machine at one moment. monotonic and boottime in seconds; canary is a hash in hex.

    wall_clock: seconds since 1970 by this system's clock; board_clock: by the clock on the board (RTC), whole
    seconds, in whatever time zone that is set to; None unknown.
    """

    boot_id: str
    monotonic: float
    boottime: float
    cpus_online: int
    canary: str
    wall_clock: float | None = None
    board_clock: float | None = None
    around: Surroundings = field(default_factory=Surroundings)


@dataclass(frozen=True)
class Mended:
    """Something that was set right after the return, in the past tense. trouble: why that did not work."""

    what: str
    trouble: str = ""


@dataclass(frozen=True)
class JumpReport:
    """The return report. word is None when kernel B left none, or a damaged one: then fault says so.

    settled: whether devices and links have had their time to come back, and what is usual has been set right.
    files_in: the folder in which what was brought home is, "" if there is nothing; files_fault: why it could
    not be written there. image_fault: why an image of this system may still be valid, though it goes on.
    swap_fault: why a swap area that carried an image is not swapped to again.
    """

    before: Snapshot
    after: Snapshot
    word: VisitorWord | None
    fault: str = ""
    settled: bool = False
    mended: tuple[Mended, ...] = ()
    files_in: str = ""
    files_fault: str = ""
    image_fault: str = ""
    swap_fault: str = ""

    @property
    def away(self) -> float:
        """Seconds away: boot time moves on while the monotonic clock stands still (clock_gettime(2)).

        Where the kernel takes the time of its absence from the clock on the board, it counts whole seconds.
        """
        apart = (self.after.boottime - self.before.boottime) - (self.after.monotonic - self.before.monotonic)
        return max(0.0, apart)

    @property
    def same_boot(self) -> bool:
        """Whether this is still the boot that left."""
        return self.before.boot_id == self.after.boot_id

    @property
    def memory_intact(self) -> bool:
        """Whether the canary buffer has the same hash as before."""
        return self.before.canary == self.after.canary

    @property
    def differences(self) -> Differences:
        """What is around the programs and not as before."""
        return compare(self.before.around, self.after.around)

    @property
    def clock_off(self) -> float | None:
        """Seconds by which the wall clock is ahead of the clock on the board, compared with before.

        None where one of them is unknown. The board's clock has whole seconds: less than two mean nothing.
        """
        clocks = (
            self.before.wall_clock,
            self.before.board_clock,
            self.after.wall_clock,
            self.after.board_clock,
        )
        if None in clocks:
            return None
        wall, board, wall_now, board_now = (clock or 0.0 for clock in clocks)
        return (wall_now - wall) - (board_now - board)

    @property
    def kept(self) -> bool:
        """Whether what is in memory is what it was, and all processors work on it."""
        return self.same_boot and self.memory_intact and self.before.cpus_online == self.after.cpus_online

    @property
    def all_well(self) -> bool:
        """Whether nothing was lost."""
        return self.kept and not self.differences.lost and not self.image_fault
