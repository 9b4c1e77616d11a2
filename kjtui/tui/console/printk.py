"""Keeping the kernel's messages off the screen while the app draws on it.

Only a kernel console gets them: a virtual terminal or a serial line named in console=. The messages are not
lost, dmesg has them all (syslog(2), SYSLOG_ACTION_CONSOLE_LEVEL).
"""

import re
from pathlib import Path

_EMERGENCIES_ONLY = "1"


def is_kernel_console(tty: str, consoles: str) -> bool:
    """Whether the kernel writes its messages to this terminal.

    tty: its path, as /dev/ttyS0. consoles: the text of /proc/consoles, which lists tty0 for the virtual
    terminals.
    """
    name = tty.removeprefix("/dev/")
    if name == "console":
        return True
    names = {line.split()[0] for line in consoles.splitlines() if line.strip()}
    return name in names or ("tty0" in names and re.fullmatch(r"tty\d+", name) is not None)


class KernelMessages:
    """Lowers console_loglevel and puts it back.

    printk: the file /proc/sys/kernel/printk, whose first number is the level. What may not be written is
    left alone: a message across the screen is no reason to stop.
    """

    def __init__(self, printk: Path = Path("/proc/sys/kernel/printk")) -> None:
        self._printk = printk
        self._before: str | None = None

    def quiet(self) -> None:
        """Let only emergencies through."""
        level = self._level()
        if (
            self._before is None
            and level not in (None, "0", _EMERGENCIES_ONLY)
            and self._write(_EMERGENCIES_ONLY)
        ):
            self._before = level

    def restore(self) -> None:
        """The level from before, unless somebody else has changed it meanwhile."""
        before, self._before = self._before, None
        if before is not None and self._level() == _EMERGENCIES_ONLY:
            self._write(before)

    def _level(self) -> str | None:
        try:
            return self._printk.read_text().split()[0]
        except (OSError, IndexError):
            return None

    def _write(self, level: str) -> bool:
        try:
            self._printk.write_text(level + "\n")
        except OSError:
            return False
        return True
