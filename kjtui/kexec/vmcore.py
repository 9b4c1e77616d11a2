"""The head of a file in the form of /proc/vmcore: an ELF core of a whole system's memory, for debuggers.

The form is that of fs/proc/vmcore.c and of makedumpfile: a note VMCOREINFO, and a PT_LOAD for each range of
memory with its physical address, and the virtual one that it has in the kernel's map of all memory.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from kjtui.kexec import elfcore, notes
from kjtui.model.memory import PAGE, Span


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


def layout(
    memory: Sequence[Span], vmcoreinfo: bytes, direct: int | None, lacking: Collection[Span] = ()
) -> Layout:
    """A file for these spans of memory. vmcoreinfo: text; direct: see freepages.direct_map.

    lacking: those of the spans that have a place in the file, and that the head says nothing of.
    """
    note = notes.note(vmcoreinfo)
    note_at = elfcore.HEADER + (1 + len(memory)) * elfcore.PROGRAM
    at = -(-(note_at + len(note)) // PAGE) * PAGE
    places = []
    programs = [elfcore.program(elfcore.PT_NOTE, 0, note_at, 0, 0, len(note))]
    for span in memory:
        places.append(at)
        virtual = 0 if direct is None else direct + span.start
        kind = elfcore.PT_NULL if span in lacking else elfcore.PT_LOAD
        programs.append(elfcore.program(kind, elfcore.ALL, at, virtual, span.start, span.size))
        at += -(-span.size // PAGE) * PAGE
    return Layout(elfcore.header(programs) + note, tuple(memory), tuple(places), at)
