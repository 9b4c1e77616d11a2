"""The bytes that turn what a terminal shows into what it should show, as few as can be.

The rules for each terminal are those of its family (terminals.py). Beside the cells, the painter keeps
where the terminal's cursor is and which attributes and character set are on, and sends only changes of
these.
"""

from kjtui.tui.console.cell import BASIC, BLANK, Cell
from kjtui.tui.console.glyphs import DEC_GRAPHICS, Glyphs
from kjtui.tui.console.moves import cheapest_move
from kjtui.tui.console.terminals import Terminal
from kjtui.tui.console.wanted import WantedScreen

_SHIFT_OUT, _SHIFT_IN = "\x0e", "\x0f"
_FLAGS = (("bold", 1, 22), ("underscore", 4, 24), ("blink", 5, 25), ("reverse", 7, 27))
_CODES = {name: 30 + number for number, name in enumerate(BASIC)}
_CODES |= {f"bright{name}": 90 + number for number, name in enumerate(BASIC)} | {"default": 39}


def enter(terminal: Terminal) -> str:
    """The sequence that brings the terminal, whatever state it is in, to a clear screen in its own
    colours."""
    parts = ["\x1b[?1049h"] if terminal.alternate_screen else []
    if terminal.glyphs is Glyphs.DEC:
        parts.append("\x1b(B\x1b)0\x0f")
    if terminal.family not in ("plain", "ansi"):
        parts.append("\x1b[r")  # the scrolling region may be what another program left
    parts.append("\x1b[m\x1b[H\x1b[J")
    if terminal.hides_cursor:
        parts.append("\x1b[?25l")
    return "".join(parts)


def leave(terminal: Terminal) -> str:
    """The sequence that hands the terminal back: own colours, cursor shown, a clean screen for plain text."""
    parts = [_SHIFT_IN] if terminal.glyphs is Glyphs.DEC else []
    parts.append("\x1b[m\x1b[H\x1b[J")
    if terminal.hides_cursor:
        parts.append("\x1b[?25h")
    if terminal.alternate_screen:
        parts.append("\x1b[?1049l")
    return "".join(parts)


