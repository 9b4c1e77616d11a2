"""Kernel B's first process ends: the kernel panics by rule, and that leads home."""

import argparse

import own_initramfs
from stage import JUMP, Stage
from visiting import play as visit

NAME = "init-exit"
SUMMARY = "kernel B's first process ends, which is a panic, which comes home"


def play(options: argparse.Namespace) -> dict[str, object]:
    """One visit to an initramfs whose init ends at once."""
    return visit(
        options,
        NAME,
        greeted,
        (r"it failed \(panic\)", "Attempted to kill init"),
        purpose="custom",
        fields={"Initramfs": own_initramfs.PLACE},
        words="kjtui.aside=1",
        before=lambda stage: own_initramfs.make(stage, "exit 3"),
    )


def greeted(stage: Stage) -> dict[str, object]:
    """It was there."""
    stage.person.wait_for(own_initramfs.GREETING, "its own program's greeting", JUMP)
    return {"greeted": True}
