# ruff: noqa: RUF001 - look-alikes of plain characters are what this module is about
"""What is drawn in place of a character that the terminal's font lacks.

Every answer is exactly one cell wide, so that the screen of the app and the screen of the terminal never
drift apart.
"""

import unicodedata
from enum import StrEnum
from functools import cache

from rich.cells import cell_len


class Glyphs(StrEnum):
    """The sets of characters that terminals draw."""

    UNICODE = "unicode"  # a terminal emulator with a whole font
    VT_FONT = "vt font"  # a Linux virtual terminal: 256 or 512 characters, UTF-8
    DEC = "dec"  # ASCII and the DEC special graphics of a VT100
    ASCII = "ascii"


DEC_GRAPHICS = {
    "◆": "`", "▒": "a", "°": "f", "±": "g", "┘": "j", "┐": "k", "┌": "l", "└": "m", "┼": "n", "─": "q",
    "├": "t", "┤": "u", "┴": "v", "┬": "w", "│": "x", "≤": "y", "≥": "z", "π": "{", "≠": "|", "£": "}",
    "·": "~",
}  # fmt: skip
"""The byte that draws each character in a VT100's special graphics (its user guide, table 3-9)."""

_VT_FONT = frozenset("─│┌┐└┘├┤┬┴┼░▒▓█▀▄←↑→↓")

_LINES = (
    (0x250C, 0x250F, "┌"), (0x2510, 0x2513, "┐"), (0x2514, 0x2517, "└"), (0x2518, 0x251B, "┘"),
    (0x251C, 0x2523, "├"), (0x2524, 0x252B, "┤"), (0x252C, 0x2533, "┬"), (0x2534, 0x253B, "┴"),
    (0x253C, 0x254B, "┼"), (0x2552, 0x2554, "┌"), (0x2555, 0x2557, "┐"), (0x2558, 0x255A, "└"),
    (0x255B, 0x255D, "┘"), (0x255E, 0x2560, "├"), (0x2561, 0x2563, "┤"), (0x2564, 0x2566, "┬"),
    (0x2567, 0x2569, "┴"), (0x256A, 0x256C, "┼"),
)  # fmt: skip

_LIGHTER = {
    **{chr(code): light for first, last, light in _LINES for code in range(first, last + 1)},
    **dict.fromkeys("─━═┄┅┈┉╌╍╴╶╸╺╼╾▔▁▂", "─"),
    **dict.fromkeys("│┃║┆┇┊┋╎╏╵╷╹╻╽╿▉▊▋▌▍▎▏▐▕", "│"),
    "╭": "┌", "╮": "┐", "╰": "└", "╯": "┘",
    **dict.fromkeys("▃▅▆▇▖▗", "▄"), **dict.fromkeys("▘▝", "▀"), **dict.fromkeys("▙▚▛▜▞▟■", "█"),
    **dict.fromkeys("•∙⋅", "·"), **dict.fromkeys("❯⇒⟶➔➜", "→"),
}  # fmt: skip
"""Line drawing and blocks, brought down to the few that a VT font or a VT100 has."""

_ASCII = {
    **dict.fromkeys("─╌╴╶▔▀", "-"), **dict.fromkeys("━═╸╺╼╾", "="), **dict.fromkeys("▁▂▄", "_"),
    **dict.fromkeys("│", "|"), **dict.fromkeys("┌┐└┘├┤┬┴┼", "+"), "░": ".", "▒": ":", "▓": "#", "█": "#",
    **dict.fromkeys("●•∙⬤★☆◆◼✱", "*"), **dict.fromkeys("○◯◌⭘◎◉", "o"), **dict.fromkeys("✓✔√☑", "+"),
    **dict.fromkeys("✗✘✕✖×☒", "x"), **dict.fromkeys("⚠‼", "!"), "ℹ": "i", "…": "~", "·": ".", "⋮": ":",
    **dict.fromkeys("‘’‚′ʼ", "'"), **dict.fromkeys("“”„″«»", '"'), **dict.fromkeys("‐‑‒–—―−", "-"),
    **dict.fromkeys("→▶►▸▹❯›⟩»⇒", ">"), **dict.fromkeys("←◀◂◄‹⟨⏎↵↩⌫", "<"), **dict.fromkeys("↑▲△▴⇧", "^"),
    **dict.fromkeys("↓▼▽▾", "v"), **dict.fromkeys("↔↕⇆", "-"), "⇥": ">", "↹": ">", "␣": "_",
    "°": "o", "±": "+", "≤": "<", "≥": ">", "≠": "#", "≈": "~", "µ": "u", "π": "p", "£": "L",
    "ß": "s", "ø": "o", "Ø": "O", "æ": "a", "Æ": "A", "þ": "t", "ð": "d", "ł": "l", "Ł": "L",
    "đ": "d", "ı": "i", "\N{NO-BREAK SPACE}": " ",
}  # fmt: skip


@cache
def drawable(char: str, glyphs: Glyphs) -> str:
    """The nearest character that the terminal draws.

    char: one character. Answers one character of one cell; "" for a character without a cell of its own
    (combining, control), and "??" for one of two cells, which no console font has.
    """
    if " " <= char <= "~":
        return char
    width = cell_len(char)
    if width != 1:
        return "" if width < 1 else "??"
    if glyphs is Glyphs.UNICODE:
        return char
    lighter = _LIGHTER.get(char, char)
    if glyphs is Glyphs.VT_FONT and (lighter in _VT_FONT or "¡" <= lighter <= "ÿ"):
        return lighter
    if glyphs is Glyphs.DEC and lighter in DEC_GRAPHICS:
        return lighter
    return _ascii(char, lighter)


def _ascii(char: str, lighter: str) -> str:
    near = _ASCII.get(char) or _ASCII.get(lighter)
    if near:
        return near
    if "\u2800" <= char <= "\u28ff":  # Braille patterns: spinners and plots
        return "*"
    letter = unicodedata.normalize("NFKD", char)[0]
    return letter if " " <= letter <= "~" else "?"


def is_drawing(char: str) -> bool:
    """Whether the character is a line or a block, which decorates and says nothing by itself."""
    return "─" <= char <= "▟"
