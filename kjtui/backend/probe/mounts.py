"""Mounted file systems and swap."""

import re
from dataclasses import dataclass

from kjtui.backend.probe.source import Source, not_understood
from kjtui.model.facts import Mount

MOUNTINFO = "/proc/self/mountinfo"
SWAPS = "/proc/swaps"
_ESCAPE = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True)
class MountLine:
    """One line of mountinfo; number is "major:minor" of the device ("0:…" for none)."""

    number: str
    mount: Mount


def unescape(text: str) -> str:
    """Undo the octal escapes for blank, tab, newline, backslash and # (fs/seq_file.c mangle_path)."""
    return _ESCAPE.sub(lambda found: chr(int(found[1], 8)), text)


def parse(text: str) -> tuple[MountLine, ...]:
    """Lines of /proc/self/mountinfo (proc(5)): a variable number of fields, then " - type source options"."""
    lines = []
    for line in text.split("\n"):
        head, dash, tail = line.partition(" - ")
        fields, rest = head.split(" "), tail.split(" ")
        if dash and len(fields) >= 6 and len(rest) >= 2:
            mount = Mount(source=unescape(rest[1]), target=unescape(fields[4]), fstype=rest[0])
            lines.append(MountLine(fields[2], mount))
    return tuple(lines)


def read(source: Source) -> tuple[MountLine, ...]:
    """All mounts, in the kernel's order."""
    text = source.text(MOUNTINFO)
    if text is None:
        return ()
    mounts, lines = parse(text), [line for line in text.split("\n") if line]
    if len(mounts) < len(lines) or not lines:
        source.note(MOUNTINFO, not_understood(len(lines) - len(mounts), len(lines)))
    return mounts


def empty_swaps(source: Source) -> tuple[str, ...]:
    """Those of swaps() in which nothing is: their fourth column is 0."""
    words = (line.split() for line in (source.text(SWAPS, optional=True) or "").split("\n")[1:])
    return tuple(unescape(one[0]) for one in words if len(one) == 5 and one[3] == "0")


def swaps(source: Source) -> tuple[str, ...]:
    """Swap files and devices in use: the first column of /proc/swaps, below its heading."""
    # A kernel without swap has no such file.
    text = source.text(SWAPS, optional=True)
    if text is None:
        return ()
    heading, *lines = text.split("\n")
    paths = tuple(unescape(line.split()[0]) for line in lines if line.startswith("/"))
    if not heading.startswith("Filename"):
        source.note(SWAPS, "its content is not understood: it has no heading")
    elif len(paths) < len(lines):
        source.note(SWAPS, not_understood(len(lines) - len(paths), len(lines)))
    return paths if heading.startswith("Filename") else ()
