"""Kernel B cannot switch the machine off: it does not even begin to save, and kernel A is told."""

import argparse

import disturbing
from hibernating import Way

NAME = "hibernate-stays-on"
SUMMARY = "kernel B has no way to switch the machine off: it goes back at once, and nothing is saved"


def play(options: argparse.Namespace) -> dict[str, object]:
    """One boot."""
    # Without ACPI kernel B does not find the HPET, which must not have the old timer's interrupt then.
    way = Way(append="hpet=disable", typed={"Further words": "acpi=off"})
    return disturbing.play(options, NAME, way, None, "cannot switch the machine off", disturbing.no_image)
