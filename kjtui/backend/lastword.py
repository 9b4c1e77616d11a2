"""Reading what kernel B left: its word, and the copy of its log where it failed."""

import re
from collections.abc import Sequence
from dataclasses import replace

from kjtui.backend.mailbox import MailboxPages
from kjtui.kexec import ringbuffer, word
from kjtui.model.word import VisitorWord, WayHome

_LINES = 60
# The line that says why, the most telling first.
_REASONS = (r"Kernel panic - not syncing: (.*)", r"(watchdog: BUG: .*)", r"(BUG: .*)", r"(Oops: .*)")


def read(pages: MailboxPages) -> VisitorWord | None:
    """What kernel B left since the pages were emptied, None if nothing. Raises KjtuiError if damaged."""
    left = word.decode(pages.area())
    if left is None or left.way_home:
        return left
    # It had told that it was up, and not that it was leaving: the one way home without a word is its panic.
    log = ringbuffer.records(pages.log(), left.ring, word.ROOM) if left.ring else ()
    shown = tuple(f"[{line.seconds:12.6f}] {line.text}" for line in log[-_LINES:])
    return replace(left, way_home=WayHome.PANIC, can_be_parked=False, log=shown, panic=reason(log))


def reason(log: Sequence[ringbuffer.Record]) -> str:
    """Why a kernel failed, by its own words; "" where it does not say."""
    for pattern in _REASONS:
        for line in reversed(log):
            if match := re.search(pattern, line.text):
                return match[1].strip()
    return ""
