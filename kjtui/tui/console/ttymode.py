"""The settings of the terminal line while the app has it."""

import termios
from typing import Any

_IFLAG, _OFLAG, _LFLAG, _CC = 0, 1, 3, 6
_FLOW = termios.IXON | termios.IXOFF


class RawLine:
    """Puts a terminal line into raw mode and back; does nothing where there is no terminal.

    keep_flow_control leaves XON/XOFF as the line has it, for terminals that need it to keep up.
    """

    def __init__(self, fd: int, *, keep_flow_control: bool = False) -> None:
        self._fd = fd
        self._keep_flow_control = keep_flow_control
        self._before: list[Any] | None = None

    def enter(self) -> None:
        """Every key at once and unchanged, and no translation of what is written (a line feed moves
        straight down)."""
        try:
            before = termios.tcgetattr(self._fd)
            raw = [*before[:_CC], list(before[_CC])]
            raw[_IFLAG] &= ~(termios.ICRNL | termios.INLCR | termios.IGNCR | termios.ISTRIP)
            if not self._keep_flow_control:
                raw[_IFLAG] &= ~_FLOW
            raw[_OFLAG] &= ~termios.OPOST
            raw[_LFLAG] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN | termios.ISIG)
            raw[_CC][termios.VMIN], raw[_CC][termios.VTIME] = 1, 0
            termios.tcsetattr(self._fd, termios.TCSANOW, raw)
        except termios.error:
            return
        self._before = self._before or before

    def restore(self) -> None:
        """The settings from before, once."""
        before, self._before = self._before, None
        if before is not None:
            try:
                termios.tcsetattr(self._fd, termios.TCSANOW, before)
            except termios.error:
                pass  # the terminal is gone

    def drop_input(self) -> None:
        """Throw away what was typed and not read."""
        self._flush(termios.TCIFLUSH)

    def drop_output(self) -> None:
        """Throw away what was written and not sent."""
        self._flush(termios.TCOFLUSH)

    def _flush(self, queue: int) -> None:
        try:
            termios.tcflush(self._fd, queue)
        except termios.error:
            pass  # not a terminal, or gone
