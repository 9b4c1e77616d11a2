"""The medium of an image: opened, read and written past the cache, so that what is read is what is on it."""

import errno
import mmap
import os
import queue
import threading
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence

from kjtui.errors import KjtuiError
from kjtui.imagefile import pointer
from kjtui.imagefile.header import BLOCK
from kjtui.imagefile.pointer import Extent

CHUNK = 4 << 20  # bytes read and written at once
_LOOK = 0.5  # seconds of waiting after which somebody may want to end it
_LAST = 5.0  # seconds for what is on its way when all is given up


class Medium:
    """An open medium. Offsets are bytes from its start; size is what it has.

    extents: where on the device it is, for a file whose device was opened; () for all of what was opened.
    """

    def __init__(self, path: str, writable: bool = False, extents: Sequence[Extent] = ()) -> None:
        flags = (os.O_RDWR | os.O_EXCL if writable else os.O_RDONLY) | os.O_CLOEXEC
        try:
            self.file = _open(path, flags)
        except OSError as error:
            raise trouble(path, error) from None
        self.path = path
        self._extents = tuple(extents)
        self._starts = [one.offset for one in self._extents]
        self.size = (
            self._extents[-1].offset + self._extents[-1].size
            if extents
            else os.lseek(self.file, 0, os.SEEK_END)
        )
        self._block = mmap.mmap(-1, BLOCK)

    def read(self, buffer: memoryview, at: int) -> int:
        """Fill a buffer with what begins there; the bytes that were had. Raises OSError."""
        if not self._extents:
            return os.preadv(self.file, [buffer], at)
        done = 0
        for place, size in self._parts(at, len(buffer)):
            got = os.preadv(self.file, [buffer[done : done + size]], place)
            done += got
            if got < size:
                break
        return done

    def write(self, buffer: memoryview, at: int) -> None:
        """Write all of a buffer there. Raises OSError."""
        parts = self._parts(at, len(buffer)) if self._extents else [(at, len(buffer))]
        done = 0
        for place, size in parts:
            if os.pwritev(self.file, [buffer[done : done + size]], place) != size:
                break
            done += size
        if done != len(buffer):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _parts(self, at: int, size: int) -> Iterator[tuple[int, int]]:
        """Where on the device so many bytes of the file are: (offset, bytes) of each part."""
        number = bisect_right(self._starts, at) - 1
        while size > 0 and number < len(self._extents):
            one = self._extents[number]
            inside = at - one.offset
            part = min(size, one.size - inside)
            if part <= 0:
                return
            yield one.place + inside, part
            at += part
            size -= part
            number += 1

    def first_block(self) -> bytes:
        """The block with the head. Raises KjtuiError."""
        try:
            self.read(memoryview(self._block), 0)
        except OSError as error:
            raise trouble(self.path, error) from None
        return self._block[:]

    def write_first_block(self, data: bytes) -> None:
        """Write the head, with all that was written before on the medium first. Raises KjtuiError."""
        self.write_block(data, 0)

    def write_block(self, data: bytes, at: int) -> None:
        """Write a block, with all that was written before on the medium first. Raises KjtuiError."""
        self.flush()
        self._block[:] = data
        try:
            self.write(memoryview(self._block), at)
        except OSError as error:
            raise trouble(self.path, error) from None
        self.flush()

    def flush(self) -> None:
        """Everything written so far is on the medium when this returns. Raises KjtuiError."""
        try:
            os.fdatasync(self.file)
        except OSError as error:
            raise trouble(self.path, error) from None

    def close(self) -> None:
        """Nothing is done with it any more."""
        os.close(self.file)


def open_image(path: str, writable: bool = False) -> Medium:
    """The medium of an image that may be there: a device or a file, or a file on this device, by its map.

    Raises KjtuiError.
    """
    whole = Medium(path, writable)
    try:
        first = whole.first_block()
        if not pointer.points(first):
            return whole
        place, size = pointer.decode(first)
        table = b"".join(bytes(chunk) for _, chunk in inflow(whole, place, place + size))
        extents = pointer.decode_map(table, place, whole.size)
    except KjtuiError:
        whole.close()
        raise
    whole.close()
    return Medium(path, writable, extents)


