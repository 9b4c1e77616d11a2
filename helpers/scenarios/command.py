"""Home by the command: `kjtui back` in kernel B's shell."""

import argparse

from stage import Stage
from visiting import play as visit
from visiting import shell

NAME = "command"
SUMMARY = "kjtui back in kernel B's shell comes home"


def play(options: argparse.Namespace) -> dict[str, object]:
    """One visit that ends by the command."""
    return visit(options, NAME, back, ("told to by kjtui back",))


def back(stage: Stage) -> dict[str, object]:
    """Say so in the shell."""
    shell(stage.person)
    stage.person.type("kjtui back\r")
    return {}
