"""Leaving word: what kernel A finds in its own memory when it has come back."""

import mmap
import os
import time
from dataclasses import replace

from kjtui.agent import ownlog
from kjtui.kexec import word
from kjtui.model.memory import PAGE
from kjtui.model.word import Mailbox, VisitorWord

_LINES = 60  # of the kernel's log


class Letter:
    """What will be left, kept up to date as things happen."""

    def __init__(self, mailbox: Mailbox | None, parkable: bool) -> None:
        self._mailbox = mailbox
        self.text = VisitorWord(os.uname().release, 0.0, "", parkable, started=_started())

    @property
    def room(self) -> int:
        """Bytes that a word may have."""
        return self._mailbox.words * word.ROOM if self._mailbox else 0

    def leave(self, way_home: str = "", error: str = "") -> bool:
        """Write it into A's pages, as far as they still are. Returns whether it was written.

        Without a way home it says that this kernel is still there: what A finds if it ends without a word.
        Not being able to write must never keep anybody from going back.
        """
        if self._mailbox is None:
            return False
        now = replace(
            self.text,
            uptime=time.clock_gettime(time.CLOCK_BOOTTIME),
            way_home=way_home,
            error=error or self.text.error,
            log=ownlog.tail(_LINES) if way_home else (),
        )
        try:
            return write(self._mailbox, word.fitted(now, self.room))
        except (OSError, ValueError):
            return False


def _started() -> float:
    """When init began, as it has noted; 0 where it could not."""
    try:
        with open("/kjtui/started", encoding="ascii") as file:
            return float(file.read())
    except (OSError, ValueError):
        return 0.0


def write(mailbox: Mailbox, area: bytes) -> bool:
    """Write an area's content into A's pages; whether all of them waited for it.

    Mapped, for write() refuses addresses above this kernel's own memory (drivers/char/mem.c). The first page
    comes last: a word that is written half is none.
    """
    count = len(mailbox.pages)
    pieces = list(enumerate(word.split(area)))
    file = os.open("/dev/mem", os.O_RDWR | os.O_CLOEXEC)
    try:
        for number, data in reversed(pieces):
            with mmap.mmap(file, PAGE, offset=mailbox.pages[number]) as page:
                if not word.expects(page[:], mailbox.nonce, number, count):
                    return False
                page[word.BODY : word.BODY + len(data)] = data
        return True
    finally:
        os.close(file)
