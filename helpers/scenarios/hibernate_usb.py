"""Saves kernel A's memory to a USB stick, and goes back to it."""

import argparse

import hibernating

NAME = "hibernate-usb"
SUMMARY = "memory is saved to a USB stick, which the next start waits for"


def play(options: argparse.Namespace) -> dict[str, object]:
    """One machine, two times on."""
    return hibernating.play(options, NAME, hibernating.Way(usb=True))
