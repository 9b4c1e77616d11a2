"""Writing kjtui's journal: what was begun and how it ended, so that it is known after a crash, too.

One JSON object per line: version, and the fields of kjtui.model.facts.JournalEntry. Each line is on the disk
before what it announces begins.
"""

import json
from dataclasses import asdict
from pathlib import Path

from kjtui.backend import files
from kjtui.errors import KjtuiError
from kjtui.model.facts import JournalEntry

PATH = "/var/lib/kjtui/journal.jsonl"
VERSION = 1


def add(entry: JournalEntry, root: Path = Path("/")) -> None:
    """Append a line and wait until it is on the disk (fsync(2)). For root's eyes only. Raises KjtuiError."""
    line = json.dumps({"version": VERSION, **asdict(entry)}, ensure_ascii=True)
    try:
        files.append_line(PATH, line, root)
    except KjtuiError as error:
        raise KjtuiError("The journal cannot be written", error.detail, error.hint) from None
