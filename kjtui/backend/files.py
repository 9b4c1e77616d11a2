"""Writing files of the machine: at every moment, a power cut included, the old or the new one is whole.

Paths are absolute as the machine sees them, all links followed; root is the folder that stands for its "/".
"""

import errno
import os
from collections.abc import Callable
from pathlib import Path

from kjtui.backend.probe import mounts
from kjtui.backend.probe.source import Source
from kjtui.errors import KjtuiError

ROOT = Path("/")
_PIECE = 4096  # bytes written at once
_OPEN = os.O_CLOEXEC | os.O_NOFOLLOW
# File systems in which a file has no owner or mode of its own.
_OWNERLESS = ("vfat", "msdos", "exfat", "ntfs", "ntfs3", "fuseblk")
# They vouch for the old content: the kernel makes them anew, and a copy would make the file unreadable.
_VOUCHING = ("security.ima", "security.evm")
_NOT_THERE = (errno.ENOTSUP, errno.ENODATA, errno.ENOSYS)
_REFUSED = (errno.EPERM, errno.ENOTSUP, errno.EINVAL)
_FULL = ("the file system that it lies on is full", "Make room there: df -h {folder}")
_FORBIDDEN = (
    "it is not permitted",
    "Run kjtui as root. If it is root, something protects the file: lsattr -d {folder} {path}",
)
_LINK = (
    "it is a link to another file, and kjtui writes through no link",
    "Look where it leads: ls -l {path}",
)
_OTHER = ("the system refused it", "Look what the kernel says: dmesg | tail")
_WORDS = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EROFS: (
        "the file system that it lies on is read-only",
        "See why: findmnt -T {folder}; then make it writable: mount -o remount,rw and the mount point",
    ),
    errno.EACCES: _FORBIDDEN,
    errno.EPERM: _FORBIDDEN,
    errno.EIO: ("the disk reports an error", "Look what the kernel says of the disk: dmesg | tail"),
    errno.ENOENT: ("its folder {folder} is not there", "Look whether it should be mounted: ls -ld {folder}"),
    errno.EEXIST: ("something else has its name", "Look what it is: ls -ld {path}"),
    errno.ENOTDIR: ("a part of its path is a file, not a folder", "Look at the path: namei {path}"),
    errno.ELOOP: _LINK,
    errno.EISDIR: ("there is a folder in its place", "Look what it is: ls -ld {path}"),
}


def read(path: str, root: Path = ROOT) -> str | None:
    """Content of a file, UTF-8 with surrogateescape; None where there is none. Raises KjtuiError."""
    try:
        return _text(_place(path, root))
    except OSError as error:
        raise trouble(path, "read", error) from None


def leftover(path: str) -> str:
    """What the unfinished new file beside this one is called; a crash can leave one behind."""
    folder, name = os.path.split(path)
    return f"{folder.rstrip('/')}/.{name}.kjtui-new"


def sweep(path: str, root: Path = ROOT) -> None:
    """Remove what a power cut may have left beside a file. Never raises."""
    _discard(_new(_place(path, root)))


def replace(
    path: str, old: str | None, new: str | None, mode: int, uid: int, gid: int, root: Path = ROOT
) -> None:
    """Put a file's new content in the place of its old one, in one step, and wait until it is on the disk.

    old: what has to be there, None for no file. new: None removes the file. mode, uid, gid: as chmod(2) and
    chown(2) take them. Nothing is done where new is there already. Raises KjtuiError if the file holds
    neither, or for a fault of the disk; then the old file is in its place.
    """
    place = _place(path, root)
    try:
        if (present := _text(place)) == new:
            _discard(_new(place))  # what a power cut may have left beside it
            return
        if present != old:
            raise _changed(path)
        if new is None:
            _remove(place)
        else:
            _exchange(path, place, old, new, lambda descriptor: _dress(descriptor, place, mode, uid, gid))
    except OSError as error:
        raise trouble(path, "removed" if new is None else "written", error) from None


def make_folder(path: str, root: Path = ROOT) -> None:
    """Make a folder that is not there, and see its name on the disk. Raises KjtuiError."""
    place = _place(path, root)
    try:
        place.mkdir(mode=0o755, exist_ok=True)
        _keep_name(place.parent)
    except OSError as error:
        raise trouble(path, "made", error) from None


def remove_folder(path: str, root: Path = ROOT) -> None:
    """Remove a folder if it is there and nobody has put something in. Raises KjtuiError."""
    place = _place(path, root)
    try:
        place.rmdir()
        _keep_name(place.parent)
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.ENOTEMPTY, errno.EEXIST):
            raise trouble(path, "removed", error) from None


def append_line(path: str, text: str, root: Path = ROOT) -> None:
    """Append a line to a file for root's eyes only, and wait until it is on the disk. Raises KjtuiError.

    text: without a newline. The folder is made where it is missing.
    """
    place = _place(path, root)
    try:
        new = not place.exists()
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(place, os.O_WRONLY | os.O_APPEND | os.O_CREAT | _OPEN, 0o600)
        try:
            _write(descriptor, _separator(place) + f"{text}\n".encode("utf-8", "surrogateescape"))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if new:
            _keep_name(place.parent)
    except OSError as error:
        raise trouble(path, "written", error) from None


