"""Kernel B's agent is killed: its init goes home all the same."""

import argparse

from stage import Stage
from visiting import play as visit
from visiting import shell

NAME = "agent-killed"
SUMMARY = "the agent in kernel B is killed with -9; its init comes home and says so"


def play(options: argparse.Namespace) -> dict[str, object]:
    """One visit whose agent is killed."""
    return visit(options, NAME, kill, ("its own program ended before its time", "SIGKILL"))


def kill(stage: Stage) -> dict[str, object]:
    """Kill it from the shell that it has opened."""
    shell(stage.person)
    stage.person.type("kill -9 $(cat /kjtui/pid)\r")
    return {}
