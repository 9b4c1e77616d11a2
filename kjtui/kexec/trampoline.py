"""The trampoline: how kernel B gives the machine back to kernel A.

B's own kexec page tables map only B's memory; the code that A waits in lies outside it. So B loads this
segment and calls it in place of A: it switches to page tables that map all physical memory one to one, and
jumps on. [rsp] stays as it is, A reads B's own re-entry point there.
"""

import struct

from kjtui.errors import KjtuiError
from kjtui.model.memory import GIB, MIB, PAGE

_TABLE = 0x63  # present, writable, accessed, dirty
_LARGE = 0xE3  # the same for a 2 MiB page
_ENTRIES = 512
_HIGHEST = 64 << 40  # bytes that four-level page tables can map one to one with room to spare
GDT_LIMIT = 0x7F  # 16 entries of 8 bytes (GDT_SIZE in arch/x86/include/asm/segment.h)


def trampoline_size(top: int) -> int:
    """Bytes of trampoline(…, top=top)."""
    gibs = -(-top // GIB)
    return PAGE * (3 + -(-gibs // _ENTRIES) + gibs)


def trampoline(address: int, entry: int, top: int, gdt: int | None = None) -> bytes:
    """A segment for the physical address `address` (page aligned), entered at its first byte.

    entry: the jump-back entry of kernel A. top: the end of the memory that must be mapped; it covers
    entry and all of B's memory. gdt: virtual address of A's GDT, for kernels that return with B's
    GDT still loaded (before January 2025; harmless on later ones).

    Layout: code page, fifth-level table (used where CR4.LA57 is on), fourth, third, second level.
    """
    if address % PAGE or entry >= top or address >= top or top > _HIGHEST:
        raise KjtuiError(
            "The way back cannot be built",
            f"entry {entry:#x}, trampoline {address:#x}, memory up to {top:#x} do not fit together.",
            "Please report this with the evidence shown here.",
        )
    gibs = -(-top // GIB)
    thirds = -(-gibs // _ENTRIES)
    fifth, fourth = address + PAGE, address + 2 * PAGE
    third = address + 3 * PAGE
    second = third + thirds * PAGE
    tables = [
        _table([fourth | _TABLE]),
        _table([(third + i * PAGE) | _TABLE for i in range(thirds)]),
        b"".join(
            _table([(second + i * PAGE) | _TABLE for i in range(first, min(first + _ENTRIES, gibs))])
            for first in range(0, gibs, _ENTRIES)
        ),
        struct.pack(f"<{gibs * _ENTRIES}Q", *(at | _LARGE for at in range(0, gibs * GIB, 2 * MIB))),
    ]
    return _code(fifth, fourth, entry, gdt).ljust(PAGE, b"\xcc") + b"".join(tables)


def _table(entries: list[int]) -> bytes:
    return struct.pack(f"<{len(entries)}Q", *entries).ljust(PAGE, b"\0")


def _code(fifth: int, fourth: int, entry: int, gdt: int | None) -> bytes:
    code = b"".join(
        (
            b"\x48\xb8" + struct.pack("<Q", fourth),  # mov rax, fourth
            b"\x0f\x20\xe1",  # mov rcx, cr4
            b"\x0f\xba\xe1\x0c",  # bt ecx, 12 (LA57)
            b"\x73\x0a",  # jnc +10
            b"\x48\xb8" + struct.pack("<Q", fifth),  # mov rax, fifth
        )
    )
    tail = b"".join(
        (
            b"\x0f\x22\xd8",  # mov cr3, rax
            b"\x48\xb8" + struct.pack("<Q", entry),  # mov rax, entry
            b"\xff\xe0",  # jmp rax
        )
    )
    if gdt is None:
        return code + tail
    # lgdt reads nothing through the new base: A's own page tables map it by the time it is needed.
    descriptor = -(-(len(code) + 7 + len(tail)) // 16) * 16
    lgdt = b"\x0f\x01\x15" + struct.pack("<i", descriptor - (len(code) + 7))  # lgdt [rip + …]
    return (code + lgdt + tail).ljust(descriptor, b"\xcc") + struct.pack("<HQ", GDT_LIMIT, gdt)
