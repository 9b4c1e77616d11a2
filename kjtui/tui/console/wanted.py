"""The screen that the app asks for, kept as a terminal would keep it.

Textual writes text, attributes and cursor addresses, and now and then a bell or an erasure. All else that it
may send (titles, pointer shapes, links, modes) changes nothing that can be seen, and is swallowed.
"""

import re

from kjtui.tui.console.cell import BLANK, Cell, restyled
from kjtui.tui.console.colours import Cells
from kjtui.tui.console.terminals import Terminal

_TOKEN = re.compile(
    r"\x1b\[(?P<params>[0-9;]*)(?P<final>[@-~])"
    r"|(?P<text>[^\x00-\x1f\x7f-\x9f]+)"
    r"|(?P<control>[\x00-\x1a\x1c-\x1f\x7f-\x9f])"
    r"|\x1b\[[ -?]*(?:[@-~]|(?=[^ -~]))"  # a private sequence, or one broken off
    r"|\x1b[]PX^_][^\x07\x1b]*(?:\x07|\x1b\\|(?=\x1b[^\\]))"  # a string: title, link, clipboard …
    r"|\x1b(?:[0-OQ-WYZ\\`-~]|[ -/]+[0-~]|[ -/]*(?=[^ -~]))"
)


class WantedScreen:
    """Lines of cells which are already those that the terminal is to show: its glyphs, its colours.

    x and y: where the cursor is, from 0; x may be one past the last column. dirty: the lines written to since
    somebody emptied it. bell_rung: set when the app rings the bell; whoever rings the real one resets it.
    Text never wraps or scrolls.
    """

    def __init__(self, columns: int, lines: int, terminal: Terminal) -> None:
        self.columns, self.lines = columns, lines
        self.x = self.y = 0
        self.dirty: set[int] = set()
        self.bell_rung = False
        self._terminal = terminal
        self._rows = [[BLANK] * columns for _ in range(lines)]
        self._attributes = BLANK
        self._cells: dict[Cell, Cells] = {}
        self._styles: dict[tuple[Cell, str], Cell] = {}
        self._unfinished = ""

    @property
    def changed(self) -> bool:
        """Whether there is something to be shown that was not there before."""
        return self.bell_rung or bool(self.dirty)

    def row(self, y: int) -> list[Cell]:
        """The cells of one line, columns long."""
        return self._rows[y].copy()

    def feed(self, data: str) -> None:
        """Take what the app writes; a sequence may be split between two chunks."""
        data = self._unfinished + data
        at, end = 0, len(data)
        while at < end:
            token = _TOKEN.match(data, at)
            if token is None:
                break
            at = token.end()
            if token["text"]:
                self._draw(token["text"])
            elif token["final"]:
                self._sequence(token["final"], token["params"])
            elif token["control"]:
                self._control(token["control"])
        self._unfinished = data[at:]

    def _draw(self, text: str) -> None:
        """Write text at the cursor and cut it at the right edge."""
        cells = self._cells.get(self._attributes)
        if cells is None:
            cells = self._cells[self._attributes] = Cells(self._attributes, self._terminal)
        row = [cell for char in text for cell in cells[char]][: self.columns - self.x]
        self._rows[self.y][self.x : self.x + len(row)] = row
        self.x += len(row)
        self.dirty.add(self.y)

    def _sequence(self, final: str, params: str) -> None:
        if final == "m":
            key = (self._attributes, params)
            if key not in self._styles:
                self._styles[key] = restyled(self._attributes, params)
            self._attributes = self._styles[key]
            return
        first, _, second = params.partition(";")
        if final in "Hf":
            self._go(_number(second) - 1, _number(first) - 1)
        elif final in "JK":
            self._erase(final, int(first or 0))
        elif final in "ABCDG":
            x, y, by = min(self.x, self.columns - 1), self.y, _number(first)
            places = {
                "A": (x, y - by),
                "B": (x, y + by),
                "C": (x + by, y),
                "D": (x - by, y),
                "G": (by - 1, y),
            }
            self._go(*places[final])

    def _control(self, control: str) -> None:
        if control == "\r":
            self.x = 0
        elif control == "\n":
            self._go(self.x, self.y + 1)
        elif control == "\a":
            self.bell_rung = True

    def _go(self, x: int, y: int) -> None:
        self.x = max(0, min(x, self.columns - 1))
        self.y = max(0, min(y, self.lines - 1))

    def _erase(self, final: str, part: int) -> None:
        """Erase to the end (0), from the start (1) or all (2), of the screen (J) or of the line (K)."""
        blank = BLANK
        if self._attributes != BLANK:
            (blank,) = Cells(self._attributes._replace(underscore=False, reverse=False), self._terminal)[" "]
        here = self.y * self.columns + min(self.x, self.columns - 1)
        low, high = (self.y, self.y + 1) if final == "K" else (0, self.lines)
        first = here if part == 0 else low * self.columns
        last = here + 1 if part == 1 else high * self.columns
        for place in range(first, last):
            self._rows[place // self.columns][place % self.columns] = blank
        self.dirty.update(range(low, high))


def _number(text: str) -> int:
    """A parameter that counts from 1, which it also is when it is left out or 0."""
    return int(text or 1) or 1
