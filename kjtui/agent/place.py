"""The place that an image is written to: a device, or a file on a file system mounted for it alone."""

import contextlib
import os
from dataclasses import replace

from kjtui.agent import extents, nfs
from kjtui.agent.nfs import FOLDER
from kjtui.agent.target import find
from kjtui.agent.visit import Visit
from kjtui.backend import syscalls
from kjtui.backend.medium import Medium, open_image, trouble
from kjtui.errors import KjtuiError
from kjtui.imagefile import manifest as manifests
from kjtui.imagefile import pointer
from kjtui.imagefile.header import BLOCK, State, block, decode, is_swap
from kjtui.model.saved import Errand, Target
from kjtui.model.saved import Medium as Kind

_SPARE = 8 << 20  # bytes of a file system that are left free


class Place:
    """A partition, a disk, or a swap area, open for this process alone. medium: what is written to."""

    def __init__(self, device: str) -> None:
        self.medium = Medium(device, writable=True)
        self._device = device

    def commit(self) -> None:
        """An image is on it, head and all: now it can be found. Raises KjtuiError."""

    def give_up(self) -> None:
        """Nothing came of it: the medium is as it was, or says that there is no image. Never raises."""
        self.medium.close()

    def discard(self) -> None:
        """What was committed must not be gone back to. Raises KjtuiError."""
        first = self.medium.first_block()
        self.medium.write_first_block(block(replace(decode(first), state=State.EMPTY), first))

    def close(self) -> None:
        """Nothing is done with it any more."""
        self.medium.close()


class _File(Place):
    """A file on a file system that is mounted for it alone. _path: where it is."""

    _path: str

    def _clear_away(self) -> None:
        """Remove it, and unmount what it is on. Never raises."""
        with contextlib.suppress(OSError):
            os.unlink(self._path)
        with contextlib.suppress(KjtuiError):
            syscalls.unmount(FOLDER)


class FileOnDisk(_File):
    """A file on a file system that nobody has mounted. While it is written, this kernel has.

    It is found again by its blocks, see kjtui.imagefile.pointer, which are told last of all.
    """

    def __init__(self, device: str, name: str, size: int) -> None:
        self._device = device
        self._path = f"{FOLDER}/{name}"
        self._forget()
        os.makedirs(FOLDER, exist_ok=True)
        syscalls.mount(device, FOLDER, "ext4")
        try:
            self._make(size)
            self.medium = Medium(self._path, writable=True)
        except BaseException:
            self._clear_away()
            raise

    def _forget(self) -> None:
        """An image that was there before is none any more, before its file goes. Raises KjtuiError."""
        whole = Medium(self._device, writable=True)
        try:
            first = whole.first_block()
            if pointer.points(first):
                whole.write_first_block(bytes(pointer.SECTOR) + first[pointer.SECTOR :])
        finally:
            whole.close()

    def _make(self, size: int) -> None:
        """Make the file anew, with all its blocks. Raises KjtuiError."""
        try:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._path)
            status = os.statvfs(FOLDER)
            size = min(size, status.f_bavail * status.f_frsize - _SPARE) // BLOCK * BLOCK
            if size <= pointer.MAP_END:
                raise KjtuiError("The place for the image is full", f"{self._device} has no free space.")
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            try:
                os.posix_fallocate(file, 0, size)
                os.fsync(file)
            finally:
                os.close(file)
        except OSError as error:
            raise trouble(self._device, error) from None

    def commit(self) -> None:
        """Tell where its blocks are. Raises KjtuiError."""
        self.medium.flush()
        end = decode(self.medium.first_block()).end
        try:
            os.ftruncate(self.medium.file, end)
            os.fsync(self.medium.file)
            sector, table = pointer.encode(extents.of_file(self.medium.file))
        except OSError as error:
            raise trouble(self._device, error) from None
        for at in range(0, len(table), BLOCK):
            self.medium.write_block(table[at : at + BLOCK], pointer.MAP_AT + at)
        head = self.medium.first_block()
        self.medium.close()
        syscalls.unmount(FOLDER)
        whole = Medium(self._device, writable=True)
        try:
            whole.write_first_block(sector + whole.first_block()[pointer.SECTOR :])
        finally:
            whole.close()
        self.medium = open_image(self._device, writable=True)
        if self.medium.first_block() != head:
            self._forget()
            raise KjtuiError(
                "The image cannot be found again",
                f"What is on {self._device} at the place of its file is not what was written to it.",
                "Take another place.",
            )

    def give_up(self) -> None:
        """Remove the file, and with it all that is in it. Never raises."""
        with contextlib.suppress(OSError):
            self.medium.close()
        if os.path.ismount(FOLDER):
            self._clear_away()
        else:
            with contextlib.suppress(KjtuiError):
                self._forget()


