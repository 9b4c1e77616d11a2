"""Writing kjtui's journal: what was begun and how it ended, so that it is known after a crash, too.

One JSON object per line: version, and the fields of kjtui.model.facts.JournalEntry. Each line is on the disk
before what it announces begins.
"""

import json
import os
from dataclasses import asdict
from pathlib import Path

from kjtui.errors import KjtuiError
from kjtui.model.facts import JournalEntry

PATH = "/var/lib/kjtui/journal.jsonl"
VERSION = 1


def add(entry: JournalEntry, root: Path = Path("/")) -> None:
    """Append a line and wait until it is on the disk (fsync(2)). For root's eyes only. Raises KjtuiError."""
    path = root / PATH.lstrip("/")
    line = json.dumps({"version": VERSION, **asdict(entry)}, ensure_ascii=True) + "\n"
    try:
        new = not path.exists()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, _separator(path) + line.encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if new:
            _keep_name(path.parent)
    except OSError as error:
        raise KjtuiError(
            "The journal cannot be written",
            f"{PATH}: {error.strerror or error}.",
            "Run kjtui as root, and look whether /var is full or read-only.",
        ) from None


def _separator(path: Path) -> bytes:
    """A newline where the last line was cut off by a power cut: only that line is lost then."""
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) == 0:
            return b""
        file.seek(-1, os.SEEK_END)
        return b"" if file.read(1) == b"\n" else b"\n"


def _keep_name(folder: Path) -> None:
    """A new file's name is on the disk only after its folder is (fsync(2))."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
