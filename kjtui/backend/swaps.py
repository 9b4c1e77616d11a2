"""Ending swapping to a device for a while, and beginning it again."""

from kjtui.backend import syscalls
from kjtui.backend.probe.mounts import SWAPS, unescape
from kjtui.backend.probe.source import Source
from kjtui.errors import KjtuiError


def off(path: str, source: Source) -> int:
    """End swapping to it; the priority that it had. Raises KjtuiError."""
    kept = priority(source.text(SWAPS, optional=True) or "", path)
    try:
        syscalls.swap_off(path)
    except OSError as error:
        raise KjtuiError(
            f"Swapping to {path} could not be ended",
            f"swapoff: {error.strerror}. What is in it may not fit into memory.",
            "Close what needs much memory, or take another place for the image.",
        ) from None
    return kept


def on(path: str, priority: int) -> None:
    """Swap to it again. Raises KjtuiError."""
    try:
        syscalls.swap_on(path, priority)
    except OSError as error:
        raise KjtuiError(
            f"This system does not swap to {path} any more",
            f"swapon: {error.strerror}.",
            f"Look at it with: swapon {path}. If it is damaged: mkswap {path}, then swapon {path}.",
        ) from None


def priority(text: str, path: str) -> int:
    """The last column of /proc/swaps (proc(5)); -1 where it does not say."""
    for line in text.splitlines()[1:]:
        words = line.split()
        if len(words) == 5 and unescape(words[0]) == path:
            return int(words[4])
    return -1
