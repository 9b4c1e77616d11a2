"""Terminals to test the console driver on: emulated ones, and a child process on a pseudo-terminal."""

import importlib.util
import json
import os
import re
import sys
import time
from pathlib import Path
from types import ModuleType

from pyte.screens import Char, Screen
from pyte.streams import Stream

from kjtui.tui.console.cell import Cell
from kjtui.tui.console.colours import blank_or_cell
from kjtui.tui.console.terminals import Terminal, terminal_for

ROOT = Path(__file__).resolve().parents[2]


def _helper(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "helpers" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


console_bytes = _helper("console_bytes")

_PLACES = r"\x1b\[(?:\d+(?:;\d+)?)?H|\x1b\[\d*[ABCD]|\x1b\[[JK]|\x1b\[m"
_MONO = r"|\x1b\[;?(?:[1457]|;)+m"
_OFF = r"|\x1b\[;?(?:[1457]|2[2457]|;)+m|\x1b\[\d+X|\x1b\[\?25[hl]"
_COLOURS = r"(?:[0157]|2[2457]|[34][0-79]|;)"
ALLOWED = {
    "plain": _PLACES + _MONO,
    "vt100": _PLACES + _MONO + r"|\x1b\(B|\x1b\)0|\x1b\[r",
    "vt220": _PLACES + _OFF + r"|\x1b\(B|\x1b\)0|\x1b\[r",
    "ansi": _PLACES + rf"|\x1b\[{_COLOURS}+m",
    "linux": _PLACES + rf"|\x1b\[{_COLOURS}+m|\x1b\[\d+X|\x1b\[\d+G|\x1b\[\?25[hl]|\x1b\[r",
    "xterm": _PLACES
    + r"|\x1b\[(?:[01457]|2[2457]|[34][0-79]|9[0-7]|;)+m|\x1b\[\d+[XG]|\x1b\[\?25[hl]|\x1b\[r"
    + r"|\x1b\[\?1049[hl]|\x1b\(B|\x1b\)0",
}
ALLOWED["rxvt"] = ALLOWED["screen"] = ALLOWED["tmux"] = ALLOWED["xterm"]


def forbidden(terminal: Terminal, data: str) -> list[str]:
    """Every escape sequence and control character in the data that the terminal's family does not take."""
    rest = re.sub(ALLOWED[terminal.family], "", data)
    shifts = "\x0e\x0f" if terminal.glyphs == "dec" else ""
    return re.findall(rf"\x1b.{{0,12}}|[^\S\r\n\b\a {shifts}]|[\x00-\x06\x0b\x0c\x10-\x1f\x7f-\x9f]", rest)


class Emulator(Screen):
    """A terminal of one family, as far as it differs from what pyte does: erasing and the last column."""

    def __init__(self, columns: int, lines: int, terminal: Terminal) -> None:
        self.terminal = terminal
        self.answers = ""
        super().__init__(columns, lines)
        self.stream = Stream(self)
        self.stream.use_utf8 = False  # pyte takes no other character sets in UTF-8 mode

    def draw(self, data: str) -> None:
        for char in data:
            super().draw(char)
            if not self.terminal.waits_to_wrap and self.cursor.x == self.columns:
                self.carriage_return()
                self.linefeed()

    def _erase(self, y: int, columns: range) -> None:
        blank = Char(" ", bg=self.cursor.attrs.bg) if self.terminal.erase_coloured else Char(" ")
        for x in columns:
            self.buffer[y][x] = blank

    def erase_in_line(self, how=0, private=False):
        assert how == 0
        self._erase(self.cursor.y, range(min(self.cursor.x, self.columns - 1), self.columns))

    def erase_in_display(self, how=0, *args, **kwargs):
        assert how == 0
        self.erase_in_line()
        for y in range(self.cursor.y + 1, self.lines):
            self._erase(y, range(self.columns))

    def erase_characters(self, count=None):
        self._erase(self.cursor.y, range(self.cursor.x, min(self.cursor.x + (count or 1), self.columns)))

    def write_process_input(self, data: str) -> None:
        self.answers += data

    def looks(self) -> list[list[Cell]]:
        """All cells, of blanks only what can be seen."""
        return [
            [blank_or_cell(cell_of(self.buffer[y][x]), self.buffer[y][x].data) for x in range(self.columns)]
            for y in range(self.lines)
        ]


def cell_of(char: Char) -> Cell:
    """A cell of pyte's as ours."""
    return Cell(**{name: getattr(char, name) for name in Cell._fields})


class Seat:
    """A person at a terminal on which the test app (console_app.py) runs."""

    def __init__(
        self, tmp_path: Path, term: str, lang: str = "C.UTF-8", size=(80, 24), real_size=None, **env
    ):
        columns, lines = real_size or (size if all(size) else (80, 24))
        environ = console_bytes.environment(term, lang) | env
        self.terminal = terminal_for(environ)
        self.screen = Emulator(columns, lines, self.terminal)
        self.dump = tmp_path / "wanted.json"
        self.silent = False
        app = Path(__file__).with_name("console_app.py")
        self.console = console_bytes.Console([sys.executable, str(app), str(self.dump)], environ, size)

    def __enter__(self) -> "Seat":
        return self

    def __exit__(self, *_error: object) -> None:
        self.console.close()

    @property
    def text(self) -> str:
        return "\n".join(self.screen.display)

    @property
    def output(self) -> str:
        return self.console.output.decode()

    def look(self, quiet=0.05, limit=5.0) -> bytes:
        """Read what comes, show it, and answer what the terminal is asked."""
        data = self.console.read(quiet, limit=limit, first=quiet)
        self.screen.stream.feed(data.decode())
        if self.screen.answers and not self.silent:
            self.console.press(self.screen.answers.encode())
        self.screen.answers = ""
        return data

    def wait(self, condition, seconds=20.0):
        """Look until the condition holds; its value."""
        end = time.monotonic() + seconds
        while not (value := condition()):
            assert time.monotonic() < end, self.text
            self.look()
        return value

    def shows(self, text: str) -> None:
        self.wait(lambda: text in self.text)

    def press(self, keys: bytes) -> None:
        self.console.press(keys)

    def wanted(self) -> dict:
        """What the app wants the terminal to show, the size it sees and the keys it got."""
        self.dump.unlink(missing_ok=True)
        self.press(b"\x1bOR")
        self.wait(self.dump.exists)
        found = json.loads(self.dump.read_text())
        found["cells"] = [[Cell(*cell) for cell in row] for row in found["cells"]]
        return found

    def agrees(self) -> bool:
        """Whether the terminal comes to show what the app wants (what is being drawn takes a moment)."""
        self.wait(self._agrees_now, 5)
        return True

    def _agrees_now(self) -> bool:
        wanted = self.wanted()["cells"]
        self.look(0.1)
        shown = self.screen.looks()
        if not self.terminal.waits_to_wrap:
            wanted[-1][-1] = shown[-1][-1]
        return shown == wanted

    def ended(self, seconds=10.0) -> int:
        """The app's exit status once it has ended."""

        def status():
            pid, found = os.waitpid(self.console.pid, os.WNOHANG)
            return [found] if pid else None

        found = self.wait(status, seconds)
        self.look()
        self.console.close = lambda: 0
        return os.waitstatus_to_exitcode(found[0])
