"""A check's outcome."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What a check concluded."""

    READY = "ready"
    ATTENTION = "attention"  # works, but the person should know and say yes
    BLOCKED = "blocked"
    UNKNOWN = "cannot tell"


class Area(StrEnum):
    """What a check looks at; its value is a heading."""

    KERNEL = "Kernel"
    RIGHTS = "Permission"
    STATE = "Loaded kernels"
    MEMORY = "Memory"
    DISKS = "Disks"
    DEVICES = "Devices"
    PROGRAMS = "Programs"
    HISTORY = "History"


@dataclass(frozen=True)
class Evidence:
    """What was read, and where."""

    source: str  # a path, a system call or a udev property
    text: str


@dataclass(frozen=True)
class Finding:
    """The outcome of one check on one machine."""

    id: str
    title: str  # plain words, states the outcome
    verdict: Verdict
    evidence: tuple[Evidence, ...]
    why: str  # why it matters
    cure: str = ""  # what to do; empty when ready
    remedy: str = ""  # id of the remedy that the wizard can carry out itself, see kjtui.plan.remedies
    aside: str = ""  # a few words that are worth being seen although it is ready


def pressing(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """What is to be told with why and what to do, in the order given; naming the rest is enough.

    While something blocks, what could not be told can wait: solving the one mostly answers the other.
    """
    blocked = any(one.verdict is Verdict.BLOCKED for one in findings)
    waits = (Verdict.READY, Verdict.UNKNOWN) if blocked else (Verdict.READY,)
    return tuple(one for one in findings if one.verdict not in waits)
