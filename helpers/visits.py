"""The table of visits: what kernel B is there for, how it comes home, and what kernel A stands on."""

import itertools
from dataclasses import dataclass

ROOTS = ("ext4", "luks", "btrfs")
DISKS = ("virtio", "ahci", "nvme")
REGIONS = ("borrowed", "reserved")
CPUS = (1, 2, 4)
# Every purpose and every way home.
SCENARIOS = (
    "quick",
    "look-around",
    "rescue",
    "program",
    "custom",
    "command",
    "dead-man",
    "panic",
    "hang",
    "agent-killed",
    "init-exit",
    "protect",
    "watchdog",
    "parked",
)


@dataclass(frozen=True)
class Row:
    """One visit, or one system that is saved: the scenario and rehearse.py's options. memory in MiB."""

    scenario: str
    root: str = "ext4"
    disk: str = "virtio"
    region: str = "borrowed"
    cpus: int = 2
    memory: int = 1024

    @property
    def options(self) -> list[str]:
        """For the command line. The root's file system is always checked at the end."""
        return [
            *("--root", self.root, "--disk", self.disk, "--region", self.region),
            *("--cpus", str(self.cpus), "--memory", str(self.memory), "--fsck"),
        ]

    def __str__(self) -> str:
        memory = f", {self.memory} MiB" if self.memory != 1024 else ""
        return f"{self.scenario}, {self.root} on {self.disk}, {self.region}, {self.cpus} CPUs{memory}"


def all_rows() -> list[Row]:
    """Every combination."""
    return [Row(*one) for one in itertools.product(SCENARIOS, ROOTS, DISKS, REGIONS, CPUS)]


# Each value at least once, and what is hardest on what is hardest. The quick test, looking around and the
# same kernel B once more are what the round trips are made of (tests/vm/test_jumps.py).
CHOSEN = (
    Row("rescue", "btrfs", "virtio", "borrowed", 2),
    Row("program", "ext4", "nvme", "reserved", 2),
    Row("custom", "ext4", "virtio", "borrowed", 2),
    Row("dead-man", "btrfs", "nvme", "borrowed", 1),
    Row("panic", "luks", "virtio", "reserved", 4),
    Row("hang", "ext4", "ahci", "borrowed", 2),
    Row("agent-killed", "btrfs", "nvme", "reserved", 2),
    Row("init-exit", "ext4", "nvme", "borrowed", 4),
    Row("protect", "luks", "virtio", "borrowed", 2),
    Row("protect", "btrfs", "nvme", "borrowed", 2),
    Row("protect", "ext4", "ahci", "reserved", 1),
    Row("watchdog", "ext4", "virtio", "borrowed", 2),
)
