"""From any screen to any other: what the painter sends makes the terminal show exactly the wanted screen."""

import pytest
from console_lab import Emulator, forbidden
from hypothesis import given, settings
from hypothesis import strategies as st

from kjtui.tui.console.paint import Painter, leave
from kjtui.tui.console.terminals import terminal_for
from kjtui.tui.console.wanted import WantedScreen

COLUMNS, LINES = 40, 5
TERMS = ("linux", "vt100", "vt220", "ansi", "xterm-256color", "screen", "tmux-256color", "rxvt", "wy60", "")

colours = st.sampled_from(
    (
        *("39;49", "31", "34;47", "93;44", "97;104", "30", "37;40", "7", "0", "1", "1;4", "5", "22;24;27"),
        *("38;2;224;224;224;48;2;18;18;18", "38;2;1;120;212", "48;2;0;69;120"),
        *("38;2;40;40;40;48;2;30;30;30", "38;2;255;166;43;48;2;1;120;212", "38;5;196", "48;5;21;1", "90"),
    )
)
pieces = st.one_of(
    st.text(alphabet="ab ─│█▊━✓é漢\u0301~", max_size=COLUMNS),
    st.builds(lambda char, count: char * count, st.sampled_from(" x─"), st.integers(1, COLUMNS)),
)
writes = st.builds(
    lambda y, x, colour, text: f"\x1b[{y};{x}H\x1b[0;{colour}m{text}",
    st.integers(1, LINES),
    st.one_of(st.just(1), st.integers(1, COLUMNS)),
    colours,
    pieces,
)
frames = st.lists(writes, max_size=14).map("".join)


class Bench:
    """A wanted screen, a painter and the terminal it paints on."""

    def __init__(self, term: str, lang: str = "C.UTF-8") -> None:
        self.terminal = terminal_for({"TERM": term, "LANG": lang})
        self.wanted = WantedScreen(COLUMNS, LINES, self.terminal)
        self.painter = Painter(self.terminal)
        self.shown = Emulator(COLUMNS, LINES, self.terminal)

    def show(self, frame: str) -> str:
        """Draw a frame, paint it, and see that the terminal shows it."""
        self.wanted.feed(frame)
        sent = self.painter.paint(self.wanted)
        self.shown.stream.feed(sent)
        wanted = [self.wanted.row(y) for y in range(LINES)]
        shown = self.shown.looks()
        if not self.terminal.waits_to_wrap:
            wanted[-1][-1] = shown[-1][-1]  # left out: writing it would scroll
        assert shown == wanted
        assert forbidden(self.terminal, sent) == []
        return sent


@pytest.mark.parametrize("lang", ["C.UTF-8", "C"])
@pytest.mark.parametrize("term", TERMS)
@settings(max_examples=80, deadline=None)
@given(first=frames, second=frames, third=frames)
def test_any_screen_to_any_other(term, lang, first, second, third):
    bench = Bench(term, lang)
    sent = bench.show(first) + bench.show(second)
    assert bench.show("") == ""
    foreign = "\x1b[3;2H\x1b[1;7;31mnot ours" + ("\x0e" if "\x0e" in sent else "")
    if bench.terminal.family not in ("plain", "ansi"):
        foreign = "\x1b[2;4r" + foreign  # these two know no scrolling region
    bench.shown.stream.feed(foreign)
    bench.painter.forget()
    sent += bench.show(third)
    if bench.terminal.glyphs in ("dec", "ascii"):
        assert sent.isascii()


def test_erasing_is_used_where_it_is_safe():
    text = "\x1b[1;1H" + "x" * COLUMNS
    for term, erases in (("linux", True), ("vt100", True), ("screen", False)):
        bench = Bench(term)
        bench.show(text)
        sent = bench.show("\x1b[1;1H\x1b[48;2;0;0;0m" + " " * COLUMNS)
        assert ("\x1b[K" in sent) is erases


def test_cells_are_written_again_where_that_is_shorter_than_a_move():
    bench = Bench("linux")
    bench.show("\x1b[1;1Ha-b-c-d")
    assert bench.show("\x1b[1;1HA-B-C-D") == "\rA-B-C-D"


def test_colours_cost_nothing_where_they_are_the_terminals_own():
    bench = Bench("linux")
    sent = bench.show("\x1b[1;1H\x1b[38;2;224;224;224;48;2;18;18;18mplain" + " " * 35)
    assert sent.endswith("plain")


def test_a_selection_is_reversed_where_there_are_no_colours():
    bench = Bench("vt220")
    assert "\x1b[7mchosen" in bench.show("\x1b[1;1H\x1b[38;2;255;255;255;48;2;1;120;212mchosen")


def test_dark_lines_on_dark_ground_vanish_and_dark_text_does_not():
    bench = Bench("linux")
    bench.show("\x1b[1;1H\x1b[38;2;40;40;40;48;2;18;18;18m▔▔ text")
    assert bench.shown.display[0].startswith("   text")
    assert bench.shown.buffer[0][4].fg == "default"


def test_a_reversed_part_of_a_block_becomes_a_line_on_the_ground():
    bench = Bench("linux")
    bench.show("\x1b[1;1H\x1b[7;38;2;1;120;212;48;2;18;18;18m▊")
    cell = bench.shown.buffer[0][0]
    assert (cell.data, cell.fg, cell.reverse) == ("│", "blue", False)


def test_the_bell_rings_once():
    bench = Bench("vt100")
    assert bench.show("\a").count("\a") == 1
    assert bench.show("") == ""


def test_sequences_that_are_not_about_the_screen_are_swallowed():
    bench = Bench("xterm")
    bench.show("a")
    assert bench.show("\x1b]22;default\x07\x1b]52;c;QUJD\x07\x1b[?2026h\x1b[?2026l") == ""
    assert "b" in bench.show("\x1b]8;id=1;http://x\x1b\\b\x1b]8;;\x1b\\")


def test_a_sequence_may_be_split_between_writes():
    bench = Bench("linux")
    bench.wanted.feed("\x1b[2;")
    bench.wanted.feed("3H\x1b[3")
    bench.show("1mx")
    assert bench.shown.buffer[1][2].fg == "red"


def test_leaving_shows_the_cursor_and_a_clean_screen():
    bench = Bench("linux")
    bench.show("text \x1b[31;44mcolours")
    bench.shown.stream.feed(leave(bench.terminal) + "plain")
    assert bench.shown.display[0].rstrip() == "plain"
    assert not bench.shown.cursor.hidden
    assert bench.shown.buffer[0][0].fg == "default"
