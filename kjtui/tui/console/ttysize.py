"""How large the terminal is, also where the line does not know: a serial line says 0x0."""

import fcntl
import os
import re
import select
import struct
import termios
import time
from collections.abc import Mapping

DEFAULT_SIZE = (80, 24)
_REPORT = re.compile(rb"\x1b\[(\d+);(\d+)R")
_LARGEST = 900


def line_size(fds: tuple[int, ...], environ: Mapping[str, str]) -> tuple[int, int] | None:
    """Columns and lines from $COLUMNS and $LINES or else from the line (TIOCGWINSZ); None if unknown."""
    columns, lines = (_positive(environ.get(name, "")) for name in ("COLUMNS", "LINES"))
    for fd in fds:
        try:
            found = struct.unpack("HHHH", fcntl.ioctl(fd, termios.TIOCGWINSZ, bytes(8)))
        except OSError:
            continue  # not a terminal
        if found[0] and found[1]:
            columns, lines = columns or found[1], lines or found[0]
            break
    return (columns, lines) if columns and lines else None


def _positive(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0


def ask_terminal(fd_in: int, fd_out: int, seconds: float = 0.5) -> tuple[tuple[int, int] | None, bytes]:
    """Ask the terminal itself: move the cursor far out, and where is it now (CSI 6n)?

    The line must be in raw mode. Answers columns and lines, None if no sensible answer came within the
    time, and the bytes read that were not part of the answer: keys typed meanwhile.
    """
    got = b""
    try:
        os.write(fd_out, b"\x1b[999;999H\x1b[6n")
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and select.select([fd_in], [], [], left)[0]:
            data = os.read(fd_in, 256)
            got += data
            report = _REPORT.search(got)
            if report:
                lines, columns = int(report[1]), int(report[2])
                keys = got[: report.start()] + got[report.end() :]
                sensible = 1 < lines < _LARGEST and 1 < columns < _LARGEST
                return ((columns, lines) if sensible else None), keys
            if not data:
                break
    except OSError:
        pass  # the terminal is gone; the driver meets this again when it writes
    return None, got
