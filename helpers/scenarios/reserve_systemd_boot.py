"""Reserving memory in a machine that starts by systemd-boot."""

import argparse

import reserving

NAME = "reserve-systemd-boot"
SUMMARY = "reserve memory by key presses, restart through systemd-boot, jump, take it back"


def play(options: argparse.Namespace) -> dict[str, object]:
    """See reserving.play()."""
    return reserving.play("systemd-boot", options.memory, options.cpus, options.accel)
