"""The console driver under a Textual app on real pseudo-terminals."""

import os
import signal
import struct
import termios
import time
from fcntl import ioctl

import pytest
from console_lab import Seat, console_bytes, forbidden

TERMS = [
    ("linux", "C.UTF-8"),
    ("linux", "C"),
    ("vt100", "C"),
    ("vt220", "C.UTF-8"),
    ("xterm-256color", "C.UTF-8"),
    ("xterm-256color", "C"),
    ("ansi", "C"),
    ("unheard-of", "C.UTF-8"),
]


@pytest.fixture
def seat(tmp_path):
    with Seat(tmp_path, "linux") as here:
        here.shows("First entry 8")
        yield here


@pytest.mark.parametrize(("term", "lang"), TERMS)
def test_every_screen_is_shown_with_allowed_sequences_only(tmp_path, term, lang):
    with Seat(tmp_path, term, lang) as here:
        here.shows("First entry 8")
        assert here.agrees()
        for keys in (b"\x1b[B", b"\x1b[B\x1b[B", b"\x1b[A", b"\t", b"\t\t"):
            here.press(keys)
            assert here.agrees()
        here.press(b"n")
        here.shows("Number 2 entry 8")
        assert here.agrees()
        here.screen.stream.feed("\x1b[2;2Hsomebody else's words\r\n\x1b[7mmore")
        here.press(b"\x0c")
        assert here.agrees()
        assert forbidden(here.terminal, here.output) == []
        if term == "vt100" or lang == "C":
            assert here.output.isascii()


@pytest.mark.parametrize("term", ["linux", "vt220", "xterm-256color"])
def test_nothing_is_sent_when_idle(tmp_path, term):
    with Seat(tmp_path, term) as here:
        here.shows("First entry 8")
        here.press(b"i")
        here.shows("typed text")
        here.press(b"\x1b[F!")
        here.shows("typed text!")
        here.look(0.8)
        assert here.console.read(1.5, limit=1.5) == b""


@pytest.mark.parametrize("term", ["linux", "vt100", "vt220", "xterm-256color"])
def test_costs_no_more_than_whiptail(term):
    costs = console_bytes.compare(term, programs=("kjtui", "whiptail"))
    if len(costs) == 1 and os.environ.get("CI") != "true":
        pytest.skip("whiptail is not installed")
    ours, theirs = costs
    assert 0 < ours.first_paint <= 1.2 * theirs.first_paint
    assert 0 < ours.next_screen <= 1.2 * theirs.next_screen
    assert 0 < ours.arrow_key <= 2 * theirs.arrow_key
    assert ours.idle_second == 0


def test_a_line_without_a_size_is_asked_and_the_answer_taken(tmp_path):
    with Seat(tmp_path, "vt220", size=(0, 0), real_size=(100, 30)) as here:
        here.shows("First entry 8")
        assert here.wanted()["size"] == [100, 30]
        assert here.agrees()


def test_a_line_without_a_size_that_does_not_answer_is_80x24(tmp_path):
    with Seat(tmp_path, "vt220", size=(0, 0)) as here:
        here.silent = True
        here.shows("First entry 8")
        assert here.wanted()["size"] == [80, 24]
        assert here.wanted()["keys"][0] == "f3"


def test_a_terminal_that_knows_no_report_is_not_asked(tmp_path):
    with Seat(tmp_path, "unheard-of", size=(0, 0)) as here:
        here.shows("First entry 8")
        assert "\x1b[6n" not in here.output
        assert here.wanted()["size"] == [80, 24]


def test_columns_and_lines_of_the_environment_count(tmp_path):
    with Seat(tmp_path, "linux", real_size=(80, 24), COLUMNS="60", LINES="20") as here:
        here.shows("First entry 8")
        assert here.wanted()["size"] == [60, 20]


def test_a_new_size_is_drawn(seat):
    ioctl(seat.console.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    seat.screen.resize(30, 100)
    seat.wait(lambda: seat.wanted()["size"] == [100, 30])
    assert seat.agrees()


@pytest.mark.parametrize(
    ("sent", "keys"),
    [
        (b"\x1b[[E", ["f5"]),  # the Linux console
        (b"\x1b[15~", ["f5"]),
        (b"\x1bOP", ["f1"]),
        (b"\x9b11~\x8fP", ["f1", "f1"]),  # a VT220 with eight-bit controls
        (b"\x1b", ["escape"]),
        (b"\x7f\x08", ["backspace", "backspace"]),
        (b"\xff\xfez", ["z"]),
        (b"\xc3", []),  # half a character
    ],
)
def test_keys(seat, sent, keys):
    seat.press(sent)
    time.sleep(0.3)  # an Esc is one only after a while without more
    assert seat.wanted()["keys"] == [*keys, "f3"]


def test_an_arrow_key_in_two_pieces_is_no_escape(seat):
    seat.press(b"\x1b")
    time.sleep(0.02)
    seat.press(b"[17;5~")
    assert seat.wanted()["keys"] == ["ctrl+f6", "f3"]


def test_handing_over_and_taking_back(seat):
    seat.press(b"\x1bOQ")
    seat.shows("plain text")
    assert seat.text.split("\n")[0].rstrip() == "plain text"
    assert not seat.screen.cursor.hidden
    modes = termios.tcgetattr(seat.console.fd)
    assert modes[3] & termios.ECHO
    assert modes[3] & termios.ICANON
    assert modes[1] & termios.OPOST
    seat.press(b"\rnnnn")
    seat.shows("First entry 8")
    assert seat.agrees()
    assert "Number" not in seat.text  # what was typed meanwhile is dropped
    assert not termios.tcgetattr(seat.console.fd)[3] & termios.ECHO


def _is_as_before(seat):
    modes = termios.tcgetattr(seat.console.fd)
    return modes[3] & termios.ECHO and modes[1] & termios.OPOST and not seat.screen.cursor.hidden


def test_leaving(seat):
    seat.press(b"\x1b[17~")
    assert seat.ended() == 3
    assert _is_as_before(seat)
    assert seat.text.strip() == ""


def test_a_crash_leaves_the_terminal_as_it_was(seat):
    seat.press(b"\x1b[[D")
    assert seat.ended() == 1
    assert _is_as_before(seat)
    assert "a failure on purpose" in seat.text


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_app_in_good_order(seat, number):
    os.kill(seat.console.pid, number)
    assert seat.ended() == 128 + number
    assert _is_as_before(seat)


def test_stopping_and_going_on(seat):
    os.kill(seat.console.pid, signal.SIGTSTP)
    seat.wait(lambda: os.waitpid(seat.console.pid, os.WUNTRACED | os.WNOHANG)[0])
    seat.look()
    assert _is_as_before(seat)
    assert seat.text.strip() == ""
    os.kill(seat.console.pid, signal.SIGCONT)
    seat.shows("First entry 8")
    assert seat.agrees()
    seat.press(b"n")
    seat.shows("Number 2 entry 8")


def test_a_closed_terminal_ends_the_app(seat):
    os.close(seat.console.fd)
    end = time.monotonic() + 10
    while not (found := os.waitpid(seat.console.pid, os.WNOHANG))[0]:
        assert time.monotonic() < end
        time.sleep(0.05)
    seat.console.close = lambda: 0
    assert os.WIFEXITED(found[1])


def test_the_last_of_many_screens_is_shown(seat):
    for _ in range(40):
        seat.press(b"n")
        time.sleep(0.02)
    seat.shows("Number 41 entry 8")
    assert seat.agrees()
