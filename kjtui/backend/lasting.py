"""What outlives a restart: the journal of changes, and what is waited for. Both are for root's eyes only."""

import json
from pathlib import Path

from kjtui.backend import files
from kjtui.backend.recorded import decode, encode
from kjtui.errors import KjtuiError
from kjtui.model.change import ChangeLine, Remembered

CHANGES = "/var/lib/kjtui/changes.jsonl"
STATE = "/var/lib/kjtui/state.json"
VERSION = 1


def add(line: ChangeLine, root: Path) -> None:
    """Append a line to the journal of changes, and wait until it is on the disk. Raises KjtuiError."""
    files.append_line(CHANGES, json.dumps({"version": VERSION, **_object(line)}), root)


def lines(root: Path) -> tuple[ChangeLine, ...]:
    """The journal of changes, oldest first. Lines that are broken, such as one cut off, are passed over.

    Raises KjtuiError where it may not be read.
    """
    found = []
    for text in (files.read(CHANGES, root) or "").splitlines():
        try:
            told = json.loads(text)
            if isinstance(told, dict) and told.pop("version", None) == VERSION:
                found.append(decode(ChangeLine, told, "line"))
        except (ValueError, RecursionError, KjtuiError):
            continue
    return tuple(found)


def keep(state: Remembered | None, root: Path) -> None:
    """Keep what is waited for in place of what was, or nothing. Raises KjtuiError."""
    if state is not None:
        files.write_private(STATE, json.dumps({"version": VERSION, **_object(state)}) + "\n", root)
    elif (now := files.read(STATE, root)) is not None:
        files.replace(STATE, now, None, 0o600, 0, 0, root)


def kept(root: Path) -> Remembered | None:
    """What is waited for, None if nothing is. Raises KjtuiError where that cannot be read or understood."""
    text = files.read(STATE, root)
    if text is None:
        return None
    try:
        told = json.loads(text)
        version = told.pop("version")
        if version != VERSION:
            raise _not_understood(f"its version is {version!r}; this kjtui knows {VERSION}")
        state: Remembered = decode(Remembered, told, "state")
    except (ValueError, AttributeError, KeyError, RecursionError, TypeError) as error:
        raise _not_understood(f"it is no JSON object of this form ({error})") from None
    except KjtuiError as error:
        raise _not_understood(error.detail) from None
    return state


def _object(value: ChangeLine | Remembered) -> dict[str, object]:
    told = encode(value)
    assert isinstance(told, dict)
    return told


def _not_understood(why: str) -> KjtuiError:
    return KjtuiError(
        "What was to be done after the restart is not known any more",
        f"{STATE}: {why}.",
        "Look at step 2, which shows what is reserved now, and remove that file.",
    )
