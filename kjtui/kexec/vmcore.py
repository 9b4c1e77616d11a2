"""The head of a file in the form of /proc/vmcore: an ELF core of a whole system's memory, for debuggers.

The form is that of fs/proc/vmcore.c and of makedumpfile: a note VMCOREINFO, and a PT_LOAD for each range of
memory with its physical address, and the virtual one that it has in the kernel's map of all memory.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from kjtui.kexec.freepages import DirectMap
from kjtui.model.memory import PAGE, Span

_HEADER, _PROGRAM = 64, 56
_PT_LOAD, _PT_NOTE = 1, 4
_ET_CORE, _EM_X86_64 = 4, 62
_ALL = 7  # PF_R | PF_W | PF_X
_NOTE_NAME = b"VMCOREINFO\0"


@dataclass(frozen=True)
class Layout:
    """Where everything is in such a file. head: its first bytes; places: offset of each span's content.

    size: bytes of the file.
    """

    head: bytes
    spans: tuple[Span, ...]
    places: tuple[int, ...]
    size: int

    def place(self, address: int) -> int:
        """The offset of a physical address in the file. Raises LookupError."""
        for span, place in zip(self.spans, self.places, strict=True):
            if span.start <= address < span.end:
                return place + address - span.start
        raise LookupError(f"{address:#x} is not in the file")


def layout(memory: Sequence[Span], note: bytes, direct: DirectMap | None) -> Layout:
    """A file for these spans of memory. note: what is in VMCOREINFO, text; direct: None where unknown."""
    name = _NOTE_NAME.ljust(-(-len(_NOTE_NAME) // 4) * 4, b"\0")
    content = note.ljust(-(-len(note) // 4) * 4, b"\0")
    notes = struct.pack("<III", len(_NOTE_NAME), len(note), 0) + name + content
    count = 1 + len(memory)
    notes_at = _HEADER + count * _PROGRAM
    at = -(-(notes_at + len(notes)) // PAGE) * PAGE
    places = []
    programs = [_program(_PT_NOTE, 0, notes_at, 0, 0, len(notes))]
    for span in memory:
        places.append(at)
        virtual = direct.base + span.start if direct else 0
        programs.append(_program(_PT_LOAD, _ALL, at, virtual, span.start, span.size))
        at += -(-span.size // PAGE) * PAGE
    ident = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
    numbers = (_ET_CORE, _EM_X86_64, 1, 0, _HEADER, 0, 0, _HEADER, _PROGRAM, count, 0, 0, 0)
    head = ident + struct.pack("<HHIQQQIHHHHHH", *numbers) + b"".join(programs) + notes
    return Layout(head, tuple(memory), tuple(places), at)


def _program(kind: int, flags: int, offset: int, virtual: int, physical: int, size: int) -> bytes:
    return struct.pack("<IIQQQQQQ", kind, flags, offset, virtual, physical, size, size, 0)
