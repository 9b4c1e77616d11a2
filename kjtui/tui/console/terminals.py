"""What each kind of terminal can do, by its TERM name.

The facts are those of terminfo(5) as ncurses ships it, of the VT100 and VT220 manuals and of
console_codes(4). They are kept here and not read from a terminfo database, because a small initramfs has
none and because a serial line's TERM is often only a guess: the table holds what all terminals of a family
take.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from kjtui.tui.console.glyphs import Glyphs


class Bright(StrEnum):
    """How a terminal is asked for one of the eight bright foreground colours."""

    NEVER = "never"  # no colours at all
    BOLD = "bold"  # SGR 1 beside 30-37
    AIXTERM = "aixterm"  # SGR 90-97


class Terminal(NamedTuple):
    """The abilities of one family of terminals.

    family: the family's name. glyphs: the characters it draws. bright: how bright colours are asked for
    (NEVER: the terminal has no colours). black_default: its default colours are known to be light grey on
    black, so these two need no code. underline: SGR 4 looks like an underline. attribute_off: SGR 22-27
    switch one attribute off. erase_coloured: erasing fills with the current background (terminfo's bce).
    erase_characters: it knows CSI n X. column_moves: it knows CSI n G. waits_to_wrap: a character in the
    last column leaves the cursor there (xenl). hides_cursor: it knows CSI ?25 l. alternate_screen: it knows
    CSI ?1049 h. reports_cursor: it answers CSI 6 n. flow_control: a real terminal of this kind may need
    XON/XOFF.
    """

    family: str
    glyphs: Glyphs = Glyphs.ASCII
    bright: Bright = Bright.NEVER
    black_default: bool = True
    underline: bool = True
    attribute_off: bool = False
    erase_coloured: bool = False
    erase_characters: bool = False
    column_moves: bool = False
    waits_to_wrap: bool = True
    hides_cursor: bool = False
    alternate_screen: bool = False
    reports_cursor: bool = False
    flow_control: bool = False

    @property
    def colours(self) -> bool:
        """Whether the terminal has colours."""
        return self.bright is not Bright.NEVER


PLAIN = Terminal("plain", waits_to_wrap=False)
"""For an unknown TERM: cursor addressing, erasing and reverse are all that is expected of it."""

_VT100 = Terminal("vt100", Glyphs.DEC, reports_cursor=True, flow_control=True)
_VT220 = _VT100._replace(family="vt220", attribute_off=True, erase_characters=True, hides_cursor=True)
_ANSI = PLAIN._replace(family="ansi", bright=Bright.BOLD, underline=False)
_LINUX = Terminal(
    "linux",
    Glyphs.VT_FONT,
    Bright.BOLD,
    underline=False,  # the VT shows an underline as another colour
    attribute_off=True,
    erase_coloured=True,
    erase_characters=True,
    column_moves=True,
    hides_cursor=True,
    reports_cursor=True,
)
_XTERM = Terminal(
    "xterm",
    Glyphs.UNICODE,
    Bright.AIXTERM,
    black_default=False,
    attribute_off=True,
    erase_coloured=True,
    erase_characters=True,
    column_moves=True,
    hides_cursor=True,
    alternate_screen=True,
    reports_cursor=True,
)
_SCREEN = _XTERM._replace(family="screen", erase_coloured=False, erase_characters=False)

_FAMILIES: tuple[tuple[str, Terminal], ...] = (
    ("linux", _LINUX),
    ("vt100", _VT100),
    ("vt101", _VT100),
    ("vt102", _VT100),
    ("vt125", _VT100),
    ("vt131", _VT100),
    ("vt132", _VT100),
    ("vt2", _VT220),
    ("vt3", _VT220),
    ("vt4", _VT220),
    ("vt510", _VT220),
    ("vt520", _VT220),
    ("vt525", _VT220),
    ("ansi", _ANSI),
    ("pcansi", _ANSI),
    ("xterm", _XTERM),
    ("rxvt", _XTERM._replace(family="rxvt")),
    ("screen", _SCREEN),
    ("tmux", _SCREEN._replace(family="tmux")),
    ("alacritty", _XTERM),
    ("foot", _XTERM),
    ("gnome", _XTERM),
    ("kitty", _XTERM),
    ("konsole", _XTERM),
    ("st-", _XTERM),
    ("vte", _XTERM),
    ("wezterm", _XTERM),
)


def locale_is_utf8(environ: Mapping[str, str]) -> bool:
    """Whether the locale in the environment says UTF-8.

    Python replaces the C locale by setting LC_CTYPE=C.UTF-8 in its own environment (PEP 538), where it says
    nothing about the terminal; so this value does not count where LANG asks for C or for nothing.
    """
    everything, ctype, lang = (environ.get(name, "") for name in ("LC_ALL", "LC_CTYPE", "LANG"))
    if not everything and ctype in ("C.UTF-8", "C.utf8", "UTF-8") and lang in ("", "C", "POSIX"):
        return False
    locale = (everything or ctype or lang).lower()
    return "utf-8" in locale or "utf8" in locale


def terminal_for(environ: Mapping[str, str], *, utf8_console: bool | None = None) -> Terminal:
    """The abilities of the terminal that the environment names.

    environ: TERM, the locale and NO_COLOR are read. utf8_console: what a Linux virtual terminal itself says
    about its mode, None where there is none to ask; it knows better than the locale.
    """
    term = environ.get("TERM", "").lower()
    terminal = next((found for prefix, found in _FAMILIES if term.startswith(prefix)), PLAIN)
    utf8 = locale_is_utf8(environ) if utf8_console is None else utf8_console
    if not utf8 and terminal.glyphs is Glyphs.VT_FONT:
        terminal = terminal._replace(glyphs=Glyphs.ASCII)
    elif not utf8 and terminal.glyphs is Glyphs.UNICODE:
        terminal = terminal._replace(glyphs=Glyphs.DEC)
    if environ.get("NO_COLOR"):
        terminal = terminal._replace(bright=Bright.NEVER, black_default=True)
    return terminal
