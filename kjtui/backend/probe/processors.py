"""Processors."""

from kjtui.backend.probe.source import Source

ONLINE = "/sys/devices/system/cpu/online"


def count(text: str) -> int:
    """How many a list like "0-3,6" names. Raises ValueError for another form."""
    total = 0
    for piece in text.split(","):
        first, dash, last = piece.partition("-")
        total += int(last if dash else first) - int(first) + 1
    return total


def online(source: Source) -> int:
    """Processors online; 1 if that cannot be read, since one is running us."""
    text = source.text(ONLINE)
    if text is None:
        return 1
    try:
        return count(text)
    except ValueError:
        source.note(ONLINE, f"its content is not understood: {text[:40]!r}")
        return 1