def write_private(path: str, text: str, root: Path = ROOT) -> None:
    """Write a file for root's eyes only, in one step, into a folder that is the same. Raises KjtuiError."""
    place = _place(path, root)
    try:
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _create(_new(place), text, lambda descriptor: os.fchmod(descriptor, 0o600))
        _into_place(place)
        _keep_name(place.parent)
    except OSError as error:
        raise trouble(path, "written", error) from None


def _exchange(path: str, place: Path, old: str | None, new: str, dress: Callable[[int], None]) -> None:
    """Make the new file, look once more whether the old one is as it was, and let the new one replace it."""
    _create(_new(place), new, dress)
    try:
        if _text(place) != old:
            raise _changed(path)
    except BaseException:
        _discard(_new(place))
        raise
    _into_place(place)
    try:
        _keep_name(place.parent)
    except OSError:
        _put_back(place, old, dress)
        raise


def _create(place: Path, text: str, dress: Callable[[int], None]) -> None:
    """A new file with all its content on the disk; none is left where that fails."""
    place.unlink(missing_ok=True)
    descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _OPEN, 0o600)
    try:
        try:
            _write(descriptor, text.encode("utf-8", "surrogateescape"))
            dress(descriptor)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except BaseException:
        _discard(place)
        raise


def _into_place(place: Path) -> None:
    try:
        os.replace(_new(place), place)
    except BaseException:
        _discard(_new(place))
        raise


def _put_back(place: Path, old: str | None, dress: Callable[[int], None]) -> None:
    """The new file may be lost with the power: better the old one for certain, if the disk still takes it."""
    try:
        if old is None:
            place.unlink()
        else:
            _create(_new(place), old, dress)
            _into_place(place)
    except OSError:
        pass  # what is told is the fault that came first


def _remove(place: Path) -> None:
    """The name goes first, so that it can come back while its end is not on the disk."""
    os.replace(place, _new(place))
    try:
        _keep_name(place.parent)
    except BaseException:
        os.replace(_new(place), place)
        raise
    _discard(_new(place))


def _discard(place: Path) -> None:
    try:
        os.unlink(place)
    except OSError:
        pass  # it stays beside the file, where nothing reads it


def _write(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data[:_PIECE]) :]


def _dress(descriptor: int, old: Path, mode: int, uid: int, gid: int) -> None:
    """Owner, mode and extended attributes (the SELinux label, the access list) for the new file."""
    try:
        os.fchown(descriptor, uid, gid)
        os.fchmod(descriptor, mode)
    except OSError as error:
        if error.errno not in _REFUSED or not _ownerless(descriptor):
            raise
    for name in _attributes(old):
        if name not in _VOUCHING:
            try:
                os.setxattr(descriptor, name, os.getxattr(old, name, follow_symlinks=False))
            except OSError as error:
                if error.errno not in _NOT_THERE:
                    raise


def _attributes(old: Path) -> list[str]:
    try:
        return os.listxattr(old, follow_symlinks=False)
    except OSError as error:
        if error.errno in (*_NOT_THERE, errno.ENOENT):  # there was no file
            return []
        raise


def _ownerless(descriptor: int) -> bool:
    device = os.fstat(descriptor).st_dev
    number = f"{os.major(device)}:{os.minor(device)}"
    return any(line.number == number and line.mount.fstype in _OWNERLESS for line in mounts.read(Source()))


def _text(place: Path) -> str | None:
    """Content of a regular file that is no link."""
    try:
        descriptor = os.open(place, os.O_RDONLY | os.O_NONBLOCK | _OPEN)
    except FileNotFoundError:
        return None
    pieces = []
    try:
        while piece := os.read(descriptor, 1 << 20):
            pieces.append(piece)
    finally:
        os.close(descriptor)
    return b"".join(pieces).decode("utf-8", "surrogateescape")


def _separator(place: Path) -> bytes:
    """A newline where the last line was cut off by a power cut: only that line is lost then."""
    with place.open("rb") as file:
        if file.seek(0, os.SEEK_END) == 0:
            return b""
        file.seek(-1, os.SEEK_END)
        return b"" if file.read(1) == b"\n" else b"\n"


def _keep_name(folder: Path) -> None:
    """A new file's name is on the disk only after its folder is (fsync(2))."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _place(path: str, root: Path) -> Path:
    return root / path.lstrip("/")


def _new(place: Path) -> Path:
    return Path(leftover(str(place)))


def _changed(path: str) -> KjtuiError:
    return KjtuiError(
        f"{path} has changed since you saw the preview",
        f"{path} no longer holds what the preview was made from, so it was left as it is now.",
        "Look at the preview again: it is made anew from what is there now.",
    )


def trouble(path: str, done: str, error: OSError) -> KjtuiError:
    """A refused system call in words. done: what could not be done with the file ("written")."""
    places = {"folder": os.path.dirname(path) or "/", "path": path}
    reason, cure = _WORDS.get(error.errno or 0, _OTHER)
    technical = os.strerror(error.errno) if error.errno else str(error)
    name = errno.errorcode.get(error.errno or 0, "no number")
    return KjtuiError(
        f"{path} could not be {done}",
        f"{path}: {reason.format(**places)} ({name}: {technical}).",
        f"{cure.format(**places)}.",
    )
