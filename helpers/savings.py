"""The table of saved systems: what the image lies on, and what kernel A stands on."""

import itertools

from visits import DISKS, REGIONS, Row

SCENARIOS = (
    "hibernate-disk",
    "hibernate-encrypted",
    "hibernate-file",
    "hibernate-swap",
    "hibernate-usb",
    "hibernate-nfs",
)
ROOTS = ("ext4", "luks")
CPUS = (1, 2, 3, 4)
MEMORY = (1024, 3072)  # MiB


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
