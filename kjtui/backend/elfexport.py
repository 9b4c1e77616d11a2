"""Writing what an image holds as an ELF core, which crash(8) and drgn open."""

import contextlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from kjtui.backend.imagereader import stored_pieces, unpacked
from kjtui.backend.medium import Medium
from kjtui.errors import KjtuiError
from kjtui.imagefile import manifest as manifests
from kjtui.imagefile import pieces
from kjtui.imagefile.header import damaged
from kjtui.imagefile.seal import Seal
from kjtui.kexec import exchanged, freepages, notes, vmcore
from kjtui.model.memory import PAGE, RegionKind, Span
from kjtui.model.saved import Manifest

_ZERO = bytes(PAGE)
_SPARE = 16 << 20  # bytes that are left free


def size_of(manifest: Manifest) -> int:
    """Bytes that the file takes on its disk at most: pages of zeros and free ones take none."""
    own = sum(piece.size for piece in manifest.pieces)
    return own + sum(span.size for span in _moved(manifest)) + _SPARE


def _moved(manifest: Manifest) -> tuple[Span, ...]:
    """Memory of the system that gave its place to kernel B's; a reserved region holds nothing of it."""
    borrowed = manifest.region.kind is RegionKind.BORROWED
    return manifests.visited(manifest) if borrowed else (manifest.low,)


def write(medium: Medium, manifest: Manifest, key: bytes, path: Path, done: Callable[[int], None]) -> int:
    """Write the file, whole or not at all; the bytes of memory in it. done: is told those written so far.

    Where the system's list of the pages that changed places cannot be followed, the first 640 KiB and a
    borrowed region are not in the file. Raises KjtuiError, OSError, and what done raises.
    """
    if manifest.note is None:
        raise KjtuiError(
            "The image does not say where its system tells of itself",
            "Debuggers need VMCOREINFO, which its kernel did not have (CONFIG_VMCORE_INFO).",
        )
    free = shutil.disk_usage(path.parent).free
    if size_of(manifest) > free:
        raise KjtuiError(
            "There is not enough free space for the file",
            f"It takes up to {size_of(manifest) >> 20} MiB; {path.parent} has {free >> 20} MiB.",
            "Name a file on another disk.",
        )
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with unfinished.open("x+b") as file:
            os.fchmod(file.fileno(), 0o600)
            written = _write(medium, manifest, key, file.fileno(), done)
            os.fsync(file.fileno())
        unfinished.rename(path)
        return written
    finally:
        with contextlib.suppress(FileNotFoundError):
            unfinished.unlink()


def _write(medium: Medium, manifest: Manifest, key: bytes, file: int, done: Callable[[int], None]) -> int:
    moved = _moved(manifest)
    memory = sorted((*manifests.saved_memory(manifest), *moved))
    # The head's size does not depend on what is in the note or on addresses: memory is written first.
    note_size = manifest.note[1] if manifest.note else 0
    plan = vmcore.layout(memory, bytes(note_size), None)
    seal = Seal(key, manifest.id)
    os.ftruncate(file, plan.size)
    written = 0
    for number, stored in enumerate(stored_pieces(medium, manifest)):
        piece = manifest.pieces[number]
        if pieces.checksum(stored) != piece.checksum:
            raise damaged(f"piece {number} is not what was saved")
        content = memoryview(unpacked(seal, number, stored, piece))
        at = 0
        for run in piece.runs:
            _put(file, plan.place(run.start), content[at : at + run.size])
            at += run.size
        written += piece.size
        done(written)
    read = _Reader(file, plan)
    lacking = () if _moved_back(read, manifest, file, plan) else moved
    note = _note(read, manifest)
    direct = freepages.direct_map(note, read)
    os.pwrite(file, vmcore.layout(memory, note.ljust(note_size, b"\0"), direct, lacking).head, 0)
    return written


def _put(file: int, place: int, content: memoryview) -> None:
    """Write pages, those of zeros excepted."""
    begun = None
    for at in range(0, len(content) + PAGE, PAGE):
        page = content[at : at + PAGE]
        if len(page) and page != _ZERO[: len(page)]:
            begun = at if begun is None else begun
        elif begun is not None:
            os.pwrite(file, content[begun:at], place + begun)
            begun = None


class _Reader:
    """Reads memory back from the file, by physical address."""

    def __init__(self, file: int, plan: vmcore.Layout) -> None:
        self._file = file
        self._plan = plan

    def __call__(self, address: int, size: int) -> bytes:
        """Raises LookupError."""
        return os.pread(self._file, size, self._plan.place(address))


def _moved_back(read: _Reader, manifest: Manifest, file: int, plan: vmcore.Layout) -> bool:
    """Write what waited elsewhere to where it belongs; whether it was found."""
    belongs = _moved(manifest)
    try:
        for run in exchanged.runs(manifest.entry, read, manifests.visited(manifest)):
            if any(span.contains(run.span) for span in belongs):
                for number, page in enumerate(run.sources()):
                    _put(file, plan.place(run.destination + PAGE * number), memoryview(read(page, PAGE)))
    except (freepages.Unknown, LookupError):
        return False
    return True


def _note(read: _Reader, manifest: Manifest) -> bytes:
    """What is in VMCOREINFO. Raises KjtuiError."""
    assert manifest.note is not None
    try:
        data = read(*manifest.note)
    except LookupError as error:
        raise KjtuiError("What its system tells of itself is not in the image", f"{error}.") from None
    note = notes.found(data)
    if b"OSRELEASE=" not in note:
        raise KjtuiError("What its system tells of itself cannot be read", "It is no VMCOREINFO.")
    return note
