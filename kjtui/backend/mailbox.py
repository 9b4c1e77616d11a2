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

_FIRST_BLOCK, _LAST_BLOCK = 64 << 10, 256 << 20
_PRESENT = 1 << 63
_FRAME = (1 << 55) - 1  # Documentation/admin-guide/mm/pagemap.rst


class MailboxPage:
    """One locked page within an anonymous mapping. It stays mapped for as long as this object lives."""

    def __init__(self, block: mmap.mmap, offset: int, virtual: int, box: Mailbox) -> None:
        self._block = block
        self._offset = offset
        self._virtual = virtual
        self.box = box
        self.empty()

    def empty(self) -> None:
        """Make the page wait for a new word."""
        self._block[self._offset : self._offset + PAGE] = word.blank(self.box.nonce)

    def read(self) -> VisitorWord | None:
        """What kernel B wrote, None if nothing valid is there."""
        return word.decode(self._block[self._offset : self._offset + PAGE], self.box.nonce)

    def usable(self, avoid: tuple[Span, ...], pagemap: Path) -> bool:
        """Whether the page is still where it was, outside of avoid."""
        return physical(self._virtual, pagemap) == self.box.address and not _inside(self.box.address, avoid)


def allocate(avoid: tuple[Span, ...], pagemap: Path = Path("/proc/self/pagemap")) -> MailboxPage | None:
    """A page outside of avoid, None where there is none or physical addresses are hidden (CAP_SYS_ADMIN).

    The kernel hands out neighbouring pages one after the other, so larger and larger blocks are looked
    through; they are given back when one page has been found.
    """
    blocks = []
    size = _FIRST_BLOCK
    while size <= _LAST_BLOCK:
        block = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        # A child's copy would move the page at the next write.
        block.madvise(mmap.MADV_DONTFORK)
        blocks.append(block)
        for offset in range(0, size, PAGE):
            block[offset] = 0  # a page that was never touched has no place in memory
            virtual = syscalls.address_of(block) + offset
            address = physical(virtual, pagemap)
            if address is None:
                return None
            if _inside(address, avoid):
                continue
            with contextlib.suppress(KjtuiError):
                syscalls.lock_in_memory(virtual, PAGE)
                box = Mailbox(address, secrets.token_hex(word.NONCE_DIGITS // 2))
                return MailboxPage(_only(block, offset), offset, virtual, box)
        size *= 4
    return None


def _only(block: mmap.mmap, offset: int) -> mmap.mmap:
    """The block with every page but one given back to the kernel."""
    if offset:
        block.madvise(mmap.MADV_DONTNEED, 0, offset)
    if offset + PAGE < len(block):
        block.madvise(mmap.MADV_DONTNEED, offset + PAGE, len(block) - offset - PAGE)
    return block


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
