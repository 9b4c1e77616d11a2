"""The parts of the console driver that need no app."""

import fcntl
import os
import pty
import struct
import termios
import threading
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyte.screens import Screen
from pyte.streams import Stream
from rich.cells import cell_len
from textual._xterm_parser import XTermParser
from textual.events import Key

from kjtui.tui.console.cell import Cell
from kjtui.tui.console.colours import ink_for, nearest
from kjtui.tui.console.glyphs import DEC_GRAPHICS, Glyphs, drawable
from kjtui.tui.console.keys import KeyDecoder
from kjtui.tui.console.moves import cheapest_move
from kjtui.tui.console.outlet import Outlet
from kjtui.tui.console.printk import KernelMessages, is_kernel_console
from kjtui.tui.console.terminals import Bright, locale_is_utf8, terminal_for
from kjtui.tui.console.ttymode import RawLine
from kjtui.tui.console.ttysize import ask_terminal, line_size

LIGHT_LINES = "─│┌┐└┘├┤┬┴┼"
SEEN_IN_TEXTUAL = "━▁▊▎▏▔⭘●✓✗▌▐█▀▄╸╺▶▼◀▲…•⠋⠿│─┃╭╮╰╯║═╔╗╚╝┏┓┗┛"


# Glyphs ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("glyphs", Glyphs)
@pytest.mark.parametrize("char", SEEN_IN_TEXTUAL + LIGHT_LINES)
def test_what_textual_draws_has_a_near_glyph(char, glyphs):
    shown = drawable(char, glyphs)
    assert shown != "?"
    assert cell_len(shown) == 1
    if glyphs is Glyphs.ASCII:
        assert shown.isascii()
    elif glyphs is Glyphs.DEC:
        assert shown.isascii() or shown in DEC_GRAPHICS
    elif char in LIGHT_LINES:
        assert shown == char


@given(st.characters())
def test_every_character_takes_the_cells_it_should(char):
    for glyphs in Glyphs:
        shown = drawable(char, glyphs)
        assert len(shown) == cell_len(char)
        assert glyphs is not Glyphs.ASCII or shown.isascii()
        assert all(unicodedata.category(found) != "Cc" for found in shown)


def test_a_vt_font_gets_none_of_what_it_lacks():
    assert [drawable(char, Glyphs.VT_FONT) for char in "━▁▊▎▏▔╭╔⭘●✓✗é"] == list("──│││─┌┌o*+xé")


def test_ascii_keeps_letters_readable():
    assert "".join(drawable(char, Glyphs.ASCII) for char in "Größe: naïve — “já” 5 µs → ½") == (
        'Grose: naive - "ja" 5 us > 1'
    )


# Colours ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("colour", "name"),
    [
        ("121212", "black"),
        ("808080", "brightblack"),
        ("e0e0e0", "white"),
        ("0178d4", "brightblue"),
        ("004578", "blue"),
        ("ba3c5b", "red"),
        ("ffa62b", "brightbrown"),
        ("4ebf71", "green"),
        ("default", "default"),
        ("cyan", "cyan"),
    ],
)
def test_the_nearest_of_sixteen_colours(colour, name):
    assert nearest(colour) == name


COLOUR = st.one_of(
    st.sampled_from(["default", "black", "white", "blue", "brightblue", "brown", "brightblack"]),
    st.integers(0, 0xFFFFFF).map("{:06x}".format),
)


@given(COLOUR, COLOUR, st.booleans())
def test_text_is_never_drawn_in_the_colour_of_its_ground(fore, back, bold):
    for term in ("linux", "ansi", "xterm", "vt100"):
        fitted = ink_for(Cell("x", fg=fore, bg=back, bold=bold), terminal_for({"TERM": term})).fitted
        ground = "black" if fitted.bg == "default" and term != "xterm" else fitted.bg
        assert fitted.fg != ground or fitted.fg == "default"


def test_bright_colours_are_bold_where_there_are_only_eight():
    attrs = Cell("x", fg="0178d4", bg="121212")
    assert ink_for(attrs, terminal_for({"TERM": "linux"})).fitted == Cell(" ", fg="blue", bold=True)
    assert ink_for(attrs, terminal_for({"TERM": "xterm"})).fitted == Cell(" ", fg="brightblue", bg="black")
    assert ink_for(attrs, terminal_for({"TERM": "vt220"})).fitted == Cell(" ")


