"""Looking around: kernel B's own screen, more time, the shell and back, a key home."""

import argparse

from stage import Stage
from visiting import play as visit
from visiting import shell, told

NAME = "look-around"
SUMMARY = "look around in kernel B: its screen, more time, a shell, home by a key"


def play(options: argparse.Namespace) -> dict[str, object]:
    """One visit."""
    return visit(options, NAME, look, ("you pressed a key there", r"could not write to your disks: \w+"))


def look(stage: Stage) -> dict[str, object]:
    """Use what the screen offers."""
    person = stage.person
    longer = "Without a key for 30 min"
    person.press("t")
    person.wait_for(longer, "more time", 60.0)
    shell(person)
    release = told(person, "uname -r")
    person.type("exit\r")
    person.wait_for(rf"(?s)\[Enter\] go back.*{longer}", "kernel B's screen", 60.0)
    person.press("enter")
    return {"in_shell": release}
