"""The wanted screen beside a terminal emulator of other people's making."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyte.screens import Char, Screen
from pyte.streams import Stream

from kjtui.tui.console.cell import BLANK, Cell, restyled
from kjtui.tui.console.terminals import terminal_for
from kjtui.tui.console.wanted import WantedScreen

COLUMNS, LINES = 12, 4
TERMINAL = terminal_for({"TERM": "xterm-256color", "LANG": "C.UTF-8"})

places = st.tuples(st.integers(0, LINES), st.integers(0, COLUMNS - 6))
writes = st.one_of(
    st.builds(lambda place, text: f"\x1b[{place[0]};{place[1]}H{text}", places, st.text("ab é", max_size=6)),
    st.builds(lambda place, text: f"\x1b[{place[0]}H{text}\r", places, st.text("cd", max_size=6)),
    st.builds(lambda place, end: f"\x1b[{place[0] or 1};{place[1] or 1}H\x1b[{end}", places,
              st.sampled_from(["J", "0J", "1J", "2J", "K", "0K", "1K", "2K"])),
    st.builds(lambda by, way: f"\x1b[{by}{way}", st.integers(0, 15), st.sampled_from("ABCDG")),
    st.sampled_from(["\x1b[?25l", "\x1b]22;default\x07", "\x1b]8;;http://x\x1b\\", "\x1b(B", "\x1b[m"]),
)  # fmt: skip
numbers = st.one_of(
    st.sampled_from([0, 1, 4, 5, 7, 22, 24, 25, 27, 39, 49]),
    *(st.integers(first, first + 7) for first in (30, 40, 90, 100)),
)
colours = st.builds(
    lambda ground, *parts: ";".join(map(str, (ground, 2, *parts))),
    st.sampled_from([38, 48]),
    *[st.integers(0, 255)] * 3,
)
styles = st.lists(st.one_of(numbers.map(str), colours), min_size=1, max_size=5).map(";".join)


@settings(max_examples=300)
@given(st.lists(writes, max_size=12))
def test_text_goes_where_an_emulator_puts_it(parts):
    emulator, wanted = Screen(COLUMNS, LINES), WantedScreen(COLUMNS, LINES, TERMINAL)
    stream = Stream(emulator)
    for part in parts:
        stream.feed(part)
        wanted.feed(part)
    assert ["".join(cell.data for cell in wanted.row(y)) for y in range(LINES)] == emulator.display
    assert (wanted.x, wanted.y) == (emulator.cursor.x, emulator.cursor.y)


@given(st.lists(styles, max_size=4))
def test_attributes_are_those_of_an_emulator(sequences):
    emulator, cell = Screen(1, 1), BLANK
    for params in sequences:
        emulator.select_graphic_rendition(*map(int, params.split(";")))
        cell = restyled(cell, params)
    theirs = emulator.cursor.attrs
    ours = Char(" ", **{name: getattr(cell, name) for name in Cell._fields[1:]})
    assert ours == theirs._replace(fg=_spelt(theirs.fg), bg=_spelt(theirs.bg))


def _spelt(colour: str) -> str:
    return "brightmagenta" if colour == "bfightmagenta" else colour


@pytest.mark.parametrize(
    ("params", "colour"),
    [
        ("38;5;1", "red"),
        ("38;5;12", "brightblue"),
        ("38;5;16", "000000"),
        ("38;5;196", "ff0000"),
        ("38;5;231", "ffffff"),
        ("38;5;232", "080808"),
        ("38;5;255", "eeeeee"),
        ("38;5", "black"),
        ("38", "default"),
        ("38;9", "default"),
        ("3;9;53;999", "default"),
    ],
)
def test_colours_by_number(params, colour):
    assert restyled(BLANK, params) == Cell(fg=colour)


def test_text_is_cut_at_the_right_edge_and_never_scrolls():
    wanted = WantedScreen(4, 2, TERMINAL)
    wanted.feed("abcdef\r\n\n\n12345")
    assert ["".join(cell.data for cell in wanted.row(y)) for y in range(2)] == ["abcd", "1234"]


@given(st.lists(st.one_of(writes, styles.map("\x1b[{}m".format)), max_size=8).map("".join), st.data())
def test_it_does_not_matter_how_the_writes_are_cut(text, data):
    cut = data.draw(st.integers(0, len(text)))
    whole, parts = (WantedScreen(COLUMNS, LINES, TERMINAL) for _ in range(2))
    whole.feed(text)
    parts.feed(text[:cut])
    parts.feed(text[cut:])
    assert [whole.row(y) for y in range(LINES)] == [parts.row(y) for y in range(LINES)]


@given(st.text("\x1b[]P()?;:0123Hm JK\x07\\\a\r\nab\x9b\u00e9\x18", max_size=30))
def test_nonsense_does_no_harm(nonsense):
    wanted = WantedScreen(COLUMNS, LINES, TERMINAL)
    wanted.feed(nonsense + "\x1b\\\x1b[m\x1b[2J\x1b[2;3Hend")
    assert "".join(cell.data for cell in wanted.row(1)) == "  end       "
