"""Kernel B's consoles: everything is shown on all of them, a key may come from any."""

import os
import select
import termios
import time
import tty

_CLEAR = "\r\x1b[H\x1b[J"  # home and erase: a VT100 and everything after it knows these


class Consoles:
    """This kernel's consoles, in a mode in which every key arrives at once and nothing is echoed.

    plain: lines only, nothing is drawn. watching: they are somebody else's, and only looked at.
    """

    def __init__(self, names: list[str], plain: bool = False, watching: bool = False) -> None:
        self.plain = plain
        self._watching = watching
        self._clear = "\r\n" if plain else _CLEAR
        self._names = {file: name for name in names if (file := _open(name)) is not None}
        self._files = list(self._names)
        self.key_mode()
        self._pressed = time.time()

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

    def key(self, seconds: float) -> tuple[str, int] | None:
        """Wait for a key: the character and the file it came from; None after that many seconds."""
        ready, _, _ = select.select(self._files, [], [], max(0.0, seconds))
        for file in ready:
            try:
                data = os.read(file, 64)
            except OSError:
                continue
            if data:
                self._pressed = time.time()
                return chr(data[0]), file
        return None

    def hidden_line(self) -> bytes | None:
        """What is typed up to Enter, without showing it; None for Esc."""
        typed = bytearray()
        while True:
            ready, _, _ = select.select(self._files, [], [])
            for file in ready:
                try:
                    data = os.read(file, 64)
                except OSError:
                    continue
                for byte in data:
                    if byte in b"\r\n":
                        return bytes(typed)
                    if byte == 0x1B:
                        return None
                    if byte in b"\x08\x7f":
                        del typed[-1:]
                    elif byte >= 0x20:
                        typed.append(byte)

    def idle(self) -> float:
        """Seconds since a key was pressed here or in a program that runs on a console.

        The kernel notes the time at which a terminal was read from (tty_update_time in drivers/tty/tty_io.c),
        to eight seconds.
        """
        read = [os.fstat(file).st_atime for file in self._files]
        return max(0.0, time.time() - max([self._pressed, *read]))

    def awake(self) -> None:
        """Count as if a key had been pressed now."""
        self._pressed = time.time()

    def begin_anew(self) -> None:
        """After a time away: key mode again, and what was typed and not read is dropped."""
        self.awake()
        self.key_mode()
        for file in self._files if not self._watching else ():
            try:
                termios.tcflush(file, termios.TCIFLUSH)
            except termios.error:
                continue

    def reopen(self) -> None:
        """After a shell has ended, key mode on consoles that are opened anew, as the same files.

        The end of a session's first process hangs its terminal up, for everybody who has it open
        (disassociate_ctty in drivers/tty/tty_jobctrl.c).
        """
        for file, name in self._names.items():
            fresh = _open(name)
            if fresh is not None:
                os.dup2(fresh, file, inheritable=False)
                os.close(fresh)
        self.key_mode()

    def key_mode(self) -> None:
        """Return to key mode, after a shell may have changed it."""
        for file in self._files if not self._watching else ():
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
        return os.open(f"/dev/{name}", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return None


def _key_mode(file: int) -> None:
    try:
        tty.setcbreak(file, termios.TCSANOW)
        attributes = termios.tcgetattr(file)
        attributes[3] &= ~termios.ISIG  # Ctrl-C must not end the way home
        termios.tcsetattr(file, termios.TCSANOW, attributes)
    except termios.error:
        return  # not a terminal (a netconsole, say): it still shows what we write
