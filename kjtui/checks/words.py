"""Small words for findings: names of any kind made fit for a title, and why something could not be read."""

from collections.abc import Iterable

from kjtui.model.checks import Evidence
from kjtui.model.facts import Facts

_HOUR, _DAY = 3600, 86400


def clip(text: str, most: int) -> str:
    """A name from the machine as one printable piece of at most `most` characters; "?" for nothing."""
    # Far more than needed is cut off first: a name may be huge.
    piece = text[: 4 * most]
    if not piece.isprintable():
        piece = "".join(one if one.isprintable() else " " for one in piece)
    plain = " ".join(piece.split())
    return (plain if len(plain) <= most else f"{plain[: most - 1]}…") or "?"


def named(words: Iterable[str], most: int, room: int) -> str:
    """The first few different names, each shortened, as many as fit into room, and how many more."""
    all_names = list(dict.fromkeys(words))
    shown = [clip(one, 24) for one in all_names[:most]]
    while shown:
        left = len(all_names) - len(shown)
        text = ", ".join(shown) + (f" and {left} more" if left else "")
        if len(text) <= room:
            return text
        if len(shown) == 1:
            break
        shown.pop()
    return clip(", ".join(shown), room)


def reasons(facts: Facts, *places: str) -> tuple[Evidence, ...]:
    """Why nothing is known: what could not be read at these places or below them, at most three."""
    noted = [
        Evidence(clip(source, 120), clip(reason, 120))
        for source, reason in sorted(facts.unreadable.items())
        if any(source == place or source.startswith(place.rstrip("/") + "/") for place in places)
    ]
    return tuple(noted[:3]) or (Evidence(places[0], "it could not be read"),)


def partly_hidden(facts: Facts, *places: str) -> bool:
    """Whether something at these places or below them was not readable: there may be more than is known."""
    return any(
        source == place or source.startswith(f"{place}/") for source in facts.unreadable for place in places
    )


def ago(seconds: float) -> str:
    """A span of time in plain words: "5 minutes", "3 hours", "12 days"."""
    if not 0 <= seconds < 1e12:  # also what is no number at all
        return "an unknown time"
    sizes = (("day", _DAY), ("hour", _HOUR), ("minute", 60), ("second", 1))
    unit, size = next(((unit, size) for unit, size in sizes if seconds >= size), sizes[-1])
    count = int(seconds // size)
    return f"{count} {unit}{'' if count == 1 else 's'}"
