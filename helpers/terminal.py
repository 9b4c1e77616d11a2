"""A person at the serial line: sees the screen through a terminal emulator, presses keys, waits.

Always for a condition, never for a fixed time; every wait has a limit, generous for an emulated machine.
"""

import re
import select
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyte
from common import KjtuiError
from qemu import Guest

KEYS = {
    "enter": "\r",
    "down": "\x1b[B",
    "up": "\x1b[A",
    "escape": "\x1b",
    "tab": "\t",
    "space": " ",
    "pagedown": "\x1b[6~",
}
QUIET = 0.3  # seconds
FAILED = "This did not work"  # the head of the wizard's page of failures
DEATHS = ("Kernel panic - not syncing", "Attempted to kill init")


class Broken(KjtuiError):
    """Something did not happen that should have. screen: what was to be seen then; log: the console log."""

    log: Path | None = None

    def __init__(self, title: str, detail: str = "", screen: tuple[str, ...] = ()) -> None:
        super().__init__(title, detail)
        self.screen = screen


class _Screen(pyte.Screen):
    """A screen that answers questions, as a real terminal does (a wizard may ask for the cursor's place)."""

    def __init__(self, columns: int, lines: int, answer: Callable[[bytes], None]) -> None:
        super().__init__(columns, lines)
        self._answer = answer

    def write_process_input(self, data: str) -> None:
        """Called by pyte with the answer to a report request."""
        self._answer(data.encode())

    def select_graphic_rendition(self, *attrs: int, **_private: Any) -> None:
        """Colours. Sequences like CSI > 4 m are no colours and change nothing that is looked at here."""
        super().select_graphic_rendition(*attrs)


class Terminal:
    """The serial line of a guest. keys_pressed counts what a person would have pressed.

    may_panic: whether a kernel that panics is part of the play, because the machine restarts by itself then.
    """

    def __init__(self, guest: Guest, columns: int = 80, lines: int = 24) -> None:
        assert guest.console is not None
        self._guest = guest
        self._line: socket.socket = guest.console
        self._screen = _Screen(columns, lines, self._line.sendall)
        self._stream = pyte.ByteStream(self._screen)
        self._recent = ""
        # All that has come. QEMU's own log has some characters twice, where the line was not read at once.
        self.heard = bytearray()
        self.keys_pressed = 0
        self.may_panic = False

    @property
    def lines(self) -> tuple[str, ...]:
        """The screen as text, without trailing blanks."""
        return tuple(line.rstrip() for line in self._screen.display)

    @property
    def text(self) -> str:
        """The screen as one text."""
        return "\n".join(self.lines)

    def press(self, key: str) -> None:
        """Press a key: a name of KEYS or a letter."""
        self._line.sendall(KEYS.get(key, key).encode())
        self.keys_pressed += 1

    def type(self, text: str) -> None:
        """Press one key after the other; \\r is Enter."""
        for letter in text:
            self._line.sendall(letter.encode())
        self.keys_pressed += len(text)

    def wait_for(self, sought: str | Callable[[str], bool], what: str, limit: float) -> str:
        """Wait until the screen's text matches (a regular expression, or a function that says so); that text.

        what: in plain words, for the message. limit: seconds. Raises Broken when it does not come, or cannot
        come any more because the machine is gone or a kernel has panicked.
        """
        end = time.monotonic() + limit
        already = FAILED in self.text
        seen: Callable[[str], object] = (
            sought if callable(sought) else re.compile(sought, re.MULTILINE).search
        )
        while not (seen(self.text) and self._quiet() and seen(self.text)):
            if not self._guest.running():
                raise Broken(
                    f"The machine went down while waiting for {what}", self._guest.errors(), self.lines
                )
            death = next((death for death in DEATHS if death in self._recent), None)
            if death is not None and not self.may_panic:
                self._hear_out()
                raise Broken(f"A kernel died while waiting for {what}", death, self.lines)
            # What is looked for may be there, and the line not quiet yet.
            failed = not already and FAILED in self.text and FAILED not in str(sought)
            if failed and not seen(self.text) and self._quiet() and not seen(self.text):
                raise Broken(f"The wizard failed while waiting for {what}", "", self.lines)
            if time.monotonic() > end:
                raise Broken(f"Waited {limit:.0f} s in vain for {what}", f"looked for: {sought}", self.lines)
            self.read(min(0.5, max(0.0, end - time.monotonic())))
        return self.text

    def wipe(self) -> None:
        """Forget what is on the screen: it is from before a restart."""
        self._screen.reset()
        self._recent = ""

    def _hear_out(self) -> None:
        """Let a dying kernel say all it has to say: the log is what its death is understood by."""
        end = time.monotonic() + 20
        while time.monotonic() < end and self.read(2.0):
            pass

    def _quiet(self) -> bool:
        """Whether nothing more comes: a slow line may have brought the head of a new screen, not its end."""
        return not self.read(QUIET)

    def read(self, limit: float) -> bool:
        """Take in what the line brings, waiting at most limit seconds for it; whether anything came."""
        came = False
        while select.select([self._line], [], [], limit)[0]:
            piece = self._line.recv(65536)
            if not piece:
                time.sleep(0.05)  # the other end is closed: QEMU is just ending
                break
            came = True
            self._stream.feed(piece)
            self.heard += piece
            self._recent = (self._recent + piece.decode("utf-8", "replace"))[-4000:]
            limit = 0
        return came
