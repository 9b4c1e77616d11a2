"""The table of saved systems: what the image lies on, and what kernel A stands on."""

import itertools
from dataclasses import dataclass

SCENARIOS = (
    "hibernate-disk",
    "hibernate-encrypted",
    "hibernate-file",
    "hibernate-swap",
    "hibernate-usb",
    "hibernate-nfs",
)
ROOTS = ("ext4", "luks")
DISKS = ("virtio", "ahci", "nvme")
REGIONS = ("borrowed", "reserved")
CPUS = (1, 2, 3, 4)
MEMORY = (1024, 3072)  # MiB


@dataclass(frozen=True)
class Row:
    """One system that is saved and gone back to: the scenario and rehearse.py's options."""

    scenario: str
    root: str = "ext4"
    disk: str = "virtio"
    region: str = "borrowed"
    cpus: int = 2
    memory: int = 1024

    @property
    def options(self) -> list[str]:
        """For the command line."""
        return [
            *("--root", self.root, "--disk", self.disk, "--region", self.region),
            *("--cpus", str(self.cpus), "--memory", str(self.memory)),
        ]

    def __str__(self) -> str:
        kind = f"{self.root} on {self.disk}, {self.region}, {self.cpus} CPUs, {self.memory} MiB"
        return f"{self.scenario}, {kind}"


def all_rows() -> list[Row]:
    """Every combination."""
    return [Row(*one) for one in itertools.product(SCENARIOS, ROOTS, DISKS, REGIONS, CPUS, MEMORY)]


# Each value at least once.
CHOSEN = (
    Row("hibernate-disk", "luks", "nvme", "reserved", 2),
    Row("hibernate-encrypted", "ext4", "ahci", "borrowed", 4),
    Row("hibernate-file", "ext4", "virtio", "reserved", 1),
    Row("hibernate-swap", "ext4", "virtio", "borrowed", 3),
    Row("hibernate-usb", "ext4", "virtio", "borrowed", 2, 3072),
    Row("hibernate-nfs", "ext4", "virtio", "borrowed", 2),
)