class FileOnServer(_File):
    """A file on an export of a server. It takes its name only when an image is in it."""

    def __init__(self, target: Target) -> None:
        self._device = target.name
        self._name = nfs.mount(target)
        self._path = f"{self._name}.new"
        try:
            status = os.statvfs(FOLDER)
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            os.ftruncate(file, max(status.f_bavail * status.f_frsize - _SPARE, BLOCK) // BLOCK * BLOCK)
            os.close(file)
            self.medium = Medium(self._path, writable=True)
        except OSError as error:
            self._clear_away()
            raise trouble(target.name, error) from None
        except KjtuiError:
            self._clear_away()
            raise

    def commit(self) -> None:
        """Give it its name, in place of an older one. Raises KjtuiError."""
        self.medium.flush()
        try:
            os.ftruncate(self.medium.file, decode(self.medium.first_block()).end)
            os.fsync(self.medium.file)
            new, self._path = self._path, self._name  # should the answer be lost, it may have that name
            os.rename(new, self._name)
        except OSError as error:
            raise trouble(self._device, error) from None

    def give_up(self) -> None:
        """Remove the file. Never raises; a server that is gone keeps what it has."""
        with contextlib.suppress(OSError):
            self.medium.close()
            os.unlink(f"{self._name}.new")
        self._clear_away()

    def close(self) -> None:
        """Leave the server."""
        self.medium.close()
        with contextlib.suppress(KjtuiError):
            syscalls.unmount(FOLDER)


def open_image_of(visit: Visit, target: Target) -> Medium:
    """The image of a target, to be read and marked as used up. Raises KjtuiError."""
    if target.medium is Kind.NFS:
        return Medium(nfs.mount(target), writable=True)
    disk, part = find(target, visit.tick)
    if not visit.guard.open_for_image(disk, part):
        raise KjtuiError("The image's medium cannot be written to", f"{part} is read-only.")
    return open_image(f"/dev/{part}", writable=True)


def open_place(visit: Visit, errand: Errand) -> Place:
    """The place of an errand, for this process alone. Raises KjtuiError."""
    target = errand.target
    if target.medium is Kind.NFS:
        return FileOnServer(target)
    disk, part = find(target, visit.tick)
    if not visit.guard.open_for_image(disk, part):
        raise KjtuiError(
            "The place for the image cannot be written to",
            f"{target.name} ({part} here) is read-only.",
            "Look for a switch on it, or take another place.",
        )
    if target.medium is Kind.FILE:
        most = sum(span.size for span in manifests.saved_memory(errand.manifest))
        size = most + most // 64 + 16 * _SPARE
        return FileOnDisk(f"/dev/{part}", target.path, size)
    place = Place(f"/dev/{part}")
    if target.medium is Kind.SWAP and not is_swap(place.medium.first_block()):
        place.close()
        raise KjtuiError(
            "The place for the image is no swap area here",
            f"{target.name} ({part} here) has not the mark of one: it may be another partition.",
            "Nothing was written. Take another place.",
        )
    return place
