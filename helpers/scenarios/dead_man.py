"""Nobody presses a key in kernel B: its timer leads home, also out of a shell that is open."""

import argparse

from stage import Stage
from visiting import play as visit
from visiting import shell

NAME = "dead-man"
SUMMARY = "nobody presses a key in kernel B: its timer comes home, out of an open shell"


def play(options: argparse.Namespace) -> dict[str, object]:
    """One visit with a timer of a minute."""
    return visit(
        options, NAME, wait, ("no key had been pressed there for long",), fields={"Back after min": "1"}
    )


def wait(stage: Stage) -> dict[str, object]:
    """Open the shell and do nothing; the warning comes first."""
    shell(stage.person)
    stage.person.wait_for("No key was pressed for long", "the warning", 120.0)
    return {"warned": True}