class Painter:
    """Keeps what one terminal shows and paints the difference to a wanted screen."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._shown: list[list[Cell]] = []  # empty: not known
        self._out: list[str] = []
        self._x: int | None = None  # None: not known; == columns: about to wrap
        self._y = 0
        self._style = BLANK  # the attributes that are on, in a blank cell
        self._graphics = False
        self._changes: dict[tuple[Cell, Cell], tuple[str, Cell]] = {}

    @property
    def knows_nothing(self) -> bool:
        """Whether the terminal may show anything: before the first paint, and after forget()."""
        return not self._shown

    def forget(self) -> None:
        """Say that the terminal may show anything: the next paint repaints everything."""
        self._shown = []

    def paint(self, screen: WantedScreen) -> str:
        """The text to send so that the terminal shows the screen; "" when it does already.

        The screen's dirty lines are looked at and no longer dirty afterwards.
        """
        self._out = []
        if not self._shown:
            self._start(screen)
        for y in sorted(screen.dirty):
            if y < screen.lines:
                wanted, shown = screen.row(y), self._shown[y]
                if y == screen.lines - 1 and not self._terminal.waits_to_wrap:
                    wanted[-1] = shown[-1]  # writing there would scroll
                if wanted != shown:
                    self._paint_row(y, wanted, shown)
        screen.dirty.clear()
        if self._graphics:
            self._graphics = False
            self._out.append(_SHIFT_IN)  # so that a message of the kernel stays readable
        if self._out and not self._terminal.hides_cursor:
            self._move(min(screen.x, screen.columns - 1), screen.y)
        if screen.bell_rung:
            screen.bell_rung = False
            self._out.append("\a")
        return "".join(self._out)

    def _start(self, screen: WantedScreen) -> None:
        self._out.append(enter(self._terminal))
        self._x, self._y, self._style, self._graphics = 0, 0, BLANK, False
        screen.dirty.update(range(screen.lines))
        ground = BLANK
        if self._terminal.erase_coloured:
            backs = [screen.row(y)[0].bg for y in range(screen.lines)]
            ground = Cell(" ", bg=max(set(backs), key=backs.count))
            if ground != BLANK:
                self._set_style(ground)
                self._out.append("\x1b[J")
        self._shown = [[ground] * screen.columns for _ in range(screen.lines)]

    def _paint_row(self, y: int, wanted: list[Cell], shown: list[Cell]) -> None:
        x, end = 0, len(wanted)
        while True:
            while x < end and wanted[x] == shown[x]:
                x += 1
            if x == end:
                return
            if wanted[x].data == " " and self._erase(x, y, wanted, shown):
                continue
            self._move(x, y, wanted)
            self._put(wanted[x])
            shown[x] = wanted[x]
            x += 1

    def _erase(self, x: int, y: int, wanted: list[Cell], shown: list[Cell]) -> bool:
        """Erase from x on where that is shorter than writing blanks; shown is kept up."""
        blank, terminal = wanted[x], self._terminal
        if blank.reverse or blank.underscore or not (terminal.erase_coloured or blank.bg == "default"):
            return False
        end, last, changed = x, x, 0
        while end < len(wanted) and wanted[end] == blank:
            if shown[end] != blank:
                changed, last = changed + 1, end
            end += 1
        if end == len(wanted):
            if changed < 4:
                return False
            code, last = "\x1b[K", end - 1
        elif terminal.erase_characters:
            if changed < 10:
                return False
            code = f"\x1b[{last + 1 - x}X"
        else:
            if changed < 12 + sum(cell != blank for cell in wanted[end:]):
                return False
            code, last = "\x1b[K", len(wanted) - 1
        self._move(x, y, wanted)
        self._set_style(blank)
        self._out.append(code)
        shown[x : last + 1] = [blank] * (last + 1 - x)
        return True

    def _move(self, x: int, y: int, row: list[Cell] | None = None) -> None:
        """Bring the cursor to x, y; row: the cells of line y, which may be written again on the way."""
        if (x, y) == (self._x, self._y):
            return
        columns = len(self._shown[0])
        move = cheapest_move(self._x, self._y, x, y, columns, column_moves=self._terminal.column_moves)
        if row and self._x is not None and y == self._y and 0 < x - self._x <= len(move):
            again = row[self._x : x]
            if all(self._is_cheap(cell) for cell in again):
                move = "".join(cell.data for cell in again)
        self._out.append(move)
        self._x, self._y = x, y

    def _is_cheap(self, cell: Cell) -> bool:
        """Whether writing the cell takes one byte just now."""
        return cell.data.isascii() and not self._graphics and self._change(cell)[0] == ""

    def _put(self, cell: Cell) -> None:
        self._set_style(cell)
        glyph = cell.data
        if self._terminal.glyphs is Glyphs.DEC and glyph != " ":
            graphics = not glyph.isascii()
            if graphics != self._graphics:
                self._graphics = graphics
                self._out.append(_SHIFT_OUT if graphics else _SHIFT_IN)
            glyph = DEC_GRAPHICS[glyph] if graphics else glyph
        self._out.append(glyph)
        assert self._x is not None
        self._x += 1
        if self._x == len(self._shown[0]) and not self._terminal.waits_to_wrap:
            self._x = None

    def _set_style(self, cell: Cell) -> None:
        code, self._style = self._change(cell)
        if code:
            self._out.append(code)

    def _change(self, cell: Cell) -> tuple[str, Cell]:
        """The sequence that switches to the cell's attributes, and the attributes that are on then."""
        key = (self._style, cell)
        found = self._changes.get(key)
        if found is None:
            style = cell._replace(data=" ")
            if cell.data == " " and not (cell.reverse or cell.underscore):
                # Of a blank only the background shows: leave the rest as it is.
                style = self._style._replace(bg=cell.bg, reverse=False, underscore=False)
            found = self._changes[key] = (self._shortest_change(self._style, style), style)
        return found

    def _shortest_change(self, old: Cell, new: Cell) -> str:
        if old == new:
            return ""
        codes = [on for name, on, _ in _FLAGS if getattr(new, name)]
        codes += [_CODES[new.fg]] if new.fg != "default" else []
        codes += [_CODES[new.bg] + 10] if new.bg != "default" else []
        # An empty first parameter is a 0: everything off.
        fresh = ";".join(["", *map(str, codes)]) if codes else ""
        switched = [
            (on if getattr(new, name) else off)
            for name, on, off in _FLAGS
            if getattr(new, name) != getattr(old, name)
        ]
        switched += [_CODES[new.fg]] if new.fg != old.fg else []
        switched += [_CODES[new.bg] + 10] if new.bg != old.bg else []
        delta = ";".join(map(str, switched))
        may_switch = self._terminal.attribute_off or not any(
            getattr(old, name) and not getattr(new, name) for name, _, _ in _FLAGS
        )
        return f"\x1b[{delta if may_switch and len(delta) <= len(fresh) else fresh}m"
