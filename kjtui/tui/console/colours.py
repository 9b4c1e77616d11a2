"""From the millions of colours of a Textual theme to the eight or sixteen of a console, or to none."""

from functools import cache
from typing import NamedTuple

from kjtui.tui.console.cell import Cell
from kjtui.tui.console.glyphs import drawable, is_drawing
from kjtui.tui.console.terminals import Bright, Terminal

_HUES = (
    (20, "red"),
    (75, "brown"),
    (165, "green"),
    (195, "cyan"),
    (260, "blue"),
    (330, "magenta"),
    (360, "red"),
)
_LIGHT = frozenset(
    {"white", "cyan", "green", "brown", "brightwhite", "brightcyan", "brightgreen", "brightbrown"}
)
_UNLIT = frozenset({"default", "black", "brightblack"})


class Ink(NamedTuple):
    """How cells with the same attributes are drawn: fitted is a cell whose character is to be replaced."""

    fitted: Cell
    drawings_vanish: bool  # lines and blocks would be dark on dark: leave them out
    blank: bool  # nothing is to be seen at all


@cache
def nearest(colour: str) -> str:
    """The nearest of the sixteen colours, by its name ("blue", "brightblue", "default").

    colour: a name, which is answered as it is, or six hexadecimal digits.
    """
    if len(colour) != 6 or colour.strip("0123456789abcdef"):
        return colour
    red, green, blue = (int(colour[at : at + 2], 16) for at in (0, 2, 4))
    top, spread = max(red, green, blue), max(red, green, blue) - min(red, green, blue)
    if spread < 32 or spread * 4 < top:
        return (
            "black" if top < 64 else "brightblack" if top < 136 else "white" if top < 250 else "brightwhite"
        )
    if top == red:
        hue = 60 * ((green - blue) / spread % 6)
    elif top == green:
        hue = 60 * ((blue - red) / spread + 2)
    else:
        hue = 60 * ((red - green) / spread + 4)
    name = next(name for limit, name in _HUES if hue <= limit)
    return f"bright{name}" if top >= 200 else name


def ink_for(attrs: Cell, terminal: Terminal) -> Ink:
    """How the terminal is to draw cells with the attributes that the app asked for."""
    hidden = attrs.fg == attrs.bg != "default"
    fore, back = nearest(attrs.fg), nearest(attrs.bg)
    if terminal.colours:
        fitted, vanish = _coloured(attrs, fore, back, terminal)
    else:
        dark = fore == "black" and back in _UNLIT
        lit = (fore not in _UNLIT or fore == "default") if attrs.reverse else back not in _UNLIT
        fitted, vanish = Cell(" ", bold=attrs.bold, blink=attrs.blink, reverse=lit), dark
    if attrs.underscore and terminal.underline:
        fitted = fitted._replace(underscore=True)
    return Ink(fitted, vanish, hidden)


def _coloured(attrs: Cell, fore: str, back: str, terminal: Terminal) -> tuple[Cell, bool]:
    bold = attrs.bold
    if back.startswith("bright"):
        back = "black" if back == "brightblack" else back.removeprefix("bright")
    ground = "black" if back == "default" and terminal.black_default else back
    vanish = fore == ground
    if terminal.bright is Bright.BOLD and fore == "brightblack":
        fore = "white"  # bold black is dark grey on a VT and black, unreadable, elsewhere
    if fore.removeprefix("bright") == ground and not attrs.reverse:
        fore = "black" if ground in _LIGHT else "white"
    if terminal.bright is Bright.BOLD and fore.startswith("bright"):
        fore, bold = fore.removeprefix("bright"), True
    if terminal.black_default:
        back = "default" if back == "black" else back
        fore = "default" if fore == "white" and back == "default" else fore
    return Cell(" ", fg=fore, bg=back, bold=bold, blink=attrs.blink, reverse=attrs.reverse), vanish


class Cells(dict[str, tuple[Cell, ...]]):
    """The terminal's cells for the characters written with one set of attributes, made as they are asked for.

    A missing character is looked up by indexing; the answer has no cell, one, or two (see glyphs.drawable).
    Equal characters give the same object, which makes comparing two screens cheap.
    """

    def __init__(self, attrs: Cell, terminal: Terminal) -> None:
        super().__init__()
        self._terminal = terminal
        self._ink = ink_for(attrs, terminal)
        self._line_ink = ink_for(attrs._replace(reverse=False), terminal)

    def __missing__(self, char: str) -> tuple[Cell, ...]:
        shown, ink = drawable(char, self._terminal.glyphs), self._ink
        if shown != char and is_drawing(char):
            # A part of a block becomes a line. Reversed, it was the other part of the block: a line as well.
            ink = self._line_ink
        if ink.blank or (ink.drawings_vanish and is_drawing(char)):
            shown = " " * len(shown)
        cells = tuple(blank_or_cell(ink.fitted, glyph) for glyph in shown)
        self[char] = cells
        return cells


@cache
def blank_or_cell(fitted: Cell, glyph: str) -> Cell:
    """The cell with this glyph; of a blank only what can be seen is kept, so that blanks compare equal."""
    if glyph == " " and not (fitted.reverse or fitted.underscore):
        return Cell(" ", bg=fitted.bg)
    return fitted._replace(data=glyph)
