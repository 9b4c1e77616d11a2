"""Saves kernel A's memory to the swap area that it swaps to, and goes back to it."""

import argparse

import attached
import hibernating
from stage import Stage

NAME = "hibernate-swap"
SUMMARY = "memory is saved to an empty swap area, which is one again when the system is back"


def play(options: argparse.Namespace) -> dict[str, object]:
    """One machine, two times on."""
    device = f"{attached.spare_disk(options.disk)}1"

    def begin(stage: Stage) -> None:
        # busybox's swapon knows no priorities.
        begun = f"from kjtui.backend import syscalls; syscalls.swap_on('{device}', 7)"
        stage.shell.must(f'python3 -c "{begun}"')

    def look(stage: Stage) -> dict[str, object]:
        said = stage.shell.run(f"grep '^{device} ' /proc/swaps")[1].split()
        return {"swaps_again": len(said) == 5, "same_priority": said[-1:] == ["7"]}

    return hibernating.play(options, NAME, hibernating.Way(content="swap", before=begin, after=look))
