"""The trampoline: how kernel B gives the machine back to kernel A.

B's own kexec page tables map only B's memory; the code that A waits in lies outside it. So B loads this
segment and calls it in place of A: it switches to page tables that map all physical memory one to one, and
jumps on. [rsp] stays as it is, A reads B's own re-entry point there.

Loaded as B's crash kernel it also copies B's kernel log to A, for nobody else in B can do that any more.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from kjtui.errors import KjtuiError
from kjtui.kexec.word import BODY, NONCE_AT
from kjtui.model.memory import GIB, MIB, PAGE

_TABLE = 0x63  # present, writable, accessed, dirty
_LARGE = 0xE3  # the same for a 2 MiB page
_ENTRIES = 512
_HIGHEST = 64 << 40  # bytes that four-level page tables can map one to one with room to spare
_COPY = struct.Struct("<3Q")
GDT_LIMIT = 0x7F  # 16 entries of 8 bytes (GDT_SIZE in arch/x86/include/asm/segment.h)


@dataclass(frozen=True)
class Copy:
    """`size` bytes (a multiple of 8) from a physical address to offset BODY of A's page at another."""

    source: int
    page: int
    size: int


def trampoline_size(top: int, copies: int = 0) -> int:
    """Bytes of trampoline(…, top=top) with so many copies."""
    gibs = -(-top // GIB)
    return PAGE * (3 + -(-gibs // _ENTRIES) + gibs) + (_COPY.size * (copies + 1) if copies else 0)


def trampoline(
    address: int,
    entry: int,
    top: int,
    gdt: int | None = None,
    copies: Sequence[Copy] = (),
    nonce: str = "",
) -> bytes:
    """A segment for the physical address `address` (page aligned), entered at its first byte.

    entry: the jump-back entry of kernel A. top: the end of the memory that must be mapped; it covers
    entry and all of B's memory. gdt: virtual address of A's GDT, for kernels that return with B's
    GDT still loaded (before January 2025; harmless on later ones). copies: made before, each only if the
    page bears the nonce (kjtui.kexec.word).

    Layout: code page, fifth-level table (used where CR4.LA57 is on), fourth, third, second level, copies.
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
    listed = b""
    copying = b""
    if copies:
        listed = b"".join(_COPY.pack(one.source, one.page, one.size // 8) for one in copies) + _COPY.pack(
            0, 0, 0
        )
        copying = _copying(address + PAGE + sum(map(len, tables)), nonce)
    return _code(fifth, fourth, entry, gdt, copying).ljust(PAGE, b"\xcc") + b"".join(tables) + listed


def _table(entries: list[int]) -> bytes:
    return struct.pack(f"<{len(entries)}Q", *entries).ljust(PAGE, b"\0")


def _copying(copies: int, nonce: str) -> bytes:
    """Code that works through the list of copies at a physical address.

    It changes rbx, rcx, rsi, rdi, r8, r9, all of them dead: A's side takes what it needs from its own memory.
    """
    first, second = struct.unpack("<2Q", nonce.encode("ascii"))
    return b"".join(
        (
            b"\x48\xbb" + struct.pack("<Q", copies),  # mov rbx, copies
            b"\x49\xb8" + struct.pack("<Q", first),  # mov r8, first half of the nonce
            b"\x49\xb9" + struct.pack("<Q", second),  # mov r9, second half
            b"\xfc",  # cld
            # next:
            b"\x48\x8b\x33",  # mov rsi, [rbx]
            b"\x48\x8b\x7b\x08",  # mov rdi, [rbx + 8]
            b"\x48\x8b\x4b\x10",  # mov rcx, [rbx + 16]
            b"\x48\x85\xc9",  # test rcx, rcx
            b"\x74\x19",  # jz done
            b"\x48\x83\xc3\x18",  # add rbx, 24
            b"\x4c\x39\x47" + bytes([NONCE_AT]),  # cmp [rdi + 16], r8
            b"\x75\xe6",  # jne next
            b"\x4c\x39\x4f" + bytes([NONCE_AT + 8]),  # cmp [rdi + 24], r9
            b"\x75\xe0",  # jne next
            b"\x48\x83\xc7" + bytes([BODY]),  # add rdi, 64
            b"\xf3\x48\xa5",  # rep movsq
            b"\xeb\xd7",  # jmp next
            # done:
        )
    )


def _code(fifth: int, fourth: int, entry: int, gdt: int | None, copying: bytes) -> bytes:
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
            copying,
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
