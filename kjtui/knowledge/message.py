"""What is known of a kernel message."""

from dataclasses import dataclass
from enum import StrEnum


class Topic(StrEnum):
    """What a message is about."""

    JUMP = "jump"  # the course of every jump
    TASK = "task"
    DEVICE = "device"
    CPU = "processor"
    LOAD = "load"
    MEMORY = "memory"
    NETWORK = "network"
    SCREEN = "screen"
    DISK = "disk"
    USB = "usb"
    WATCHDOG = "watchdog"
    CRASH = "crash"


@dataclass(frozen=True)
class Message:
    """One kind of message. forms: fixed words that a line must hold, and the pattern that it must match.

    A group named "who" in a pattern is the program, device or file system. The other fields: see Translation.
    """

    id: str
    topic: Topic
    forms: tuple[tuple[str, str], ...]
    title: str
    meaning: str
    cure: str = ""
    check: str = ""
    normal: bool = False
