"""Processors."""

from kjtui.backend.probe.source import Source, whole

ONLINE = "/sys/devices/system/cpu/online"
PRESENT = "/sys/devices/system/cpu/present"
_MOST = 1 << 20  # far more than Linux can count


def count(text: str) -> int | None:
    """How many a list like "0-3,6" names; None for another form."""
    pieces = _pieces(text)
    return None if pieces is None else sum(len(piece) for piece in pieces)


def numbers(source: Source) -> tuple[int, ...]:
    """Which ones are online; () if that cannot be read."""
    pieces = _pieces(source.text(ONLINE) or "") or []
    return tuple(number for piece in pieces for number in piece)


def _pieces(text: str) -> list[range] | None:
    pieces = []
    for piece in text.strip().split(","):
        first, dash, last = piece.partition("-")
        start, end = whole(first), whole(last if dash else first)
        if start is None or end is None or not 0 <= start <= end < _MOST:
            return None
        pieces.append(range(start, end + 1))
    return pieces


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
