"""Looking into files that a person has named, and taking kernels out of what they come in."""

import os
import stat
from pathlib import Path

from kjtui.backend.probe import installed
from kjtui.backend.probe.source import Source
from kjtui.errors import KjtuiError
from kjtui.kexec import bzimage, ikconfig, uki
from kjtui.model.facts import InstalledKernel
from kjtui.model.files import FileHead

_UNREADABLE = "The kernel file cannot be read"
_GET = "Run kjtui as root, or install this kernel's package again."
_PIECE = 1 << 20  # bytes
_LARGEST_KERNEL = 1 << 30  # bytes: unified images with all drivers in them have some 200 MiB


def read_head(path: str, size: int, root: Path) -> FileHead:
    """The first size bytes of a regular file. Raises KjtuiError for anything else."""
    return _read(path, size, root, "The file cannot be read", "Choose another file.")


def read_kernel(path: str, root: Path) -> bytes:
    """A whole kernel file; of a unified kernel image the kernel in it. Raises KjtuiError."""
    head = _read(path, uki.HEAD, root, _UNREADABLE, _GET)
    if head.size > _LARGEST_KERNEL:
        raise KjtuiError(
            "This file is too large for a kernel",
            f"{path} has {head.size >> 20} MiB.",
            "Choose a kernel file, such as /boot/vmlinuz-VERSION.",
        )
    return uki.kernel(_read(path, head.size, root, _UNREADABLE, _GET).data)


def _read(path: str, size: int, root: Path, trouble: str, hint: str) -> FileHead:
    source = Source(root)
    try:
        with source.open(path) as file:
            status = os.fstat(file.fileno())
            data = bytearray()
            # In pieces: read() makes room for all that is asked for before it reads anything.
            while len(data) < size and (piece := file.read(min(size - len(data), _PIECE))):
                data += piece
    except OSError as error:
        source.note(path, error)
        raise KjtuiError(trouble, f"{path}: {source.unreadable.popitem()[1]}.", hint) from None
    anybody = stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH
    return FileHead(path, bytes(data), status.st_size, bool(status.st_mode & anybody))


def examine_kernel(path: str, root: Path, *, thorough: bool) -> InstalledKernel:
    """What a kernel file is good for. Raises KjtuiError that says what it is instead.

    thorough: read the whole file, and look in it for the configuration where no file has that: slow.
    """
    source = Source(root)
    found = installed.examine(source, path)
    if not thorough:
        return found
    data = read_kernel(path, root)
    bzimage.check(data, len(data))
    if found.can_be_b is not None or (embedded := ikconfig.embedded(data)) is None:
        return found
    return installed.describe(source, path, found.release, found.source, embedded)
