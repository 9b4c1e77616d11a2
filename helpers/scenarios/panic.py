"""Kernel B panics: its crash kernel is the way home, and its last words come along."""

import argparse

from stage import Stage
from visiting import play as visit
from visiting import shell

NAME = "panic"
SUMMARY = "kernel B panics (sysrq c) and comes home with its log"


def play(options: argparse.Namespace) -> dict[str, object]:
    """One visit that ends in a panic."""
    return visit(options, NAME, fail, (r"it failed \(panic\)", "sysrq triggered crash"))


def fail(stage: Stage) -> dict[str, object]:
    """Make the kernel panic from its shell."""
    shell(stage.person)
    stage.person.type("echo c > /proc/sysrq-trigger\r")
    return {}
