"""A Debian system that UEFI starts, its EFI system partition mounted: as in hibernate_debian."""

import argparse

from scenarios.hibernate_debian import played

NAME = "hibernate-uefi"
SUMMARY = (
    "a Debian with UEFI, GRUB and initramfs-tools is saved with its EFI partition mounted, and gone back to"
)


def play(options: argparse.Namespace) -> dict[str, object]:
    """Enable and save by key presses, switch on, go back; undo, and compare with the start."""
    return played(options, NAME, "uefi", "lsinitramfs")
