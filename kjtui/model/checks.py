"""A check's outcome."""

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
