"""Kernel B hangs: a processor that loops in the kernel for long becomes a panic, and that leads home."""

import argparse

from stage import Stage
from visiting import play as visit
from visiting import shell

NAME = "hang"
SUMMARY = "a task loops in kernel B's kernel (lkdtm) until its watchdog makes that a panic, which comes home"


def play(options: argparse.Namespace) -> dict[str, object]:
    """One visit that ends in a hang."""
    return visit(options, NAME, hang, (r"it failed \(panic\)", "softlockup: hung tasks"), limit=400.0)


def hang(stage: Stage) -> dict[str, object]:
    """Let a task loop in the kernel (Documentation/fault-injection/provoke-crashes.rst)."""
    shell(stage.person)
    stage.person.type("mount -t debugfs d /sys/kernel/debug\r")
    stage.person.type("echo SOFTLOCKUP > /sys/kernel/debug/provoke-crash/DIRECT\r")
    return {}
