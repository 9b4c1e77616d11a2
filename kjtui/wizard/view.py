"""What one step shows: plain data, which the full-screen and the plain mode draw in their own ways."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

from kjtui.model.checks import Finding


class Need(Enum):
    """What must be worked out before a step can be shown in full. All of it only reads."""

    NOTHING = auto()
    LOOK = auto()  # probe the machine
    PREPARE = auto()  # pack and lay out kernel B


class Act(Enum):
    """What Enter does."""

    FORWARD = auto()
    RESERVE = auto()
    LOAD = auto()
    JUMP = auto()


@dataclass(frozen=True)
class Option:
    """One answer of a choice. why_not is empty when it can be taken, otherwise says why it cannot."""

    label: str
    reason: str
    why_not: str = ""


@dataclass(frozen=True)
class StepView:
    """One step, ready to be drawn.

    sentence: what the step does. title: its name, where it is about something else than usual. found:
    what was found, each with its evidence. options and chosen: the choice, if the step has one. will:
    what will be done. done: what has been done already. action: what Enter does, for the last line.
    blocked: why the step cannot be left forwards. asks: what the person must say yes to before. waiting:
    what is being worked out, when need is not NOTHING. note: what else should be known now. summary: what
    was found, in short. more: what was found, too, but is fit for the evidence only; rest: that in a few
    lines. remedies: what can be set right from here, by the ids that findings name, in a few words. know:
    what is good to know beforehand. news: what has just changed, for the place of the sentence: there it
    is seen however far the rest is scrolled.
    """

    sentence: str
    action: str
    found: tuple[Finding, ...] = ()
    summary: str = ""
    more: tuple[Finding, ...] = ()
    rest: tuple[str, ...] = ()
    remedies: Mapping[str, str] = field(default_factory=dict)
    options: tuple[Option, ...] = ()
    chosen: int = 0
    will: tuple[str, ...] = ()
    done: tuple[str, ...] = ()
    know: tuple[str, ...] = ()
    act: Act = Act.FORWARD
    need: Need = Need.NOTHING
    waiting: str = ""
    blocked: Finding | None = None
    asks: tuple[Finding, ...] = ()
    note: str = ""
    news: str = ""
    title: str = ""
