"""The screen that the app asks for, kept in a terminal emulator's buffer.

pyte understands everything that Textual writes. Text, colours and cursor addressing, which are nearly all
of it, take a shorter way here than pyte's own, which handles one character at a time.
"""

import re

from pyte.screens import Char, Screen
from pyte.streams import Stream

from kjtui.tui.console.colours import Cells
from kjtui.tui.console.terminals import Terminal

_TOKEN = re.compile(r"\x1b\[([0-9;]*)([mH])|([^\x00-\x1f\x7f\x80-\x9f]+)")
BLANK = Char(" ")
"""The cell of a cleared screen in the terminal's own colours."""


class WantedScreen(Screen):
    """A pyte screen whose cells are already those that the terminal is to show: its glyphs, its colours.

    Text never wraps or scrolls. bell_rung is set when the app rings the bell; whoever rings the real one
    resets it.
    """

    def __init__(self, columns: int, lines: int, terminal: Terminal) -> None:
        self._terminal = terminal
        self._cells: dict[Char, Cells] = {}
        self.bell_rung = False
        super().__init__(columns, lines)

    def draw(self, data: str) -> None:
        """Write text at the cursor and cut it at the right edge."""
        cursor = self.cursor
        cells = self._cells.get(cursor.attrs)
        if cells is None:
            cells = self._cells[cursor.attrs] = Cells(cursor.attrs, self._terminal)
        line, x, end = self.buffer[cursor.y], cursor.x, self.columns
        for char in data:
            for cell in cells[char]:
                if x < end:
                    line[x] = cell
                    x += 1
        cursor.x = x
        self.dirty.add(cursor.y)

    def bell(self, *_args: object) -> None:
        """Remember that the bell is to be rung."""
        self.bell_rung = True

    def row(self, y: int) -> list[Char]:
        """The cells of one line, columns long."""
        get = self.buffer[y].get
        return [get(x, BLANK) for x in range(self.columns)]


class FrameStream(Stream):
    """Feeds a WantedScreen with what Textual writes."""

    def __init__(self, screen: WantedScreen) -> None:
        super().__init__(screen)
        self._screen = screen
        self._styles: dict[tuple[Char, str], Char] = {}

    def feed(self, data: str) -> None:
        """Consume one chunk; a sequence may be split between two chunks."""
        at, end = 0, len(data)
        screen, styles = self._screen, self._styles
        while at < end:
            token = _TOKEN.match(data, at) if self._taking_plain_text else None
            if token is None:
                super().feed(data[at])
                at += 1
                continue
            at = token.end()
            params, final, text = token.groups()
            if text:
                screen.draw(text)
            elif final == "H":
                line, _, column = params.partition(";")
                screen.cursor_position(int(line or 1), int(column or 1))
            else:
                cursor = screen.cursor
                key = (cursor.attrs, params)
                if key not in styles:
                    screen.select_graphic_rendition(*(int(part or 0) for part in params.split(";")))
                    styles[key] = cursor.attrs
                cursor.attrs = styles[key]
