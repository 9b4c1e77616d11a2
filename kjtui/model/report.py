"""What is known before and after a jump."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Snapshot:
    """The machine at one moment. monotonic and boottime in seconds; canary is a hash in hex."""

    boot_id: str
    monotonic: float
    boottime: float
    cpus_online: int
    canary: str


@dataclass(frozen=True)
class Mailbox:
    """A page of kernel A that kernel B may write: its physical address, the nonce that must stand in it."""

    address: int
    nonce: str  # 16 hex digits


@dataclass(frozen=True)
class VisitorWord:
    """What kernel B left behind: its version, how long it ran (seconds), how it came to go back."""

    kernel_version: str
    uptime: float
    way_home: str  # "countdown", "key"
    can_be_parked: bool  # whether a second jump may continue this B


@dataclass(frozen=True)
class JumpReport:
    """The return report. word is None when kernel B left none."""

    before: Snapshot
    after: Snapshot
    word: VisitorWord | None

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
    def all_well(self) -> bool:
        """Whether nothing was lost."""
        return self.same_boot and self.memory_intact and self.before.cpus_online == self.after.cpus_online
