"""Measure how many bytes a screen costs on a console: kjtui's driver beside stock Textual, whiptail and
dialog.

Each program shows the same menu of eight entries on a pseudo-terminal of 80x24; what it sends is counted
for the first paint, for the next screen, for an arrow key, and for a second in which nothing happens while
a text field has the focus.
"""

import argparse
import fcntl
import os
import pty
import select
import shlex
import shutil
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent
SIZE = (80, 24)
QUIET = 0.6  # seconds without a byte: the program has drawn what it has to draw
TOYS = {"kjtui": "kjtui", "stock Textual": "stock"}
PROGRAMS = ("kjtui", "stock Textual", "whiptail", "dialog")
ENTRIES = (
    "Check this kernel",
    "Reserve memory",
    "Choose kernel B",
    "Load kernel B",
    "Jump and return",
    "Look at the report",
    "Undo everything",
    "Leave",
)
TITLE = "Kernel jump"


class Console:
    """A program on a pseudo-terminal: what a person has before them.

    argv: the program. env: its whole environment. size: columns and lines, (0, 0) as a serial line says.
    """

    def __init__(self, argv: Sequence[str], env: Mapping[str, str], size: tuple[int, int] = SIZE) -> None:
        self.output = bytearray()
        self.answer: Callable[[bytes], bytes] | None = None
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
            try:
                os.execvpe(argv[0], list(argv), dict(env))
            finally:
                os._exit(127)

    def read(self, quiet: float, limit: float = 20.0, first: float | None = None) -> bytes:
        """What the program sends until it has sent nothing for `quiet` seconds, or `limit` seconds are over.

        first: how long to wait for the first byte at most (default: limit).
        """
        got = bytearray()
        end = time.monotonic() + limit
        wait = limit if first is None else first
        while (left := min(wait, end - time.monotonic())) > 0:
            if not select.select([self.fd], [], [], left)[0]:
                break
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                break
            if not data:
                break
            got += data
            if self.answer:
                reply = self.answer(data)
                if reply:
                    os.write(self.fd, reply)
            wait = quiet
        self.output += got
        return bytes(got)

    @property
    def down(self) -> bytes:
        """What the Down key sends: it depends on the mode that the program has chosen (DECCKM)."""
        return b"\x1bOB" if self.output.rfind(b"\x1b[?1h") > self.output.rfind(b"\x1b[?1l") else b"\x1b[B"

    def press(self, keys: bytes) -> None:
        """Send keys as the keyboard would."""
        os.write(self.fd, keys)

    def close(self) -> int:
        """End the program; answers its exit status (negative: the signal)."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            os.kill(self.pid, number)
            end = time.monotonic() + 10
            while time.monotonic() < end:
                self.read(0.05, limit=0.1)  # it may be waiting for its last bytes to be read
                pid, status = os.waitpid(self.pid, os.WNOHANG)
                if pid:
                    os.close(self.fd)
                    return os.waitstatus_to_exitcode(status)
        raise TimeoutError(f"process {self.pid} does not end")


@dataclass(frozen=True)
class Cost:
    """Bytes that one program sends."""

    program: str
    first_paint: int
    next_screen: int
    arrow_key: int
    idle_second: int


def environment(term: str, lang: str = "C.UTF-8") -> dict[str, str]:
    """The environment for a program on a terminal of this kind, with nothing in it from elsewhere."""
    return {
        "HOME": os.environ.get("HOME", "/"),
        "LANG": lang,
        "PATH": os.environ.get("PATH", os.defpath),
        "PYTHONPATH": str(REPO),
        "TERM": term,
    }


def toy_command(driver: str, *options: str) -> list[str]:
    """The command that runs the toy app; driver: "kjtui" or "stock"."""
    return [sys.executable, str(Path(__file__).resolve()), "--toy", driver, *options]


def dialog_command(program: str) -> list[str]:
    """The command that runs the same menu twice with whiptail or dialog, as two steps of a script do."""
    items = [word for number, entry in enumerate(ENTRIES, 1) for word in (str(number), entry)]
    texts = [f"{TITLE}: step {number} of 5" for number in (1, 2)]
    menus = [[program, "--title", TITLE, "--menu", text, "20", "76", "8", *items] for text in texts]
    return ["sh", "-c", "; ".join(shlex.join(menu) for menu in menus)]


def commands(program: str) -> tuple[list[str], list[str], bytes]:
    """The command with the menu, the one with a text field in focus, and the key for the next screen."""
    if program in TOYS:
        return toy_command(TOYS[program]), toy_command(TOYS[program], "--input"), b"n"
    return dialog_command(program), [program, "--inputbox", TITLE, "20", "76", "typed text"], b"\r"


def count(program: str, menu: Console, text_field: Console) -> Cost:
    """Press Down twice and the key for the next screen in a program's menu, and count.

    text_field: the same program with a text field in focus, in which nobody presses a key.
    """
    next_key = commands(program)[2]
    first = menu.read(QUIET)
    menu.press(menu.down)
    menu.read(QUIET, first=2)
    menu.press(menu.down)
    arrow = menu.read(QUIET, first=2)
    menu.press(next_key)
    following = menu.read(QUIET, first=5)
    text_field.read(QUIET, limit=1.0)  # its screen has been drawn meanwhile
    idle = text_field.read(1.0, limit=1.0)
    return Cost(program, len(first), len(following), len(arrow), len(idle))


def compare(term: str, lang: str = "C.UTF-8", programs: Sequence[str] = PROGRAMS) -> list[Cost]:
    """The costs of the programs that are installed, in the order given; all are measured at the same time."""
    found = [program for program in programs if program in TOYS or shutil.which(program)]
    env = environment(term, lang)
    with ExitStack() as stack, ThreadPoolExecutor() as pool:
        consoles = []
        for program in found:
            pair = tuple(Console(command, env) for command in commands(program)[:2])
            for console in pair:
                stack.callback(console.close)
            consoles.append(pair)
        return list(pool.map(lambda program, pair: count(program, *pair), found, consoles))


def run_toy(driver: str, *, with_input: bool) -> None:
    """The toy app, in this process and on this terminal. driver: see toy_command."""
    from textual.app import App, ComposeResult
    from textual.screen import Screen
    from textual.widgets import Button, Footer, Input, OptionList, ProgressBar, Static

    from kjtui.tui.console.driver import ConsoleDriver, repaint

    class Step(Screen[None]):
        """One step, much like the next one."""

        BINDINGS = [("n", "app.next", "Next"), ("q", "app.quit", "Quit"), ("ctrl+l", "app.redraw", "Redraw")]

        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = number

        def compose(self) -> ComposeResult:
            yield Static(f"{TITLE}: step {self.number} of 5")
            yield OptionList(*[f"{number}  {entry}" for number, entry in enumerate(ENTRIES, 1)])
            bar = ProgressBar(total=5, show_eta=False)
            bar.progress = self.number
            yield bar
            if with_input:
                yield Input("typed text")
            yield Button("Go on")
            yield Footer()

        def on_mount(self) -> None:
            if with_input:
                self.query_one(Input).focus()

    class Toy(App[None]):
        """The app of the measurement."""

        ENABLE_COMMAND_PALETTE = False
        number = 1

        def on_mount(self) -> None:
            self.push_screen(Step(1))

        def action_next(self) -> None:
            self.number += 1
            self.switch_screen(Step(self.number))

        def action_redraw(self) -> None:
            repaint(self)

    app = Toy(driver_class=ConsoleDriver if driver == "kjtui" else None)
    app.run()
    sys.exit(app.return_code)


def table(costs: Sequence[Cost]) -> str:
    """The costs as lines of text, one program each."""
    head = f"{'bytes':<16}{'first paint':>13}{'next screen':>13}{'arrow key':>11}{'idle, 1 s':>11}"
    rows = [
        f"{cost.program:<16}{cost.first_paint:>13}{cost.next_screen:>13}{cost.arrow_key:>11}{cost.idle_second:>11}"
        for cost in costs
    ]
    return "\n".join([head, *rows])


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--term", action="append", help="a terminal type (default: linux, vt220, xterm)")
    parser.add_argument("--lang", default="C.UTF-8", help="the locale (default: %(default)s)")
    parser.add_argument("--toy", choices=sorted(TOYS.values()), help="run the toy app on this terminal")
    parser.add_argument("--input", action="store_true", help="the toy app with a text field in focus")
    options = parser.parse_args()
    if options.toy:
        run_toy(options.toy, with_input=options.input)
        return
    for term in options.term or ("linux", "vt220", "xterm-256color"):
        print(f"TERM={term}", table(compare(term, options.lang)), "", sep="\n", flush=True)


if __name__ == "__main__":
    main()
