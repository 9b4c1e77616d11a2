"""The pages of kernel A in which kernel B leaves word: locked, found by their physical addresses."""

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
from kjtui.model.word import Mailbox

LOG_PAGES = 384  # a log of 256 KiB with all that belongs to it (CONFIG_LOG_BUF_SHIFT=18) fits
_LARGEST_BLOCK = 256 << 20
_PRESENT = 1 << 63
_FRAME = (1 << 55) - 1  # Documentation/admin-guide/mm/pagemap.rst


class MailboxPages:
    """Locked pages within an anonymous mapping. They stay mapped for as long as this object lives."""

    def __init__(self, block: mmap.mmap, offsets: tuple[int, ...], base: int, box: Mailbox) -> None:
        self._block = block
        self._offsets = offsets
        self._base = base
        self.box = box
        self.empty()

    def empty(self) -> None:
        """Make the pages wait for a new word."""
        count = len(self._offsets)
        for number, offset in enumerate(self._offsets):
            self._block[offset : offset + PAGE] = word.blank(self.box.nonce, number, count)

    def area(self) -> bytes:
        """What kernel B wrote into the pages for its word; blank where a page is not what it was."""
        return self._joined(0, self.box.words)

    def log(self) -> bytes:
        """What was copied into the pages for kernel B's log."""
        return self._joined(self.box.words, len(self._offsets))

    def _joined(self, first: int, end: int) -> bytes:
        count = len(self._offsets)
        pages = []
        for number in range(first, end):
            page = self._block[self._offsets[number] : self._offsets[number] + PAGE]
            right = word.expects(page, self.box.nonce, number, count)
            pages.append(page if right else bytes(PAGE))
        return word.join(pages)

    def usable(self, avoid: tuple[Span, ...], pagemap: Path, words: int) -> bool:
        """Whether the pages are still where they were, outside of avoid, and enough for `words` pages."""
        here = physical(self._base, len(self._block) // PAGE, pagemap)
        now = tuple(here[offset // PAGE] for offset in self._offsets)
        return (
            now == self.box.pages
            and self.box.words >= words
            and not any(_inside(page, avoid) for page in self.box.pages)
        )


def allocate(
    avoid: tuple[Span, ...], words: int, pagemap: Path = Path("/proc/self/pagemap"), log: int = LOG_PAGES
) -> MailboxPages | None:
    """Pages outside of avoid: `words` for the word and `log` more.

    None where there are not so many, or where physical addresses are hidden (CAP_SYS_ADMIN). The kernel hands
    out neighbouring pages one after the other, so larger and larger blocks are looked through; they are given
    back when enough has been found.
    """
    count = words + log
    size = min(max(64 << 10, 2 * count * PAGE), _LARGEST_BLOCK)
    while True:
        block = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        # A child's copy would move the page at the next write; a huge page would be put together elsewhere.
        block.madvise(mmap.MADV_DONTFORK)
        with contextlib.suppress(OSError):  # a kernel that has no huge pages does not know the word
            block.madvise(mmap.MADV_NOHUGEPAGE)
        for offset in range(0, size, PAGE):
            block[offset] = 0  # a page that was never touched has no place in memory
        base = syscalls.address_of(block)
        found = _outside(base, size // PAGE, avoid, pagemap)
        if found is None:
            return None
        if len(found) >= count:
            return _kept(block, base, found[:count], words, pagemap)
        if size == _LARGEST_BLOCK:
            return None
        size = min(4 * size, _LARGEST_BLOCK)


def _outside(base: int, count: int, avoid: tuple[Span, ...], pagemap: Path) -> list[int] | None:
    """Offsets of the pages that lie outside of avoid; None where addresses are hidden."""
    addresses = physical(base, count, pagemap)
    if not any(addresses):
        return None
    return [
        number * PAGE
        for number, address in enumerate(addresses)
        if address is not None and not _inside(address, avoid)
    ]


def _kept(block: mmap.mmap, base: int, offsets: list[int], words: int, pagemap: Path) -> MailboxPages | None:
    """The block with every page but these given back to the kernel, and these locked."""
    wanted = set(offsets)
    for offset in range(0, len(block), PAGE):
        if offset not in wanted:
            block.madvise(mmap.MADV_DONTNEED, offset, PAGE)
    try:
        for offset in offsets:
            syscalls.lock_in_memory(base + offset, PAGE)
    except KjtuiError:
        return None
    addresses = physical(base, len(block) // PAGE, pagemap)
    pages = [addresses[offset // PAGE] for offset in offsets]
    if None in pages:
        return None
    box = Mailbox(
        tuple(page for page in pages if page is not None), words, secrets.token_hex(word.NONCE_DIGITS // 2)
    )
    return MailboxPages(block, tuple(offsets), base, box)


def physical(virtual: int, count: int, pagemap: Path) -> list[int | None]:
    """Physical addresses of neighbouring pages of this process, None for one that cannot be told."""
    try:
        file = os.open(pagemap, os.O_RDONLY)
    except OSError:
        return [None] * count
    try:
        data = os.pread(file, 8 * count, virtual // PAGE * 8)
    except OSError:
        data = b""
    finally:
        os.close(file)
    found: list[int | None] = []
    for (entry,) in struct.iter_unpack("<Q", data[: len(data) // 8 * 8]):
        frame = entry & _FRAME
        found.append(frame * PAGE if entry & _PRESENT and frame else None)
    return found + [None] * (count - len(found))


def _inside(address: int, spans: tuple[Span, ...]) -> bool:
    return any(span.overlaps(Span(address, address + PAGE)) for span in spans)
