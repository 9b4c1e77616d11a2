"""The kernel log of this boot (Documentation/ABI/testing/dev-kmsg)."""

import bisect
import functools
import itertools
import os
import re
import stat
from collections.abc import Collection, Iterable, Sequence
from typing import AnyStr

from kjtui.backend.probe.source import Source, decoded
from kjtui.errors import KjtuiError
from kjtui.model.facts import LogLine

KMSG = "/dev/kmsg"
SAVED = "/var/log/dmesg"  # what stands for it under another root
NEWEST = 200
_RECORD = 16 << 10  # a record is never longer than 8 KiB (CONSOLE_EXT_LOG_MAX)
_MOST = 100_000  # records: a driver may write as fast as we read
_LONGEST = 1000  # characters of one line
_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
_PRINTED = re.compile(r"(?:<\d{1,3}>)?\[\s*(\d{1,12}\.\d{1,9})\](?:\[[ TC0-9]*\])? ?(.*)")
_FORM = re.compile(rb"([0-9]{1,10}),[^,;]{1,20},([0-9]{1,20}),[^;]{0,150};([^\n]*)")
_ESCAPE = re.compile(rb"\\x([0-9a-f]{2})")


def read(source: Source) -> tuple[LogLine, ...]:
    """The whole log, oldest first. Raises KjtuiError where it may not be read."""
    lines = look(source)
    if lines is None:
        place = KMSG if source.real else SAVED
        raise KjtuiError(
            "The kernel log cannot be read",
            f"{place}: {source.unreadable.get(place, 'it cannot be read')}.",
            "Run kjtui as root. In a container, run it on the host instead.",
        )
    return lines


def look(source: Source, words: Collection[str] = ()) -> tuple[LogLine, ...] | None:
    """The whole log, None (and a note) where it may not be read. Reading takes nothing out of it.

    With words, lines that have none of them may be missing: to take all apart takes long.
    """
    if not source.real:
        text = source.text(SAVED)
        return None if text is None else parse_printed(text.splitlines())
    try:
        records = _records()
        if words:
            joined = b"\0".join(records)
            ends = list(itertools.accumulate(len(record) + 1 for record in records))
            records = [records[number] for number in _places(joined, ends, [one.encode() for one in words])]
        return tuple(line for record in records for line in parse_record(record))
    except OSError as error:
        source.note(KMSG, error)
        return None


def telling(lines: Sequence[LogLine]) -> tuple[LogLine, ...]:
    """The newest 200 lines that tell something of a jump, see kjtui.knowledge.messages."""
    from kjtui.knowledge import messages

    whole = "\n".join([line.text for line in lines])
    ends = list(itertools.accumulate(len(line.text) + 1 for line in lines))
    found = [lines[number] for number in _places(whole, ends, telling_words())]
    return tuple(line for line in found if messages.telling(line.text))[-NEWEST:]


@functools.cache
def telling_words() -> tuple[str, ...]:
    """Each line that tells something has one of these."""
    from kjtui.knowledge import messages

    return tuple({words for message in messages.TABLE for words, _ in message.forms})


def _places(joined: AnyStr, ends: Sequence[int], words: Iterable[AnyStr]) -> list[int]:
    """The numbers of those of the joined pieces that hold one of the words. ends: where the next one begins.

    Most hold none: to look through all at once is much faster than through each.
    """
    numbers: set[int] = set()
    for word in words:
        at = joined.find(word)
        while at >= 0:
            numbers.add(number := bisect.bisect_right(ends, at))
            at = joined.find(word, ends[number])
    return sorted(numbers)


def parse_record(record: bytes) -> tuple[LogLine, ...]:
    """One record, "level,number,microseconds,flags;text"; the lines after the first are about its device.

    () for what a program wrote into the log (its facility is not 0) and for what is no record.
    """
    found = _FORM.match(record)
    if found is None:
        return ()
    level, microseconds, text = found.groups()
    if int(level) >> 3:
        return ()
    if b"\\x" in text:
        text = _ESCAPE.sub(lambda found: bytes((int(found[1], 16),)), text)
    seconds = int(microseconds) / 1_000_000
    return tuple([LogLine(seconds, line[:_LONGEST]) for line in decoded(text).splitlines()])


def parse_printed(lines: Iterable[str]) -> tuple[LogLine, ...]:
    """Lines as dmesg(1) shows them, "[   12.345678] text"; others are passed over."""
    found = (_PRINTED.match(line) for line in lines)
    return tuple(LogLine(float(one[1]), one[2][:_LONGEST]) for one in found if one)


def _records() -> list[bytes]:
    """Each read(2) gives one record, until there is none."""
    descriptor = os.open(KMSG, _FLAGS)
    records: list[bytes] = []
    try:
        if not stat.S_ISCHR(os.fstat(descriptor).st_mode):
            raise OSError(0, "it is not the kernel's log")
        while len(records) < _MOST:
            try:
                records.append(os.read(descriptor, _RECORD))
            except BrokenPipeError:  # overwritten before it was read: the next read gives the oldest left
                continue
            except BlockingIOError:
                break
    finally:
        os.close(descriptor)
    return records
