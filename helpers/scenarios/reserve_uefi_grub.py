"""Reserving memory in a machine that starts by its own GRUB with UEFI."""

import argparse

import reserving

NAME = "reserve-uefi-grub"
SUMMARY = "reserve memory by key presses, restart through its own GRUB with UEFI, jump, take it back"


def play(options: argparse.Namespace) -> dict[str, object]:
    """See reserving.play()."""
    return reserving.play("uefi-grub", options.memory, options.cpus, options.accel)