# Terminals -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"LANG": "C.UTF-8"}, True),
        ({"LANG": "de_DE.utf8"}, True),
        ({"LANG": "C"}, False),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, False),  # Python's own doing
        ({"LC_CTYPE": "C.UTF-8"}, False),
        ({"LANG": "C", "LC_CTYPE": "en_GB.UTF-8"}, True),
        ({"LANG": "C", "LC_ALL": "C.UTF-8"}, True),
        ({"LANG": "de_DE.UTF-8", "LC_ALL": "C"}, False),
        ({}, False),
    ],
)
def test_the_locale(environ, expected):
    assert locale_is_utf8(environ) is expected


def test_terminals_by_name():
    utf8 = {"LANG": "C.UTF-8"}
    assert terminal_for({"TERM": "linux"} | utf8).glyphs is Glyphs.VT_FONT
    assert terminal_for({"TERM": "linux"}).glyphs is Glyphs.ASCII
    assert terminal_for({"TERM": "linux"}, utf8_console=True).glyphs is Glyphs.VT_FONT
    assert terminal_for({"TERM": "linux"} | utf8, utf8_console=False).glyphs is Glyphs.ASCII
    assert terminal_for({"TERM": "xterm"}).glyphs is Glyphs.DEC
    assert terminal_for({"TERM": "vt220"} | utf8).glyphs is Glyphs.DEC
    assert not terminal_for({"TERM": "vt100"}).hides_cursor
    assert terminal_for({"TERM": "vt320"}).hides_cursor
    assert terminal_for({"TERM": "tmux-256color"}).family == "tmux"
    assert terminal_for({"TERM": "wy60"}).family == terminal_for({}).family == "plain"
    assert terminal_for({"TERM": "xterm", "NO_COLOR": "1"}).bright is Bright.NEVER
    assert terminal_for({"TERM": "xterm", "NO_COLOR": ""}).bright is Bright.AIXTERM


# Moves -----------------------------------------------------------------------------------------------


@given(st.integers(0, 80), *[st.integers(0, 23)] * 2, st.integers(0, 79), st.booleans())
def test_a_move_arrives_and_is_never_longer_than_an_absolute_one(from_x, from_y, y, x, column_moves):
    move = cheapest_move(from_x, from_y, x, y, 80, column_moves=column_moves)
    assert len(move) <= len(f"\x1b[{y + 1};{x + 1}H")
    screen = Screen(80, 24)
    screen.cursor.x, screen.cursor.y = from_x, from_y
    Stream(screen).feed(move)
    if (from_x, from_y) != (x, y):
        assert (screen.cursor.x, screen.cursor.y) == (x, y)
    assert column_moves or "G" not in move


# Keys ------------------------------------------------------------------------------------------------

F1_F5 = [f"f{number}" for number in range(1, 6)]
F6_F12 = [f"f{number}" for number in range(6, 13)]
HIGH = b"".join(b"\x1b[%d~" % code for code in (17, 18, 19, 20, 21, 23, 24))


@pytest.mark.parametrize(
    ("sent", "keys"),
    [
        (b"\x1b[[A\x1b[[B\x1b[[C\x1b[[D\x1b[[E" + HIGH, F1_F5 + F6_F12),  # Linux console
        (b"\x1bOP\x1bOQ\x1bOR\x1bOS\x1b[15~" + HIGH, F1_F5 + F6_F12),  # xterm, VT100
        (b"\x1b[11~\x1b[12~\x1b[13~\x1b[14~\x1b[15~" + HIGH, F1_F5 + F6_F12),  # rxvt, some VT220s
        (
            b"\x1b[1~\x1b[4~\x1b[5~\x1b[6~\x1b[2~\x1b[3~",
            ["home", "end", "pageup", "pagedown", "insert", "delete"],
        ),
        (b"\x1b[A\x1bOB\x1b[C\x1bOD", ["up", "down", "right", "left"]),
        (b"\r\n", ["enter", "enter"]),
        (b"\x7f\x08", ["backspace", "backspace"]),
        (b"\x9bA\x8fB", ["up", "down"]),
        (b"a\xffb\xc3\xa9", ["a", "b", "é"]),
        (b"\x0c", ["ctrl+l"]),
    ],
)
def test_keys_of_the_consoles(sent, keys):
    decoder, parser = KeyDecoder(), XTermParser()
    text = "".join(decoder.decode(sent[at : at + 1]) for at in range(len(sent)))
    assert [event.key for event in parser.feed(text) if isinstance(event, Key)] == keys


# Size ------------------------------------------------------------------------------------------------


@pytest.fixture
def line():
    master, slave = pty.openpty()
    yield master, slave
    for fd in (master, slave):
        os.close(fd)


def _set_size(fd: int, columns: int, lines: int) -> None:
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))


