"""Processors."""

from kjtui.backend.probe.source import Source, whole

ONLINE = "/sys/devices/system/cpu/online"
PRESENT = "/sys/devices/system/cpu/present"
_MOST = 1 << 20  # far more than Linux can count


def count(text: str) -> int | None:
    """How many a list like "0-3,6" names; None for another form."""
    total = 0
    for piece in text.strip().split(","):
        first, dash, last = piece.partition("-")
        start, end = whole(first), whole(last if dash else first)
        if start is None or end is None or not 0 <= start <= end < _MOST:
            return None
        total += end - start + 1
    return total


def online(source: Source) -> int:
    """Processors online; 1 if that cannot be read, since one is running us."""
    return _listed(source, ONLINE, source.text(ONLINE)) or 1


def present(source: Source) -> int | None:
    """Processors that are there, online or not."""
    return _listed(source, PRESENT, source.text(PRESENT))


def _listed(source: Source, name: str, text: str | None) -> int | None:
    number = None if text is None else count(text)
    if text is not None and number is None:
        source.note(name, f"its content is not understood: {text[:40]!r}")
    return number
