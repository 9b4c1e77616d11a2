"""Reserving memory in a machine that starts by GRUB and entries as on Fedora."""

import argparse

import reserving

NAME = "reserve-bls"
SUMMARY = "reserve memory by key presses, restart through GRUB and entries as on Fedora, jump, take it back"


def play(options: argparse.Namespace) -> dict[str, object]:
    """See reserving.play()."""
    return reserving.play("bls", options.memory, options.cpus, options.accel)
