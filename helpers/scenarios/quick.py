"""The quick test: kernel B counts down and comes home by itself."""

import argparse

from stage import Stage
from visiting import play as visit

NAME = "quick"
SUMMARY = "the quick test comes home by its countdown"


def play(options: argparse.Namespace) -> dict[str, object]:
    """One visit."""
    expected = ("its countdown had run out", r"could not write to your disks: \w+")
    return visit(options, NAME, nothing, expected, purpose="quick")


def nothing(_stage: Stage) -> dict[str, object]:
    """No key is pressed."""
    return {}
