"""The word that kernel B leaves behind, and where it may leave it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class WayHome(StrEnum):
    """How kernel B came to go back."""

    COUNTDOWN = "countdown"  # the quick test's
    KEY = "key"
    COMMAND = "command"  # kjtui back
    TIMER = "timer"  # no key was pressed for long
    CANCELLED = "cancelled"  # the person ended the saving
    DONE = "done"  # the program has ended, the image is saved
    RESTORED = "restored"  # from an image, after the machine was off
    AGENT = "agent"  # our own program in B ended before its time
    ERROR = "error"  # something that B needed did not work
    PANIC = "panic"  # kernel B failed: its crash kernel was the way back


@dataclass(frozen=True)
class Mailbox:
    """Pages of kernel A that kernel B may write: physical addresses, the nonce that must stand in each.

    The first `words` of them are for B's word, the others for a copy of B's kernel log as it is when B fails.
    """

    pages: tuple[int, ...]
    words: int
    nonce: str  # 16 hex digits


@dataclass(frozen=True)
class KeptDisk:
    """A disk of kernel A in kernel B. seen_as: its name there, "" if B has no driver for it.

    read_only: whether the kernel refuses writes to it and its partitions.
    """

    name: str
    seen_as: str
    read_only: bool
    why: str = ""


@dataclass(frozen=True)
class ProgramEnd:
    """How a program in kernel B ended: its status as the shell has it, and why something is missing."""

    status: int
    trouble: str = ""


@dataclass(frozen=True)
class VisitorWord:
    """What kernel B left behind: its version, how long it ran (seconds), how it came to go back.

    way_home: a WayHome, or "" while it is still there. log: the last lines of its kernel log; panic: the
    message it failed with. error: what did not work, for people. files: what its program made, "output" being
    what it said. started, ready: seconds of B's own clock when its
    first process began and when its program was up. ring: how to read the copy of its
    kernel log that is made when it fails, see kjtui.kexec.ringbuffer. saved: what was saved or put back, in
    a sentence for people.
    """

    kernel_version: str
    uptime: float
    way_home: str
    can_be_parked: bool  # whether a second jump may continue this B
    started: float = 0.0
    ready: float = 0.0
    disks: tuple[KeptDisk, ...] = ()
    others_locked: tuple[str, ...] = ()  # disks that A does not use and that were read-only all the same
    log: tuple[str, ...] = ()
    panic: str = ""
    error: str = ""
    program: ProgramEnd | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)
    ring: Mapping[str, int] = field(default_factory=dict)
    saved: str = ""
