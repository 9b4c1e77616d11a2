"""Kernel A's memory, mapped piece by piece."""

from __future__ import annotations

import mmap
import os
from collections.abc import Sequence
from typing import NamedTuple

from kjtui.model.memory import Span

_WINDOW = 32 << 20  # bytes mapped at a time: the tables of a mapping take memory themselves
_LOOK = 256 << 10  # the same for a few bytes: making the tables takes time, and the next may be elsewhere
_LOOKS = 256  # such mappings that are kept


class Memory:
    """Physical memory that is not this kernel's own, through /dev/mem (mem(4)).

    spans: what may be looked at, sorted. writable: whether it will be changed. Asked for in rising order it
    is quick. Mapped, for read() and write() refuse what lies above this kernel's own memory.
    """

    def __init__(self, spans: Sequence[Span], writable: bool = False) -> None:
        self._spans = spans
        self._writable = writable
        self._file = os.open("/dev/mem", (os.O_RDWR if writable else os.O_RDONLY) | os.O_CLOEXEC)
        self._window: _Window | None = None
        self._looks: dict[int, _Window] = {}

    def view(self, wanted: Span) -> memoryview:
        """The bytes of a span. Raises LookupError where it is not all in one of the spans."""
        if self._window is None or not self._window.span.contains(wanted):
            # What is still looked at keeps the old mapping alive; otherwise it ends here.
            self._window = self._mapped(wanted, wanted.start & ~(mmap.PAGESIZE - 1), _WINDOW)
        return self._window.view(wanted)

    def read(self, address: int, size: int) -> bytes:
        """A few bytes, wherever they are. Raises LookupError."""
        wanted = Span(address, address + size)
        start = address // _LOOK * _LOOK
        window = self._looks.get(start)
        if window is None or not window.span.contains(wanted):
            window = self._mapped(wanted, start, _LOOK)
            if len(self._looks) >= _LOOKS:
                del self._looks[next(iter(self._looks))]  # the oldest
            self._looks[start] = window
        return bytes(window.view(wanted))

    def _mapped(self, wanted: Span, start: int, size: int) -> _Window:
        whole = next((span for span in self._spans if span.contains(wanted)), None)
        if whole is None:
            raise LookupError(f"{wanted.start:#x} is not memory that kernel A left in its place")
        mapped = Span(max(whole.start, start), min(whole.end, max(start + size, wanted.end)))
        protection = mmap.PROT_READ | (mmap.PROT_WRITE if self._writable else 0)
        return _Window(mmap.mmap(self._file, mapped.size, prot=protection, offset=mapped.start), mapped)

    def close(self) -> None:
        """Nothing is looked at any more."""
        self._window = None
        self._looks.clear()
        os.close(self._file)


class _Window(NamedTuple):
    """What is mapped."""

    bytes: mmap.mmap
    span: Span

    def view(self, wanted: Span) -> memoryview:
        start = wanted.start - self.span.start
        return memoryview(self.bytes)[start : start + wanted.size]
