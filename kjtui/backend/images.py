"""Images on this machine's media, as kernel A handles them."""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

from kjtui.backend import wholedisks
from kjtui.backend.medium import open_image
from kjtui.errors import KjtuiError
from kjtui.imagefile import pointer
from kjtui.imagefile.header import Header, State, block, carries, decode
from kjtui.model.saved import Medium as Kind
from kjtui.model.saved import Target

_FOLDER = "/sys/class/block"


@dataclass(frozen=True)
class Found:
    """An image, and where it is. name: of the device, or the path of a file.

    header: None where it is damaged, which fault then tells.
    """

    name: str
    target: Target
    header: Header | None
    fault: KjtuiError | None = None

    @property
    def path(self) -> str:
        """Where it is opened: a device, or a file on a server that is mounted."""
        return self.name if "/" in self.name else f"/dev/{self.name}"


def found() -> Iterator[Found]:
    """Every image on a disk or partition that is here."""
    for disk in wholedisks.disks():
        parts = {0: disk.name}
        for name in os.listdir(f"{_FOLDER}/{disk.name}"):
            try:
                with open(f"{_FOLDER}/{disk.name}/{name}/partition", encoding="ascii") as file:
                    parts[int(file.read())] = name
            except (OSError, ValueError):
                continue
        for number, name in parts.items():
            try:
                with open(f"/dev/{name}", "rb", buffering=0) as device:
                    first = device.read(4096)
                    size = device.seek(0, os.SEEK_END)
            except OSError:
                continue
            kind = Kind.PARTITION if number else Kind.DISK
            target = Target(kind, f"/dev/{name}", size, disk, number)
            if carries(first) or pointer.points(first):
                yield from _image(name, target, first)


def _image(name: str, target: Target, first: bytes) -> Iterator[Found]:
    """The image that a device's first block is of, or tells of, if there is one."""
    try:
        if pointer.points(first):
            size, first = _first(target.name)
            target = replace(target, medium=Kind.FILE, size=size)
        if carries(first):
            yield Found(name, target, decode(first))
    except KjtuiError as error:
        yield Found(name, target, None, error)


def in_file(path: str, target: Target) -> Found | None:
    """The image in a file on a server, None where there is none."""
    try:
        header = head(path)
    except KjtuiError as error:
        return Found(path, target, None, error) if os.path.exists(path) else None
    return Found(path, target, header) if header else None


def head(path: str) -> Header | None:
    """The head of the image on a device or in a file, None where there is none. Raises KjtuiError."""
    first = _first(path)[1]
    return decode(first) if carries(first) else None


def _first(path: str) -> tuple[int, bytes]:
    """Bytes of the medium that is there, and its first block. Raises KjtuiError."""
    medium = open_image(path)
    try:
        return medium.size, medium.first_block()
    finally:
        medium.close()


def waiting(path: str) -> str:
    """The saved system that can be gone back to from a device, in a few words; "" if there is none.

    Raises KjtuiError where the device cannot be read.
    """
    first = _first(path)[1]
    if not carries(first):
        return ""
    try:
        found = decode(first)
    except KjtuiError:
        return "what may have been a saved system; it is damaged"
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(found.created))
    return f"a system that was saved on {when}" if found.state is State.VALID else ""


def discard(path: str, name: str = "") -> bool:
    """Make an image one that nobody goes back to; whether there was one that somebody could have.

    name: the image's id in hex; another is left alone; "" for whichever there is. Raises KjtuiError.
    """
    found = head(path)
    if found is None or found.state is not State.VALID or (name and found.id.hex() != name):
        return False
    _rewrite(path, replace(found, state=State.EMPTY))
    if (after := head(path)) is None or after.state is State.VALID:
        raise KjtuiError("The image is still there", f"{path} does not keep what is written to it.")
    return True


def note_try(path: str) -> None:
    """Going back to an image begins: count that in its head. Raises KjtuiError."""
    if (found := head(path)) is not None:
        _rewrite(path, replace(found, tries=found.tries + 1))


def _rewrite(path: str, new: Header) -> None:
    medium = open_image(path, writable=True)
    try:
        medium.write_first_block(block(new, medium.first_block()))
    finally:
        medium.close()
