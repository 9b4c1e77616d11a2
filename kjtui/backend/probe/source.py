"""Reading files under a root that can be swapped, and keeping account of what could not be read."""

import errno
import functools
import io
import os
import re
import stat
from pathlib import Path

REAL_ROOT = Path("/")
MISSING = "there is no such file"
FORBIDDEN = "not permitted; it takes more rights"
MOST = 4 << 20  # bytes of one file: more than any list that the kernel gives of one machine
MOST_NAMES = 10_000  # of one folder
_CHUNK = 64 << 10
# Non-blocking: what claims to be a file must never hold us up, whatever it turns into meanwhile.
_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_PAGE = 4096
_AT_ONCE = ("/sys/", "/proc/sys/")  # a read gives a whole value, or a whole page
_KERNELS_OWN = ("/proc/", "/sys/")  # the kernel makes these files itself
_DIGITS = {10: re.compile(r"-?[0-9]{1,20}"), 16: re.compile(r"(0[xX])?[0-9a-fA-F]{1,16}")}
_LARGEST = 1 << 64
_WORDS = {
    errno.EISDIR: "it is a folder, not a file",
    errno.ENOTDIR: "a part of its path is a file, not a folder",
    errno.ELOOP: "it is a link that leads in a circle",
    errno.ENAMETOOLONG: "its name is too long",
}


class Source:
    """A machine's files. Names are absolute paths as the machine sees them, e.g. /proc/cmdline.

    Nothing here raises for a missing or forbidden file: the answer is None, and `unreadable` holds the
    reason in plain words under the file's name. With `optional`, a missing file is an answer and not noted.

    Only regular files are opened: a pipe would block, and opening a device may set something off. All text
    given out can be written as UTF-8; a byte that is not becomes a backslash escape such as \\xff.
    """

    def __init__(self, root: Path = REAL_ROOT) -> None:
        self.root = root
        self.unreadable: dict[str, str] = {}
        self._start = str(root).rstrip("/")
        self._odd: dict[str, str] = {}  # names given out with escapes → as they are in the folder

    @functools.cached_property
    def real(self) -> bool:
        """Whether this is the machine that runs us, so that system calls speak of the same machine."""
        return self.root == REAL_ROOT

    def path(self, name: str) -> Path:
        """Where a file of the machine is found from here."""
        return Path(self.place(name))

    def place(self, name: str) -> str:
        """Where a file of the machine is found from here, as text for the functions of os."""
        if self._odd:
            name = "/".join(self._odd.get(part, part) for part in name.split("/"))
        return f"{self._start}/{name.lstrip('/')}"

    def note(self, name: str, reason: str | OSError) -> None:
        """Remember why something could not be read."""
        self.unreadable[clean(name)] = clean(_plain(reason) if isinstance(reason, OSError) else reason)

    def open(self, name: str) -> io.FileIO:
        """A regular file, open for reading without a buffer. Raises OSError."""
        return io.FileIO(self._descriptor(name))

    def data(self, name: str, *, limit: int | None = None, optional: bool = False) -> bytes | None:
        """Content of a file, at most limit bytes of it; without one all, and a note if that is too much."""
        try:
            descriptor = self._descriptor(name)
            try:
                data = _read(descriptor, MOST + 1 if limit is None else limit, self._least(name))
            finally:
                os.close(descriptor)
        except FileNotFoundError as error:
            if not optional:
                self.note(name, error)
            return None
        except OSError as error:
            self.note(name, error)
            return None
        if limit is None and len(data) > MOST:
            self.note(name, f"only its first {MOST >> 20} MiB were read")
            return data[:MOST]
        return data

    def tail(self, name: str, size: int, *, optional: bool = False) -> bytes | None:
        """The last size bytes of a file on a disk."""
        try:
            with self.open(name) as file:
                file.seek(max(0, os.fstat(file.fileno()).st_size - size))
                return _read(file.fileno(), size)
        except FileNotFoundError as error:
            if not optional:
                self.note(name, error)
        except OSError as error:
            self.note(name, error)
        return None

    def piece(self, name: str, offset: int, size: int) -> bytes | None:
        """So many bytes of a file on a disk, from offset on; fewer where it ends before."""
        try:
            with self.open(name) as file:
                file.seek(offset)
                return _read(file.fileno(), size)
        except (OSError, OverflowError) as error:
            self.note(name, error if isinstance(error, OSError) else "no file is as long as that")
        return None

    def text(self, name: str, *, limit: int | None = None, optional: bool = False) -> str | None:
        """Content of a text file, without white space around it."""
        data = self.data(name, limit=limit, optional=optional)
        return None if data is None else decoded(data).strip()

    def first(self, *names: str) -> str | None:
        """Content of the first of several text files that is there; the kernel moves some of them."""
        for name in names[:-1]:
            if (text := self.text(name, optional=True)) is not None:
                return text
        return self.text(names[-1])

    def number(self, *names: str, base: int = 10, least: int = 0, optional: bool = False) -> int | None:
        """The whole number that the first of these files holds, at least `least` and below 2**64."""
        text = self.text(names[0], optional=optional) if len(names) == 1 else self.first(*names)
        if text is None:
            return None
        number = whole(text, base)
        if number is None:
            self.note(names[-1], f"it holds no number: {text[:40]!r}")
        elif number < least:
            self.note(names[-1], f"it holds a number that cannot be: {number}")
            return None
        return number

    def is_file(self, name: str) -> bool:
        """Whether a regular file (or a link to one) is there. A forbidden folder is noted."""
        return stat.S_ISREG(self._mode(name))

    def is_folder(self, name: str) -> bool:
        """Whether a folder (or a link to one) is there. A forbidden one above it is noted."""
        return stat.S_ISDIR(self._mode(name))

    def changed(self, name: str) -> float | None:
        """When a file was last written, in seconds since 1970."""
        try:
            return os.stat(self.place(name)).st_mtime
        except (OSError, ValueError):
            return None

    def size(self, name: str) -> int:
        """How many bytes a file has; 0 where that cannot be told."""
        try:
            return os.stat(self.place(name)).st_size
        except (OSError, ValueError):
            return 0

    def names(self, folder: str) -> tuple[str, ...]:
        """The sorted names in a folder; empty if it is not there."""
        try:
            raw = os.listdir(self.place(folder))
        except FileNotFoundError:
            return ()
        except (OSError, ValueError) as error:
            self.note(folder, _as_os_error(error))
            return ()
        if len(raw) > MOST_NAMES:
            self.note(folder, f"only {MOST_NAMES} of its {len(raw)} names were looked at")
        raw.sort()
        if "".join(raw).isascii():
            return tuple(raw[:MOST_NAMES])
        return tuple(sorted(self._given_out(one) for one in raw[:MOST_NAMES]))

    def link(self, name: str) -> str:
        """Where a link leads, as written in it; "" if there is no link."""
        try:
            return clean(os.readlink(self.place(name)))
        except (OSError, ValueError):
            return ""

    def resolved(self, name: str) -> str:
        """A path of the machine with all links followed; one that leads nowhere is kept."""
        try:
            real = os.path.realpath(self.place(name))
        except (OSError, ValueError):
            return name
        start = os.path.realpath(self._start or "/").rstrip("/")
        return clean(real.removeprefix(start))

    def _given_out(self, raw: str) -> str:
        name = clean(raw)
        if name != raw:
            self._odd[name] = raw
        return name

    def _mode(self, name: str) -> int:
        try:
            return os.stat(self.place(name)).st_mode
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return 0
        except OSError as error:
            self.note(name, error)
            return 0

    def _least(self, name: str) -> int:
        """How many bytes a read gives at least unless the file ends there."""
        return _PAGE if self.real and name.startswith(_AT_ONCE) else 1

    def _descriptor(self, name: str) -> int:
        place = self.place(name)
        try:
            if self.real and name.startswith(_KERNELS_OWN):
                return os.open(place, _FLAGS)  # nothing there blocks or sets something off
            mode = os.stat(place).st_mode
            if stat.S_ISREG(mode):
                return os.open(place, _FLAGS)
        except ValueError as error:  # a zero byte in the name, or one that cannot be encoded
            raise _as_os_error(error) from error
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, "Is a directory")
        raise OSError(0, "it is no regular file")


