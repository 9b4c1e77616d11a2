"""Going back: load the trampoline, leave word, give the machine to kernel A."""

import mmap
import os
import time

from kjtui.backend import syscalls
from kjtui.errors import KjtuiError
from kjtui.kexec import iomem, word
from kjtui.kexec.commandline import AgentOrders
from kjtui.kexec.trampoline import trampoline, trampoline_size
from kjtui.model.image import Segment
from kjtui.model.memory import GIB, PAGE, Span
from kjtui.model.report import Mailbox, VisitorWord

_MAPPED_LIMIT = 1 << 40  # page tables for more than this would not fit beside a small kernel B


def prepare(orders: AgentOrders) -> None:
    """Load the trampoline as the image that the next reboot_kexec() enters. Raises KjtuiError.

    It is loaded anew before every return: after one round trip the loaded image is the way into A without
    trampoline, because the kernel then keeps A's re-entry point as the image's start.
    """
    if not orders.entry:
        raise KjtuiError(
            "This kernel was not jumped to, so there is nothing to go back to",
            "kexec_jump_back_entry= on the command line is 0: it was started by an ordinary boot or kexec.",
            "Use the shell here, or reboot.",
        )
    with open("/proc/iomem", encoding="ascii") as file:
        ranges = iomem.parse(file)
    memory = iomem.ram(ranges)
    # B's memory and A's entry must be mapped; both lie below this.
    top = -(-max(orders.entry + PAGE, *(span.end for span in memory)) // GIB) * GIB
    if top > _MAPPED_LIMIT:
        raise KjtuiError("The way back cannot be built", f"Memory up to {top:#x} would have to be mapped.")
    size = trampoline_size(top)
    place = _place(memory, iomem.kernel_image(ranges), size)
    code = trampoline(place.start, orders.entry, top, orders.gdt)
    syscalls.kexec_load(place.start, [Segment("way back", code, place)])


def go(orders: AgentOrders, way_home: str) -> None:
    """Leave word and jump. Returns when kernel A has jumped here again. Raises KjtuiError."""
    leave_word(
        orders.mailbox,
        VisitorWord(os.uname().release, time.clock_gettime(time.CLOCK_BOOTTIME), way_home, orders.parkable),
    )
    prepare(orders)
    syscalls.reboot_kexec()


def leave_word(mailbox: Mailbox | None, left: VisitorWord) -> bool:
    """Write to A's mailbox page, if it still is one. Returns whether it was written.

    Not being able to write must never keep anybody from going back.
    """
    if mailbox is None:
        return False
    try:
        # Mapped, for write() refuses addresses above B's own memory (drivers/char/mem.c).
        file = os.open("/dev/mem", os.O_RDWR)
        try:
            with mmap.mmap(file, PAGE, offset=mailbox.address) as page:
                if not word.expects(page[:], mailbox.nonce):
                    return False
                data = word.encode(left)
                page[word.BODY : word.BODY + len(data)] = data
                return True
        finally:
            os.close(file)
    except (OSError, ValueError):
        return False


def _place(memory: tuple[Span, ...], kernel: tuple[Span, ...], size: int) -> Span:
    """Room for the trampoline at the end of B's memory, clear of B's own kernel."""
    size = -(-size // PAGE) * PAGE
    for span in reversed(memory):
        end = span.end // PAGE * PAGE
        place = Span(end - size, end)
        if span.contains(place) and not any(place.overlaps(part) for part in kernel):
            return place
    raise KjtuiError("The way back cannot be built", f"No {size} bytes of memory in one piece are left here.")
