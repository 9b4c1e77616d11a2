"""An ordinary restart of this machine, with all programs ended and all file systems put to rest."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from kjtui.backend import tools
from kjtui.errors import KjtuiError

_SYSTEMD = "/run/systemd/system"  # there where systemd is the first process (sd_booted(3))
_PATIENCE = 60.0  # seconds: the programs only ask for the restart


def restart(root: Path = Path("/")) -> None:
    """Ask the service manager for a restart, and return while it is on its way. Raises KjtuiError."""
    command = next(_commands(root), None)
    detail = "None of systemctl, shutdown and reboot was found."
    if command is not None:
        try:
            # Only this one: what it refuses (an update may be running) must not be got by another way.
            tools.run(command, lambda _doing, _done: None, "asking for a restart", _PATIENCE)
            return
        except KjtuiError as error:
            detail = error.detail
    raise KjtuiError(
        "This machine could not be restarted",
        detail,
        "Restart it yourself: type reboot as root, or press its power button shortly.",
    )


def _commands(root: Path) -> Iterator[Sequence[str]]:
    """The commands that are there, the one that fits this system best first."""
    wanted: list[tuple[str, ...]] = [("shutdown", "-r", "now"), ("reboot",)]
    if (root / _SYSTEMD.lstrip("/")).is_dir():
        wanted.insert(0, ("systemctl", "reboot"))
    for name, *rest in wanted:
        if program := tools.find(name, root):
            yield (program, *rest)