def test_the_size_of_a_line(line):
    _, slave = line
    assert line_size((slave,), {}) is None
    _set_size(slave, 132, 43)
    assert line_size((slave,), {}) == (132, 43)
    assert line_size((slave,), {"COLUMNS": "60", "LINES": "zero"}) == (60, 43)
    assert line_size((), {"COLUMNS": "60", "LINES": "20"}) == (60, 20)


@pytest.mark.parametrize(
    ("answer", "size", "keys"),
    [
        (b"\x1b[24;80R", (80, 24), b""),
        (b"a\x1b[30;100Rb", (100, 30), b"ab"),
        (b"\x1b[999;999R", None, b""),  # it does not know either
        (b"typed", None, b"typed"),
        (b"", None, b""),
    ],
)
def test_asking_the_terminal(line, answer, size, keys):
    master, slave = line
    RawLine(slave).enter()
    os.write(master, answer)
    began = time.monotonic()
    assert ask_terminal(slave, slave, 0.2) == (size, keys)
    assert time.monotonic() - began < 2
    assert os.read(master, 99) == b"\x1b[999;999H\x1b[6n"


# The line --------------------------------------------------------------------------------------------


def test_raw_mode_and_back(line):
    _, slave = line
    before = termios.tcgetattr(slave)
    raw = RawLine(slave, keep_flow_control=True)
    raw.enter()
    raw.enter()
    inside = termios.tcgetattr(slave)
    assert not inside[3] & (termios.ECHO | termios.ICANON | termios.ISIG)
    assert inside[0] & termios.IXON == before[0] & termios.IXON
    raw.restore()
    raw.restore()
    assert termios.tcgetattr(slave) == before


def test_where_there_is_no_terminal_nothing_happens(tmp_path):
    with open(tmp_path / "file", "w") as file:
        raw = RawLine(file.fileno())
        raw.enter()
        raw.drop_input()
        raw.drop_output()
        raw.restore()


# Output ----------------------------------------------------------------------------------------------


def test_a_slow_terminal_does_not_hold_up_the_app():
    reading, writing = os.pipe()
    idle = threading.Event()
    outlet = Outlet(writing, idle.set, lambda _error: None)
    data = b"x" * 300_000
    outlet.send(data)
    assert outlet.busy
    assert not outlet.drain(0.05)
    got = b""
    while len(got) < len(data):
        got += os.read(reading, 65536)
    assert outlet.drain(5)
    assert idle.wait(5)
    outlet.close()


def test_a_descriptor_that_does_not_block_is_written_whole():
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    outlet = Outlet(writing, lambda: None, lambda _error: None)
    outlet.send(b"x" * 200_000)
    got = b""
    while len(got) < 200_000:
        got += os.read(reading, 65536)
    assert outlet.drain(5)
    outlet.close()


def test_a_terminal_that_is_gone_is_told_once():
    reading, writing = os.pipe()
    os.close(reading)
    errors = []
    outlet = Outlet(writing, lambda: None, errors.append)
    for _ in range(3):
        outlet.send(b"x")
    assert outlet.drain(5)
    assert len(errors) == 1
    outlet.close()


# Kernel messages -------------------------------------------------------------------------------------

CONSOLES = "tty0                 -WU (EC  p  )    4:1\nttyS0                -W- (E   p a)    4:64\n"


@pytest.mark.parametrize(
    ("tty", "expected"),
    [
        ("/dev/ttyS0", True),
        ("/dev/tty1", True),
        ("/dev/console", True),
        ("/dev/ttyS1", False),
        ("/dev/pts/0", False),
    ],
)
def test_where_the_kernel_writes(tty, expected):
    assert is_kernel_console(tty, CONSOLES) is expected
    assert not is_kernel_console("/dev/tty1", "ttyS0 -W- (EC p a) 4:64\n")


def test_messages_are_quiet_and_put_back(tmp_path):
    printk = tmp_path / "printk"
    printk.write_text("7\t4\t1\t7\n")
    messages = KernelMessages(printk)
    messages.quiet()
    messages.quiet()
    assert printk.read_text() == "1\n"
    messages.restore()
    messages.restore()
    assert printk.read_text() == "7\n"


def test_somebody_elses_level_is_left(tmp_path):
    printk = tmp_path / "printk"
    printk.write_text("7\t4\t1\t7\n")
    messages = KernelMessages(printk)
    messages.quiet()
    printk.write_text("8\t4\t1\t7\n")
    messages.restore()
    assert printk.read_text() == "8\t4\t1\t7\n"


def test_without_permission_nothing_happens(tmp_path):
    messages = KernelMessages(tmp_path / "missing" / "printk")
    messages.quiet()
    messages.restore()
    (tmp_path / "directory").mkdir()
    messages = KernelMessages(tmp_path / "directory")
    messages.quiet()
    messages.restore()
