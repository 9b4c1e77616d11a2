"""The page of kernel A in which kernel B leaves word: anonymous, locked, found by its physical address."""

import contextlib
import mmap
import os
import secrets
import struct
from pathlib import Path

from kjtui.backend import syscalls
from kjtui.errors import KjtuiError
from kjtui.kexec import word
from kjtui.model.memory import PAGE, Span
from kjtui.model.report import Mailbox, VisitorWord

_TRIES = 64
_PRESENT = 1 << 63
_FRAME = (1 << 55) - 1  # Documentation/admin-guide/mm/pagemap.rst


class MailboxPage:
    """One locked page. It stays mapped for as long as this object lives."""

    def __init__(self, page: mmap.mmap, virtual: int, box: Mailbox) -> None:
        self._page = page
        self._virtual = virtual
        self.box = box
        self.empty()

    def empty(self) -> None:
        """Make the page wait for a new word."""
        self._page[:] = word.blank(self.box.nonce)

    def read(self) -> VisitorWord | None:
        """What kernel B wrote, None if nothing valid is there."""
        return word.decode(self._page[:], self.box.nonce)

    def usable(self, avoid: tuple[Span, ...], pagemap: Path) -> bool:
        """Whether the page is still where it was, outside of avoid."""
        return physical(self._virtual, pagemap) == self.box.address and not _inside(self.box.address, avoid)


def allocate(avoid: tuple[Span, ...], pagemap: Path = Path("/proc/self/pagemap")) -> MailboxPage | None:
    """A page outside of avoid, None where physical addresses are hidden (they need CAP_SYS_ADMIN)."""
    rejected = []  # kept until one fits, else the kernel hands out the same page again
    try:
        for _ in range(_TRIES):
            page = mmap.mmap(-1, PAGE)
            page[:1] = b"\0"
            with contextlib.suppress(KjtuiError):
                virtual = syscalls.lock_in_memory(page)
                address = physical(virtual, pagemap)
                if address is None:
                    return None
                if not _inside(address, avoid):
                    return MailboxPage(
                        page, virtual, Mailbox(address, secrets.token_hex(word.NONCE_DIGITS // 2))
                    )
            rejected.append(page)
    finally:
        rejected.clear()
    return None


def physical(virtual: int, pagemap: Path) -> int | None:
    """Physical address of a page of this process, None if it cannot be told."""
    try:
        file = os.open(pagemap, os.O_RDONLY)
    except OSError:
        return None
    try:
        (entry,) = struct.unpack("<Q", os.pread(file, 8, virtual // PAGE * 8))
    except (OSError, struct.error):
        return None
    finally:
        os.close(file)
    frame = entry & _FRAME
    return frame * PAGE if entry & _PRESENT and frame else None


def _inside(address: int, spans: tuple[Span, ...]) -> bool:
    return any(span.overlaps(Span(address, address + PAGE)) for span in spans)
