"""What was brought home from visits to kernel B: a folder for each visit, for root's eyes only.

The names come from kernel B, whose word may be anything: none of them leads out of the folder.
"""

import os
import re
import shutil
import time
from collections.abc import Mapping
from pathlib import Path

from kjtui.backend import files as disk

FOLDER = "/var/lib/kjtui/visits"
NEWEST = 20  # visits that are kept
_LONGEST = 255  # NAME_MAX, bytes
_VISIT = re.compile(r"\d{4}-\d{2}-\d{2}-\d{6}(-\d+)?")
_UNFINISHED = ".unfinished"


def keep(brought: Mapping[str, bytes], now: time.struct_time, root: Path = Path("/")) -> str:
    """Write what was brought home into a new folder of its own. Its path. Raises KjtuiError.

    The folder has its name only when all that is in it is on the disk: after a power cut it is whole or not
    there.
    """
    home = root / FOLDER.lstrip("/")
    unfinished = home / _UNFINISHED
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        for name, data in brought.items():
            write(unfinished / harmless(name), data)
        flush(unfinished)
        name = _free(home, time.strftime("%Y-%m-%d-%H%M%S", now))
        unfinished.rename(home / name)
        flush(home)
    except OSError as error:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise disk.trouble(FOLDER, "written", error) from None
    _forget(home, name)
    return f"{FOLDER}/{name}"


def write(place: Path, data: bytes) -> None:
    """A new file for its owner's eyes only, and on the disk. Raises OSError, also where one is there."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with open(os.open(place, flags, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def flush(folder: Path) -> None:
    """See the names in a folder on the disk (fsync(2)). Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def harmless(name: str) -> str:
    """A name that stays in its folder and can be printed: what is otherwise becomes "_"."""
    clean = "".join(one if one.isprintable() and one != "/" else "_" for one in name)
    clean = clean.encode("utf-8", "replace")[:_LONGEST].decode("utf-8", "ignore")
    return clean if clean.strip(".") else "_"


def _free(home: Path, name: str) -> str:
    """The name, with a number behind it where two visits ended in the same second."""
    number, free = 1, name
    while os.path.lexists(home / free):
        number += 1
        free = f"{name}-{number}"
    return free


def _forget(home: Path, latest: str) -> None:
    """Remove the oldest visits beyond those that are kept; what has another kind of name is not ours."""
    try:
        names = [one for one in os.listdir(home) if _VISIT.fullmatch(one) and one != latest]
        for name in sorted(names, key=lambda one: os.lstat(home / one).st_mtime)[: -(NEWEST - 1)]:
            shutil.rmtree(home / name, ignore_errors=True)
    except OSError:
        pass  # more are kept than need be