class Outflow:
    """Bytes one after the other onto a medium, from an offset on; a thread of its own writes.

    at: the offset of the next byte. look: called again and again while a slow medium is waited for; what it
    raises ends the waiting.
    """

    def __init__(self, medium: Medium, at: int, look: Callable[[], object] = lambda: None) -> None:
        self.at = at
        self._look = look
        self._medium = medium
        self._start = at  # of the buffer that is being filled
        self._buffers = [mmap.mmap(-1, CHUNK) for _ in range(3)]
        self._free: queue.SimpleQueue[mmap.mmap] = queue.SimpleQueue()
        for one in self._buffers[1:]:
            self._free.put(one)
        self._full: queue.SimpleQueue[tuple[mmap.mmap, int, int] | None] = queue.SimpleQueue()
        self._buffer = self._buffers[0]
        self._failure: KjtuiError | None = None
        self._thread = threading.Thread(target=self._write, daemon=True)
        self._thread.start()

    def add(self, data: bytes) -> int:
        """Write these bytes next; the offset that they will have. Raises KjtuiError, of earlier ones too."""
        place = self.at
        if place + len(data) + BLOCK > self._medium.size:
            raise KjtuiError(
                "The place for the image is full",
                f"{self._medium.path} has {self._medium.size >> 20} MiB, and more are needed.",
                "Take a larger place.",
            )
        view = memoryview(data)
        while view:
            inside = self.at - self._start
            piece = view[: CHUNK - inside]
            self._buffer[inside : inside + len(piece)] = piece
            self.at += len(piece)
            view = view[len(piece) :]
            if self.at - self._start == CHUNK:
                self._pass_on(CHUNK)
        return place

    def end(self) -> None:
        """Write the rest, up to a whole block, and wait for it. Raises KjtuiError."""
        inside = self.at - self._start
        if inside:
            size = -(-inside // BLOCK) * BLOCK
            self._buffer[inside:size] = bytes(size - inside)
            self._pass_on(size)
        self._full.put(None)
        while self._thread.is_alive():
            self._thread.join(_LOOK)
            self._look()
        if self._failure:
            raise self._failure

    def drop(self) -> None:
        """Give up: what is on its way is let go, a medium that does not answer is waited for no longer."""
        self._failure = self._failure or KjtuiError("Given up")
        self._full.put(None)
        self._thread.join(_LAST)

    def _pass_on(self, size: int) -> None:
        self._full.put((self._buffer, size, self._start))
        self._start += size
        while True:
            try:
                self._buffer = self._free.get(timeout=_LOOK)
                break
            except queue.Empty:
                self._look()
        if self._failure:
            raise self._failure

    def _write(self) -> None:
        while (work := self._full.get()) is not None:
            buffer, size, at = work
            if self._failure is None:
                try:
                    self._medium.write(memoryview(buffer)[:size], at)
                except OSError as error:
                    self._failure = trouble(self._medium.path, error)
            self._free.put(buffer)


def inflow(medium: Medium, start: int, end: int) -> Iterator[tuple[int, memoryview]]:
    """The bytes [start, end) of a medium in chunks, (offset, bytes); a thread of its own reads ahead.

    start: a multiple of 4 KiB. The bytes hold until the next chunk is asked for. Raises KjtuiError.
    """
    free: queue.SimpleQueue[mmap.mmap | None] = queue.SimpleQueue()
    full: queue.SimpleQueue[tuple[mmap.mmap, int] | KjtuiError] = queue.SimpleQueue()
    for _ in range(3):
        free.put(mmap.mmap(-1, CHUNK))

    def read() -> None:
        for at in range(start, end, CHUNK):
            buffer = free.get()
            if buffer is None:
                return
            wanted = -(-min(CHUNK, end - at) // BLOCK) * BLOCK
            try:
                got = medium.read(memoryview(buffer)[:wanted], at)
            except OSError as error:
                full.put(trouble(medium.path, error))
                return
            if got < min(wanted, end - at):
                full.put(KjtuiError("The image is cut off", f"{medium.path} ends before it does."))
                return
            full.put((buffer, got))

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    try:
        for at in range(start, end, CHUNK):
            got = full.get()
            if isinstance(got, KjtuiError):
                raise got
            buffer, size = got
            yield at, memoryview(buffer)[: min(size, end - at)]
            free.put(buffer)
    finally:
        free.put(None)
        thread.join()


def _open(path: str, flags: int) -> int:
    try:
        return os.open(path, flags | os.O_DIRECT)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        return os.open(path, flags)  # a file system that always goes through the cache


def trouble(path: str, error: OSError) -> KjtuiError:
    """What an error of a medium means, for people."""
    if error.errno == errno.EBUSY:
        return KjtuiError(
            "The medium of the image is in use",
            f"{path} is mounted, or another program has it.",
            "Unmount it, then do this again.",
        )
    return KjtuiError(
        "The medium of the image does not work",
        f"{path}: {error.strerror}.",
        "Look at its cable and its state (smartctl), or take another place.",
    )
