"""What is left of the kernel log of the boot before this one."""

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from kjtui.backend.probe.identity import uptime, wall_clock
from kjtui.backend.probe.kernellog import parse_printed
from kjtui.backend.probe.source import REAL_ROOT, Source
from kjtui.errors import KjtuiError
from kjtui.model.facts import LogLine

PSTORE = "/sys/fs/pstore"
KEPT = "/var/lib/systemd/pstore"  # systemd-pstore(8) moves it here when the system starts
_JOURNALS = ("/var/log/journal", "/run/log/journal")  # of each machine id (systemd-journald(8))
_PART = re.compile(r"\w+#(\d{1,9}) Part(\d{1,9})")  # fs/pstore/platform.c: which dump, parts newest first
_MOST = 300  # lines
_DUMP = 1 << 20  # bytes of one file
_EARLY = 300.0  # seconds: systemd-pstore runs soon after the start
_JOURNALCTL = (
    *("journalctl", "--dmesg", "--boot=-1", "--output=short-monotonic"),
    *(f"--lines={_MOST}", "--no-pager", "--quiet"),
)
_TIMEOUT = 10.0  # seconds
_HOST = re.compile(r"^(\[\s*[0-9.]+\]) \S+ kernel: ")


def previous_log(root: Path = REAL_ROOT) -> tuple[LogLine, ...]:
    """Its last 300 lines, oldest first: what the dying kernel left (pstore), or else journald; or ().

    Raises KjtuiError where nothing was found and a place may not be read: then there may be something.
    """
    source = Source(root)
    dumps = _dumps(source) or _kept(source)
    if dumps:
        return parse_printed(line for text in in_order(dumps) for line in text.splitlines())[-_MOST:]
    lines = parse_journal(_journal()) if source.real else ()
    if not lines:
        for folder in _JOURNALS:
            for name in source.names(folder):
                source.data(f"{folder}/{name}/system.journal", limit=1, optional=True)
        places = (PSTORE, KEPT, *_JOURNALS)
        hidden = {place: why for place, why in source.unreadable.items() if place.startswith(places)}
        if hidden:
            place, reason = min(hidden.items())
            raise KjtuiError(
                "The log of the boot before cannot be read", f"{place}: {reason}.", "Run kjtui as root."
            )
    return lines


def in_order(dumps: Sequence[str]) -> list[str]:
    """Dumps as they were written: by number, and from the last part to the first, which is the newest."""

    def place(text: str) -> tuple[int, int]:
        found = _PART.match(text)
        return (int(found[1]), -int(found[2])) if found else (0, 0)

    return sorted(dumps, key=place)


def parse_journal(text: str) -> tuple[LogLine, ...]:
    """journalctl's short-monotonic lines, "[   12.345678] host kernel: text"."""
    return parse_printed(_HOST.sub(r"\1 ", line) for line in text.splitlines())


def _dumps(source: Source) -> list[str]:
    names = [name for name in source.names(PSTORE) if name.startswith("dmesg-") and ".enc" not in name]
    return _texts(source, [f"{PSTORE}/{name}" for name in names])


def _kept(source: Source) -> list[str]:
    """Dumps that this boot has moved away: older ones speak of boots long gone."""
    now, since = wall_clock(source), uptime(source)
    if now is None or since is None:
        return []
    paths = []
    for folder in source.names(KEPT):
        paths.append(f"{KEPT}/{folder}/dmesg.txt")
        if source.is_folder(f"{KEPT}/{folder}"):
            paths += [f"{KEPT}/{folder}/{part}/dmesg.txt" for part in source.names(f"{KEPT}/{folder}")]
    moved = [(path, source.changed(path)) for path in paths]
    return _texts(source, [path for path, at in moved if at is not None and 0 <= at - (now - since) < _EARLY])


def _texts(source: Source, paths: Sequence[str]) -> list[str]:
    texts = (source.text(path, limit=_DUMP, optional=True) for path in paths)
    return [text for text in texts if text]


def _journal() -> str:
    """What journald kept, "" without journald, without rights, or where only this boot is kept."""
    try:
        done = subprocess.run(
            _JOURNALCTL, capture_output=True, timeout=_TIMEOUT, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode("utf-8", "backslashreplace") if done.returncode == 0 else ""
