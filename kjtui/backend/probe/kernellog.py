"""The kernel log of this boot: syslog(2), else /dev/kmsg (Documentation/ABI/testing/dev-kmsg)."""

import functools
import os
import re
import stat
from collections.abc import Collection, Iterable, Sequence

from kjtui.backend import syscalls
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
_SHOWN = re.compile(rb"<([0-9]{1,10})>\[ {0,12}([0-9]{1,12}\.[0-9]{6})\](?:\[[ TC0-9]+\])? (.*)")
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
    wanted = [word.encode() for word in words]
    if (shown := _shown()) is not None:
        return tuple(line for one in _holding(shown, b"\n", wanted) for line in parse_shown(one))
    try:
        records = _records()
    except OSError as error:
        source.note(KMSG, error)
        return None
    return tuple(line for one in _holding(b"\0".join(records), b"\0", wanted) for line in parse_record(one))


def telling(lines: Sequence[LogLine]) -> tuple[LogLine, ...]:
    """The newest 200 lines that tell something of a jump, see kjtui.knowledge.messages."""
    from kjtui.knowledge import messages

    whole = "\n".join([line.text for line in lines])
    words = [word for word in telling_words() if word in whole]
    return tuple(
        line for line in lines if any(word in line.text for word in words) and messages.telling(line.text)
    )[-NEWEST:]


@functools.cache
def telling_words() -> tuple[str, ...]:
    """Each line that tells something has one of these."""
    from kjtui.knowledge import messages

    return tuple({words for message in messages.TABLE for words, _ in message.forms})


def _holding(joined: bytes, between: bytes, words: Sequence[bytes]) -> list[bytes]:
    """Those of the joined pieces that hold one of the words, in their order; all where there are no words.

    Most hold none: to look through all at once is much faster than through each.
    """
    if not words:
        return joined.split(between)
    found: dict[int, bytes] = {}
    for word in words:
        at = joined.find(word)
        while at >= 0:
            start, end = joined.rfind(between, 0, at) + 1, joined.find(between, at)
            end = end if end >= 0 else len(joined)
            found[start] = joined[start:end]
            at = joined.find(word, end)
    return [found[start] for start in sorted(found)]


def parse_shown(line: bytes) -> tuple[LogLine, ...]:
    """One line as syslog(2) gives it, "<level>[   12.345678] text".

    () for what a program wrote into the log (its facility is not 0) and for what has another form.
    """
    found = _SHOWN.fullmatch(line)
    if found is None or int(found[1]) >> 3:
        return ()
    return _lines(float(found[2]), found[3])


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
    return _lines(int(microseconds) / 1_000_000, text)


def _lines(seconds: float, text: bytes) -> tuple[LogLine, ...]:
    return tuple([LogLine(seconds, line[:_LONGEST]) for line in decoded(text).splitlines()])


def parse_printed(lines: Iterable[str]) -> tuple[LogLine, ...]:
    """Lines as dmesg(1) shows them, "[   12.345678] text"; others are passed over."""
    found = (_PRINTED.match(line) for line in lines)
    return tuple(LogLine(float(one[1]), one[2][:_LONGEST]) for one in found if one)


def _shown() -> bytes | None:
    """The log in one system call; None where that is refused, or is not known to be the whole log.

    It lacks what was there before somebody cleared it (dmesg --clear), and what did not fit: the first line
    of a boot is of the time 0. It has no times at all with printk.time=0.
    """
    try:
        shown = syscalls.kernel_log()
    except OSError:
        return None
    first = _SHOWN.match(shown)
    return shown if first and float(first[2]) == 0 else None


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
