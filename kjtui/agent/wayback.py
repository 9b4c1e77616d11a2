"""Going back: load the trampoline, give the machine to kernel A."""

from kjtui.backend import syscalls
from kjtui.errors import KjtuiError
from kjtui.kexec import iomem, ringbuffer, word
from kjtui.kexec.trampoline import Copy, trampoline, trampoline_size
from kjtui.model.image import Segment
from kjtui.model.memory import GIB, PAGE, MemoryRange, Span
from kjtui.model.word import Mailbox

_MAPPED_LIMIT = 1 << 40  # page tables for more than this would not fit beside a small kernel B


def prepare(entry: int, gdt: int | None) -> None:
    """Load the trampoline as the image that the next reboot_kexec() enters. Raises KjtuiError.

    entry: where A waits, 0 when this kernel was not jumped to. gdt: see Orders.

    It is loaded anew before every return: after one round trip the loaded image is the way into A without
    trampoline, because the kernel then keeps A's re-entry point as the image's start.
    """
    if not entry:
        raise KjtuiError(
            "This kernel was not jumped to, so there is nothing to go back to",
            "kexec_jump_back_entry= on the command line is 0: it was started by an ordinary boot or kexec.",
            "Use the shell here, or reboot.",
        )
    ranges = _iomem()
    memory = iomem.ram(ranges)
    top = _top(entry, memory, None)
    taken = (*iomem.kernel_image(ranges), *iomem.crash_regions(ranges))
    place = _place(memory, taken, trampoline_size(top))
    syscalls.kexec_load(place.start, [Segment("way back", trampoline(place.start, entry, top, gdt), place)])


def prepare_for_panic(
    entry: int, gdt: int | None, mailbox: Mailbox | None, log: ringbuffer.Place | None
) -> bool:
    """Load the trampoline as this kernel's crash kernel: a panic then leads home. Raises KjtuiError.

    On the way it copies this kernel's log into A's pages; returns whether it will: not where the log's place
    is not known or where it is too large.
    """
    if not entry:
        return False
    ranges = _iomem()
    regions = iomem.crash_regions(ranges)
    if not regions:
        raise KjtuiError(
            "A failure of kernel B would not lead home",
            "No memory is kept for it: there is no Crash kernel in /proc/iomem.",
            "Give kernel B more memory.",
        )
    copies = _copies(mailbox, log) if mailbox and log else []
    top = _top(entry, iomem.ram(ranges), mailbox)
    place = _place(regions, (), trampoline_size(top, len(copies)))
    nonce = mailbox.nonce if mailbox else ""
    code = trampoline(place.start, entry, top, gdt, copies, nonce)
    syscalls.kexec_load_crash(place.start, [Segment("way back from a panic", code, place)])
    return bool(copies)


def _copies(mailbox: Mailbox, log: ringbuffer.Place) -> list[Copy]:
    """The log's pieces, one after the other, spread over A's pages for it; [] if they have no room for it."""
    pages = mailbox.pages[mailbox.words :]
    if log.size > len(pages) * word.ROOM:
        return []
    copies: list[Copy] = []
    # Each piece begins in a page of its own: a page is filled from its start only.
    for piece in log.pieces:
        for at in range(0, piece.size, word.ROOM):
            if len(copies) == len(pages):
                return []
            size = min(word.ROOM, piece.size - at)
            copies.append(Copy(piece.physical + at, pages[len(copies)], size))
    return copies


def _iomem() -> list[MemoryRange]:
    with open("/proc/iomem", encoding="ascii") as file:
        return list(iomem.parse(file))


def _top(entry: int, memory: tuple[Span, ...], mailbox: Mailbox | None) -> int:
    """The end of what must be mapped: A's entry, B's memory, and A's pages that are written to."""
    pages = [page + PAGE for page in mailbox.pages] if mailbox else []
    top = -(-max(entry + PAGE, *(span.end for span in memory), *pages) // GIB) * GIB
    if top > _MAPPED_LIMIT:
        raise KjtuiError("The way back cannot be built", f"Memory up to {top:#x} would have to be mapped.")
    return top


def _place(memory: tuple[Span, ...], taken: tuple[Span, ...], size: int) -> Span:
    """Room for the trampoline at the end of this memory, clear of what is taken."""
    size = -(-size // PAGE) * PAGE
    for span in reversed(memory):
        end = span.end // PAGE * PAGE
        ends = [end, *(part.start // PAGE * PAGE for part in taken if span.contains(part))]
        for end in sorted(ends, reverse=True):
            place = Span(end - size, end)
            if span.contains(place) and not any(place.overlaps(part) for part in taken):
                return place
    raise KjtuiError("The way back cannot be built", f"No {size} bytes of memory in one piece are left here.")