def clean(text: str) -> str:
    """Text from the system fit for any output: what is not UTF-8 becomes backslash escapes."""
    if text.isascii():
        return text
    try:
        raw = text.encode("utf-8", "surrogateescape")  # how Python keeps odd bytes of names (PEP 383)
    except UnicodeEncodeError:
        raw = text.encode("utf-8", "backslashreplace")
    return decoded(raw)


def decoded(data: bytes) -> str:
    """Bytes of a text file as text: what is not UTF-8 becomes backslash escapes."""
    return data.decode("utf-8", "backslashreplace")


def not_understood(lines: int, of: int) -> str:
    """Why a list is not complete: so many of its lines have another form than they should."""
    return f"{lines} of its {of} lines are not understood" if of else "it is empty"


def whole(text: str, base: int = 10) -> int | None:
    """The whole number that a text is, in ASCII digits; None for anything else or beyond 64 bits."""
    number = int(text, base) if _DIGITS[base].fullmatch(text) else None
    return number if number is not None and abs(number) < _LARGEST else None


def _read(descriptor: int, limit: int, least: int = 1) -> bytes:
    pieces = []
    while limit > 0 and (piece := os.read(descriptor, min(limit, _CHUNK))):
        pieces.append(piece)
        if len(piece) < least:
            break
        limit -= len(piece)
    return b"".join(pieces)


def _as_os_error(error: OSError | ValueError) -> OSError:
    return error if isinstance(error, OSError) else OSError(0, "no file can have this name")


def _plain(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return MISSING
    if isinstance(error, PermissionError):
        return FORBIDDEN
    return _WORDS.get(error.errno or 0) or error.strerror or type(error).__name__
