"""A Debian system with its own GRUB and an initramfs by dracut: as in hibernate_debian."""

import argparse

from scenarios.hibernate_debian import played

NAME = "hibernate-dracut"
SUMMARY = "a Debian with GRUB and dracut learns to look for saved systems, is saved and gone back to"


def play(options: argparse.Namespace) -> dict[str, object]:
    """Enable and save by key presses, switch on, go back; undo, and compare with the start."""
    return played(options, NAME, "dracut", "lsinitrd")
