"""Reading files under a root that can be swapped, and keeping account of what could not be read."""

import os
import stat
from pathlib import Path

REAL_ROOT = Path("/")
MISSING = "there is no such file"


class Source:
    """A machine's files. Names are absolute paths as the machine sees them, e.g. /proc/cmdline.

    Nothing here raises for a missing or forbidden file: the answer is None, and `unreadable` holds the
    reason in plain words under the file's name. With `optional`, a missing file is an answer and not noted.
    """

    def __init__(self, root: Path = REAL_ROOT) -> None:
        self.root = root
        self.unreadable: dict[str, str] = {}

    @property
    def real(self) -> bool:
        """Whether this is the machine that runs us, so that system calls speak of the same machine."""
        return self.root == REAL_ROOT

    def path(self, name: str) -> Path:
        """Where a file of the machine is found from here."""
        return self.root / name.lstrip("/")

    def note(self, name: str, reason: str | OSError) -> None:
        """Remember why something could not be read."""
        self.unreadable[name] = _plain(reason) if isinstance(reason, OSError) else reason

    def data(self, name: str, *, limit: int = -1, optional: bool = False) -> bytes | None:
        """Content of a file, at most limit bytes of it."""
        try:
            with self.path(name).open("rb") as file:
                return file.read(limit)
        except FileNotFoundError as error:
            if not optional:
                self.note(name, error)
        except OSError as error:
            self.note(name, error)
        return None

    def text(self, name: str, *, optional: bool = False) -> str | None:
        """Content of a small text file, without white space around it."""
        data = self.data(name, optional=optional)
        return None if data is None else data.decode("utf-8", "replace").strip()

    def first(self, *names: str) -> str | None:
        """Content of the first of several text files that is there; the kernel moves some of them."""
        for name in names[:-1]:
            if (text := self.text(name, optional=True)) is not None:
                return text
        return self.text(names[-1])

    def number(self, *names: str, base: int = 10, optional: bool = False) -> int | None:
        """The number that the first of these files holds."""
        text = self.text(names[0], optional=optional) if len(names) == 1 else self.first(*names)
        if text is None:
            return None
        try:
            return int(text, base)
        except ValueError:
            self.note(names[-1], f"it holds no number: {text[:40]!r}")
            return None

    def is_file(self, name: str) -> bool:
        """Whether a regular file (or a link to one) is there. A forbidden folder is noted."""
        try:
            return stat.S_ISREG(self.path(name).stat().st_mode)
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as error:
            self.note(name, error)
            return False

    def names(self, folder: str) -> tuple[str, ...]:
        """The sorted names in a folder; empty if it is not there."""
        try:
            return tuple(sorted(os.listdir(self.path(folder))))
        except FileNotFoundError:
            return ()
        except OSError as error:
            self.note(folder, error)
            return ()


def _plain(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return MISSING
    if isinstance(error, PermissionError):
        return "not permitted; it takes more rights"
    return error.strerror or type(error).__name__
