"""The place for kernel A's memory is too small: kernel A goes on, and says so."""

import argparse

import disturbing
from hibernating import Way

NAME = "hibernate-disk-full"
SUMMARY = "the place for the image is too small: the system goes on and is told"
DISK = 160  # MiB: half of what an image takes


def play(options: argparse.Namespace) -> dict[str, object]:
    """One boot."""
    told = "The place for the image is full"
    return disturbing.play(options, NAME, Way(disk=DISK), None, told, disturbing.no_image)
