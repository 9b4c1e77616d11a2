"""What outlives a restart: the journal of changes, and what is waited for. Both are for root's eyes only."""

import fcntl
import json
import os
from pathlib import Path

from kjtui.backend import files
from kjtui.backend.recorded import decode, encode
from kjtui.errors import KjtuiError
from kjtui.model.change import ChangeLine, Event, Remembered

CHANGES = "/var/lib/kjtui/changes.jsonl"
STATE = "/var/lib/kjtui/state.json"
LOCK = "/var/lib/kjtui/changes.lock"
VERSION = 1
_held: dict[Path, int] = {}  # root → the lock's open file, while this process changes something


def add(line: ChangeLine, root: Path) -> None:
    """Append a line to the journal of changes, and wait until it is on the disk. Raises KjtuiError.

    From the beginning of a change to its end no other process can begin one.
    """
    ends = line.event in (Event.DONE, Event.UNDONE)
    if not ends:
        _take_lock(root)
    files.append_line(CHANGES, json.dumps({"version": VERSION, **_object(line)}), root)
    if ends and (lock := _held.pop(root, None)) is not None:
        os.close(lock)


def _take_lock(root: Path) -> None:
    """Keep others from changing something until all is done or this process has ended. Raises KjtuiError."""
    if root in _held:
        return
    place = root / LOCK.lstrip("/")
    try:
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(place, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise files.trouble(LOCK, "written", error) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise KjtuiError(
            "Another kjtui is changing something on this machine",
            f"It holds {LOCK}.",
            "Wait until it has ended; pgrep -a kjtui shows it.",
        ) from None
    _held[root] = lock


def _others_are_at_it(root: Path) -> bool:
    """Whether another process is in the middle of a change."""
    if root in _held:
        return False
    try:
        lock = os.open(root / LOCK.lstrip("/"), os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return False
    except OSError:
        return True
    finally:
        os.close(lock)


def lines(root: Path) -> tuple[ChangeLine, ...]:
    """The journal of changes, oldest first. Lines that are broken, such as one cut off, are passed over, and
    what another process is in the middle of.

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
    if _others_are_at_it(root):
        last = {line.change: line.event for line in found if line.event is not Event.FAILED}
        found = [line for line in found if last.get(line.change) in (Event.DONE, Event.UNDONE)]
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
