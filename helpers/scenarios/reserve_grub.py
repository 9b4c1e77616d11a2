"""Reserving memory in a machine that starts by its own GRUB with a BIOS."""

import argparse

import reserving

NAME = "reserve-grub"
SUMMARY = "reserve memory by key presses, restart through its own GRUB with a BIOS, jump, take it back"


def play(options: argparse.Namespace) -> dict[str, object]:
    """See reserving.play()."""
    return reserving.play("grub", options.memory, options.cpus, options.accel)
