"""What a person may have come for: the choice of the welcome screen."""

from dataclasses import replace
from enum import Enum, auto
from typing import NamedTuple

from kjtui.model.choices import Purpose
from kjtui.model.saved import Task
from kjtui.wizard.session import Session
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
    task: Task | None = None  # what is to be done with this system's memory


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
        Way.STEPS,
        Option(
            "Hibernate: save all to a disk and switch off",
            "The next start brings everything back exactly as it was.",
        ),
        "go on to Check this kernel",
        Task.HIBERNATE,
    ),
    Goal(
        Way.STEPS,
        Option(
            "Snapshot: save all to a disk and go on working",
            "To look into what is in memory now, with crash or drgn.",
        ),
        "go on to Check this kernel",
        Task.SNAPSHOT,
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


def begin(session: Session, goal: Goal) -> None:
    """The person goes for it: the steps are about that from now on."""
    if goal.way is not Way.STEPS:
        return
    choices = session.choices
    if goal.task is not None:
        snapshot = goal.task is Task.SNAPSHOT
        session.choose(replace(choices, purpose=Purpose.SAVE, snapshot=snapshot))
    elif choices.purpose is Purpose.SAVE:
        session.choose_purpose(Purpose.QUICK)
