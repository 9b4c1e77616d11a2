"""The newest entries of kjtui's own journal."""

import json
import math

from kjtui.backend.probe.source import Source, clean
from kjtui.model.facts import JournalEntry

PATH = "/var/lib/kjtui/journal.jsonl"
VERSION = 1
NEWEST = 50
_END = 64 << 10  # bytes, enough for the newest entries
_STATES = ("begun", "done", "failed", "settled")
_MOST = 1000  # characters of one value


def read(source: Source) -> tuple[JournalEntry, ...] | None:
    """The newest entries, oldest first; () without a journal, None where it may not be read.

    A line that is broken, such as one cut off by a power cut, is passed over and noted.
    """
    data = source.tail(PATH, _END, optional=True)
    if data is None:
        return None if PATH in source.unreadable else ()
    lines = data.split(b"\n")
    if len(data) == _END:
        lines = lines[1:] or lines  # the first is only the end of one
    lines = [line for line in lines if line.strip()]
    entries = [entry for line in lines if (entry := _entry(line))]
    if len(entries) < len(lines):
        source.note(PATH, f"{len(lines) - len(entries)} of its newest {len(lines)} lines are not understood")
    return tuple(entries[-NEWEST:])


def _entry(line: bytes) -> JournalEntry | None:
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, dict) or told.get("version") != VERSION:
        return None
    at, state = told.get("at"), told.get("state")
    words = [told.get(name, "") for name in ("boot_id", "operation", "about", "code")]
    if isinstance(at, bool) or not isinstance(at, int | float) or not abs(at) < 1e12 or not math.isfinite(at):
        return None
    if state not in _STATES or not all(isinstance(word, str) for word in words):
        return None
    boot_id, operation, about, code = (clean(word)[:_MOST] for word in words)
    return JournalEntry(float(at), boot_id, operation, state, about, code)
