"""Kernel A's memory, mapped piece by piece."""

import mmap
import os
from collections.abc import Sequence

from kjtui.model.memory import Span

_WINDOW = 32 << 20  # bytes mapped at a time: the tables of a mapping take memory themselves


class Memory:
    """Physical memory that is not this kernel's own, through /dev/mem (mem(4)).

    spans: what may be looked at, sorted. writable: whether it will be changed. Asked for in rising order it
    is quick. Mapped, for read() and write() refuse what lies above this kernel's own memory.
    """

    def __init__(self, spans: Sequence[Span], writable: bool = False) -> None:
        self._spans = spans
        self._writable = writable
        self._file = os.open("/dev/mem", (os.O_RDWR if writable else os.O_RDONLY) | os.O_CLOEXEC)
        self._window: mmap.mmap | None = None
        self._mapped = Span(0, 0)

    def view(self, wanted: Span) -> memoryview:
        """The bytes of a span. Raises LookupError where it is not all in one of the spans."""
        if not self._mapped.contains(wanted):
            self._map(wanted)
        assert self._window is not None
        start = wanted.start - self._mapped.start
        return memoryview(self._window)[start : start + wanted.size]

    def read(self, address: int, size: int) -> bytes:
        """A few bytes, wherever they are. Raises LookupError."""
        return bytes(self.view(Span(address, address + size)))

    def _map(self, wanted: Span) -> None:
        whole = next((span for span in self._spans if span.contains(wanted)), None)
        if whole is None:
            raise LookupError(f"{wanted.start:#x} is not memory that kernel A left in its place")
        start = max(whole.start, wanted.start & ~(mmap.PAGESIZE - 1))
        end = min(whole.end, max(start + _WINDOW, wanted.end))
        # What is still looked at keeps the old mapping alive; otherwise it ends here.
        self._window = mmap.mmap(
            self._file,
            end - start,
            prot=mmap.PROT_READ | (mmap.PROT_WRITE if self._writable else 0),
            offset=start,
        )
        self._mapped = Span(start, end)

    def close(self) -> None:
        """Nothing is looked at any more."""
        self._window = None
        self._mapped = Span(0, 0)
        os.close(self._file)
