"""Text as rows: what the widgets draw."""

import textwrap
from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from kjtui.wizard.text import printable


class Tone(StrEnum):
    """How a row looks; each is a component class of the widgets, styled in kjtui.tcss."""

    PLAIN = "row--plain"
    STRONG = "row--strong"
    GOOD = "row--good"
    WARN = "row--warn"
    BAD = "row--bad"
    CHOSEN = "row--chosen"
    BAR = "row--bar"
    ACTION = "row--action"
    BUSY = "row--busy"


class Row(NamedTuple):
    """A paragraph. mark stands before it in its own tone, further lines are indented below the text."""

    text: str = ""
    tone: Tone = Tone.PLAIN
    mark: str = ""
    mark_tone: Tone = Tone.PLAIN
    option: int | None = None  # this row belongs to the option of this number


class Line(NamedTuple):
    """One line on screen: at most as wide as asked for."""

    mark: str
    mark_tone: Tone
    text: str
    tone: Tone
    option: int | None = None


def wrap(rows: Iterable[Row], width: int) -> tuple[Line, ...]:
    """Rows broken into lines of at most width characters. Long words (addresses, paths) are broken too."""
    lines: list[Line] = []
    for row in rows:
        room = max(width - len(row.mark), 8)
        texts = textwrap.wrap(printable(row.text), room, break_on_hyphens=False) or [""]
        for number, text in enumerate(texts):
            mark = row.mark if number == 0 else " " * len(row.mark)
            lines.append(Line(mark, row.mark_tone, text, row.tone, row.option))
    return tuple(lines)
