"""The ELF core header that lets kernel B see kernel A's memory as /proc/vmcore (fs/proc/vmcore.c)."""

import struct
from collections.abc import Sequence

from kjtui.model.memory import Span

_ELF64_HEADER = 64
_PROGRAM_HEADER = 56
_PT_LOAD, _PT_NOTE = 1, 4
_ET_CORE, _EM_X86_64 = 4, 62


def elf_core_header(memory: Sequence[Span], note: tuple[int, int]) -> bytes:
    """An ELF core header: one PT_NOTE and a PT_LOAD for each span of A's memory.

    note: physical address and size in bytes of the note, as /sys/kernel/vmcoreinfo tells it. One note at
    least is required, else the kernel says "vmcore not initialized".
    """
    ident = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
    header = ident + struct.pack(
        "<HHIQQQIHHHHHH",
        _ET_CORE,
        _EM_X86_64,
        1,
        0,
        _ELF64_HEADER,
        0,
        0,
        _ELF64_HEADER,
        _PROGRAM_HEADER,
        1 + len(memory),
        0,
        0,
        0,
    )
    address, size = note
    programs = [_program(_PT_NOTE, 0, address, 0, size)]
    programs += [_program(_PT_LOAD, 7, span.start, 0, span.size) for span in memory]
    return header + b"".join(programs)


def _program(kind: int, flags: int, physical: int, virtual: int, size: int) -> bytes:
    # In a core header of the kernel p_offset holds the physical address of what is to be read.
    return struct.pack("<IIQQQQQQ", kind, flags, physical, virtual, physical, size, size, 0)
