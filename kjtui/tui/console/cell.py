"""One character on a screen, and what SGR sequences make of its attributes."""

from collections.abc import Iterator
from typing import NamedTuple

BASIC = ("black", "red", "green", "brown", "blue", "magenta", "cyan", "white")
"""The names of the eight colours in the order of their SGR numbers ("brown" is dark yellow)."""

_LEVELS = (0, 95, 135, 175, 215, 255)  # of the 6x6x6 colours among xterm's 256


class Cell(NamedTuple):
    """A character with its attributes.

    fg and bg: "default", one of BASIC, one of BASIC with "bright" before it, or six hexadecimal digits.
    """

    data: str = " "
    fg: str = "default"
    bg: str = "default"
    bold: bool = False
    underscore: bool = False
    blink: bool = False
    reverse: bool = False


BLANK = Cell()
"""The cell of a cleared screen in the terminal's own colours."""

_CODES: dict[int, dict[str, str | bool]] = {
    1: {"bold": True},
    4: {"underscore": True},
    5: {"blink": True},
    7: {"reverse": True},
    21: {"underscore": True},  # twice
    22: {"bold": False},
    24: {"underscore": False},
    25: {"blink": False},
    27: {"reverse": False},
    39: {"fg": "default"},
    49: {"bg": "default"},
    **{30 + number: {"fg": name} for number, name in enumerate(BASIC)},
    **{40 + number: {"bg": name} for number, name in enumerate(BASIC)},
    **{90 + number: {"fg": f"bright{name}"} for number, name in enumerate(BASIC)},
    **{100 + number: {"bg": f"bright{name}"} for number, name in enumerate(BASIC)},
}
"""What each SGR number changes (ECMA-48). Italics, dim text and the like look like any other on a console."""


def restyled(cell: Cell, params: str) -> Cell:
    """The cell after `CSI params m`. Numbers that are not known change nothing."""
    numbers = iter([int(part or 0) for part in params.split(";")])
    for number in numbers:
        if number == 0:
            cell = Cell(cell.data)
        elif number in (38, 48):
            if colour := _extended(numbers):
                cell = cell._replace(fg=colour) if number == 38 else cell._replace(bg=colour)
        elif number in _CODES:
            cell = cell._replace(**_CODES[number])  # type: ignore[arg-type]
    return cell


def _extended(numbers: Iterator[int]) -> str:
    """The colour that follows 38 or 48: `2;red;green;blue` or `5;index`; "" for anything else."""
    kind = next(numbers, 0)
    if kind == 2:
        red, green, blue = (min(next(numbers, 0), 255) for _ in range(3))
        return f"{red:02x}{green:02x}{blue:02x}"
    return _indexed(min(next(numbers, 0), 255)) if kind == 5 else ""


def _indexed(index: int) -> str:
    """One of xterm's 256 colours: the sixteen, a cube of 6x6x6, and 24 greys."""
    if index < 16:
        return BASIC[index] if index < 8 else f"bright{BASIC[index - 8]}"
    if index >= 232:
        return f"{8 + 10 * (index - 232):02x}" * 3
    cube = index - 16
    return "".join(f"{_LEVELS[part]:02x}" for part in (cube // 36, cube // 6 % 6, cube % 6))
