"""What a person may have come for: the choice of the welcome screen."""

from enum import Enum, auto
from typing import NamedTuple

from kjtui.wizard.view import Option

TITLE = "Welcome to kjtui"
SENTENCE = "Starts a second Linux beside this one and brings you back, everything intact."
ASKS = "What would you like to do?"
PROMISE = "Nothing is changed on this machine before you have read what, and said yes."


class Way(Enum):
    """Where a goal leads."""

    STEPS = auto()
    TROUBLE = auto()
    UNDO = auto()


class Goal(NamedTuple):
    """One thing to come for. action: what Enter does, for the last line."""

    way: Way
    option: Option
    action: str


UNDO = Goal(
    Way.UNDO,
    Option(
        "Take back what kjtui has changed",
        "Puts the boot configuration back as it was, byte by byte; shows first what that is.",
    ),
    "see what was changed",
)
GOALS = (
    Goal(
        Way.STEPS,
        Option(
            "Jump to kernel B and come back",
            "Five steps: check this kernel, reserve memory, choose, load, jump.",
        ),
        "go on to Check this kernel",
    ),
    Goal(
        Way.TROUBLE,
        Option(
            "Something does not work",
            "Start from what you see; find out why, and what to do about it.",
        ),
        "go on to what you see",
    ),
)


def goals(changed: bool) -> tuple[Goal, ...]:
    """What can be come for. changed: whether there is something of kjtui's to take back."""
    return (*GOALS, UNDO) if changed else GOALS
