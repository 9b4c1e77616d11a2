"""The ELF core header that lets kernel B see kernel A's memory as /proc/vmcore (fs/proc/vmcore.c)."""

import struct
from collections.abc import Sequence

from kjtui.model.memory import Span

HEADER, PROGRAM = 64, 56  # bytes of Elf64_Ehdr and of Elf64_Phdr
PT_NULL, PT_LOAD, PT_NOTE = 0, 1, 4
ALL = 7  # PF_R | PF_W | PF_X
_ET_CORE, _EM_X86_64 = 4, 62
_IDENT = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")


def elf_core_header(memory: Sequence[Span], note: tuple[int, int]) -> bytes:
    """An ELF core header: one PT_NOTE and a PT_LOAD for each span of A's memory.

    note: physical address and size in bytes of the note, as /sys/kernel/vmcoreinfo tells it. One note at
    least is required, else the kernel says "vmcore not initialized".
    """
    address, size = note
    # In a core header of the kernel p_offset holds the physical address of what is to be read.
    programs = [program(PT_NOTE, 0, address, 0, address, size)]
    programs += [program(PT_LOAD, ALL, span.start, 0, span.start, span.size) for span in memory]
    return header(programs)


def header(programs: Sequence[bytes]) -> bytes:
    """The head of a core file, with these program headers right behind it."""
    numbers = (_ET_CORE, _EM_X86_64, 1, 0, HEADER, 0, 0, HEADER, PROGRAM, len(programs), 0, 0, 0)
    return _IDENT + struct.pack("<HHIQQQIHHHHHH", *numbers) + b"".join(programs)


def program(kind: int, flags: int, offset: int, virtual: int, physical: int, size: int) -> bytes:
    """A program header. offset: where in the file its bytes are."""
    return struct.pack("<IIQQQQQQ", kind, flags, offset, virtual, physical, size, size, 0)
