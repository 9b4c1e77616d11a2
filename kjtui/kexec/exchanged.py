"""Which pages of A changed places with kernel B's: A's own list of them, found in its memory.

The kernel keeps the list for the way back (kimage in kernel/kexec_core.c, swap_pages in
arch/x86/kernel/relocate_kernel_64.S). Its address lies in the page that A waits in. No kernel tells where in
that page, so each word that can be the address is tried, and only a list that says exactly what a jump into
these places would say is believed.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from kjtui.kexec.freepages import Read, Unknown
from kjtui.model.memory import PAGE, Span

_DESTINATION, _INDIRECTION, _DONE, _SOURCE = 1, 2, 4, 8  # IND_… in include/linux/kexec.h
_FLAGS = PAGE - 1
_OF_SOURCE = bytes([_SOURCE])
_ALIGNED = bytes(range(0, 256, 16))  # the second byte of a word that has no other flag


class Run(NamedTuple):
    """Pages one after the other from a destination on, and where the content of each waits meanwhile.

    words: the list's own, one a page: the source's address with its flag.
    """

    destination: int
    words: array[int]

    @property
    def span(self) -> Span:
        """The destinations."""
        return Span(self.destination, self.destination + PAGE * len(self.words))

    def sources(self) -> Iterator[int]:
        """The addresses of the sources."""
        return (word - _SOURCE for word in self.words)


def runs(entry: int, read: Read, places: Sequence[Span]) -> tuple[Run, ...]:
    """The list, sorted by destination. entry: the physical address that A waits at. places: kernel B's.

    Raises Unknown where there is none that fits.
    """
    try:
        page = array("Q", read(entry // PAGE * PAGE, PAGE))
    except LookupError as error:
        raise Unknown(str(error)) from None
    for word in page:
        if word & _FLAGS == _INDIRECTION:
            try:
                return _looked_at(_follow(word - _INDIRECTION, read, places), places)
            except (LookupError, Unknown):
                continue
    raise Unknown("the list of the pages that changed places was not found")


def sources_of(found: Sequence[Run], spans: Sequence[Span]) -> tuple[Span, ...]:
    """Where the content of these spans waits, as far as it does: sorted, neighbours put together.

    spans: sorted, none overlaps another.
    """
    starts = [span.start for span in spans]
    pages = array("Q")
    for run in found:
        whole = run.span
        for span in spans[max(bisect_right(starts, whole.start) - 1, 0) :]:
            if span.start >= whole.end:
                break
            first = max(span.start - whole.start + PAGE - 1, 0) // PAGE
            last = max(min(span.end, whole.end) - whole.start, 0) // PAGE
            pages.extend(run.words[first:last])
    joined: list[Span] = []
    for word in sorted(pages):
        page = word - _SOURCE
        if joined and joined[-1].end == page:
            joined[-1] = Span(joined[-1].start, page + PAGE)
        else:
            joined.append(Span(page, page + PAGE))
    return tuple(joined)


def _follow(table: int, read: Read, places: Sequence[Span]) -> list[Run]:
    found: list[Run] = []
    room = sum(span.size for span in places) // PAGE
    for _ in range(room // 256 + 16):  # a page of the list holds 511; a segment may begin with a new one
        table = _take_in(read(table, PAGE), found)
        if not table:
            return found
        if sum(len(run.words) for run in found) > room:
            break
    raise Unknown("it holds more pages than kernel B has")


def _take_in(data: bytes, found: list[Run]) -> int:
    """Add what one page of the list says; where the next one is, 0 behind the last."""
    words, flags = array("Q", data), data[::8]
    at = 0
    while at < len(words):
        # There are so many sources that Python would take half a second to look at each.
        if sources := len(flags) - at - len(flags[at:].lstrip(_OF_SOURCE)):
            if not found or data[8 * at + 1 : 8 * (at + sources) : 8].translate(None, _ALIGNED):
                raise Unknown("it leads to something that is no list")
            found[-1].words.extend(words[at : at + sources])
            at += sources
            continue
        word, flag = words[at], words[at] & _FLAGS
        at += 1
        if flag == _DESTINATION:
            found.append(Run(word - _DESTINATION, array("Q")))
        elif flag == _INDIRECTION:
            return word - _INDIRECTION
        elif flag == _DONE:
            return 0
        else:
            raise Unknown("it leads to something that is no list")
    raise Unknown("it has no end")


def _looked_at(found: list[Run], places: Sequence[Span]) -> tuple[Run, ...]:
    sorted_runs = sorted((run for run in found if run.words), key=lambda run: run.destination)
    if not sorted_runs:
        raise Unknown("it is empty")
    if not all(any(place.contains(run.span) for place in places) for run in sorted_runs):
        raise Unknown("it leads to memory that kernel B does not have")
    if any(one.span.end > after.destination for one, after in pairwise(sorted_runs)):
        raise Unknown("it names a page twice")
    sources = [word for run in sorted_runs for word in run.words]
    if len(set(sources)) != len(sources):
        raise Unknown("two pages of it wait at the same place")
    return tuple(sorted_runs)
