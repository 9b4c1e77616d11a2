"""The kernel's consoles, and the terminal that this program sits at."""

import os
import re
from collections.abc import Callable, Sequence

from kjtui.backend.probe.source import Source, clean

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{0,30}")
ACTIVE = "/sys/class/tty/console/active"
OWN = (0, 1)  # standard input and output


def consoles(source: Source) -> tuple[str, ...]:
    """The consoles in use, the one behind /dev/console last: ("tty0", "ttyS0")."""
    names = (source.text(ACTIVE, limit=4096) or "").split()
    known = tuple(name for name in names if _NAME.fullmatch(name))
    if len(known) < len(names):
        source.note(ACTIVE, "its content is not understood: it holds more than names of terminals")
    return known


def own(
    active: Sequence[str], ttyname: Callable[[int], str] = os.ttyname, files: Sequence[int] = OWN
) -> str | None:
    """The device file of our own terminal, None without one. active: the consoles.

    /dev/console is only a name for the last active console, which says more.
    """
    for file in files:
        try:
            name = ttyname(file)
        except OSError:
            continue
        return f"/dev/{active[-1]}" if name == "/dev/console" and active else clean(name)
    return None
