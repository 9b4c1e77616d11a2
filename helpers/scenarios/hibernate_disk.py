"""Saves kernel A's memory to a partition, switches off, starts anew, and goes back to it."""

import argparse

import hibernating

NAME = "hibernate-disk"
SUMMARY = "memory is saved to a partition, the machine switched off; the next start goes back to it"


def play(options: argparse.Namespace) -> dict[str, object]:
    """One machine, two times on."""
    return hibernating.play(options, NAME, hibernating.Way())
