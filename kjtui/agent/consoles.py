"""Kernel B's consoles: everything is shown on all of them, a key may come from any."""

import os
import select
import termios
import tty

_CLEAR = "\r\x1b[H\x1b[J"  # home and erase: a VT100 and everything after it knows these


class Consoles:
    """This kernel's consoles, in a mode in which every key arrives at once and nothing is echoed."""

    def __init__(self, names: list[str], plain: bool = False) -> None:
        self._clear = "\r\n" if plain else _CLEAR
        self._files = [file for name in names if (file := _open(name)) is not None]

    def show(self, lines: list[str]) -> None:
        """Clear and show these lines. ASCII only."""
        self.write(self._clear + "".join(f"{line}\r\n" for line in lines))

    def write(self, text: str) -> None:
        """Write to every console; one that fails must not silence the others."""
        for file in self._files:
            try:
                os.write(file, text.encode("ascii", "replace"))
            except OSError:
                continue

    def key(self, seconds: float | None) -> tuple[str, int] | None:
        """Wait for a key: the character and the file it came from; None after that many seconds."""
        ready, _, _ = select.select(self._files, [], [], seconds)
        for file in ready:
            data = os.read(file, 64)
            if data:
                return chr(data[0]), file
        return None

    def forget_keys(self) -> None:
        """Drop what was typed and not read yet."""
        for file in self._files:
            termios.tcflush(file, termios.TCIFLUSH)

    def key_mode(self) -> None:
        """Return to key mode, after a shell may have changed it."""
        for file in self._files:
            _key_mode(file)


def active() -> list[str]:
    """Names of this kernel's consoles, the main one last (Documentation/ABI/testing/sysfs-tty)."""
    try:
        with open("/sys/class/tty/console/active", encoding="ascii") as file:
            return file.read().split()
    except OSError:
        return ["console"]


def _open(name: str) -> int | None:
    try:
        file = os.open(f"/dev/{name}", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return None
    _key_mode(file)
    return file


def _key_mode(file: int) -> None:
    try:
        tty.setcbreak(file, termios.TCSANOW)
        attributes = termios.tcgetattr(file)
        attributes[3] &= ~termios.ISIG  # Ctrl-C must not end the way home
        termios.tcsetattr(file, termios.TCSANOW, attributes)
    except termios.error:
        return  # not a terminal (a netconsole, say): it still shows what we write
