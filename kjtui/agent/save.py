"""Saving kernel A's memory, and what is shown meanwhile."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from kjtui.agent import samemachine
from kjtui.agent.medium import Medium, Outflow, find
from kjtui.agent.memory import Memory
from kjtui.agent.visit import GoHome, Visit
from kjtui.backend import syscalls
from kjtui.errors import KjtuiError
from kjtui.imagefile import errand as errands
from kjtui.imagefile import manifest as manifests
from kjtui.imagefile import pieces
from kjtui.imagefile.header import BLOCK, Header, State, block, digest_of
from kjtui.imagefile.seal import Seal
from kjtui.kexec import freepages
from kjtui.model.memory import MIB, Span
from kjtui.model.saved import Errand, Piece, Task
from kjtui.model.word import WayHome

_FIRST = 1 << 20  # offset of the first piece: what a partition has at its start stays out of the way
_LEVEL = 1
_CANCEL = "cC\x1b"


def run(visit: Visit) -> None:
    """Save, then power off or go home. Raises GoHome, always."""
    errand = read_errand()
    try:
        medium = open_for_saving(visit, errand)
        try:
            saved = Saving(errand, medium, visit.entry, visit.consoles.write, _watch(visit)).save()
        finally:
            medium.close()
    except KjtuiError as error:
        raise GoHome(WayHome.ERROR, f"{error.title}. {error.detail}") from None
    visit.notes.append(saved)
    if errand.task is Task.HIBERNATE:
        visit.consoles.write("\r\n  Saved. Powering off.\r\n")
        syscalls.power_off()
    raise GoHome(WayHome.DONE)


def read_errand() -> Errand:
    """What this kernel was started for. Raises KjtuiError."""
    try:
        with open(f"/{errands.PATH}", "rb") as file:
            return errands.decode(file.read())
    except OSError as error:
        raise KjtuiError(
            "Kernel B has no errand", f"/{errands.PATH}: {error.strerror}.", "Begin again from kernel A."
        ) from None


def open_for_saving(visit: Visit, errand: Errand) -> Medium:
    """The medium, opened for this process alone. Raises KjtuiError."""
    disk, part = find(errand.target)
    if not visit.guard.open_for_image(disk, part):
        raise KjtuiError(
            "The place for the image cannot be written to",
            f"{errand.target.name} ({part} here) is read-only.",
            "Look for a switch on it, or take another place.",
        )
    return Medium(f"/dev/{part}", writable=True)


def _watch(visit: Visit) -> Callable[[], None]:
    """What is to be done again and again while saving: hear a key, feed watchdogs. Raises GoHome."""

    def look() -> None:
        visit.consoles.awake()  # saving is no idling, however long it takes
        pressed = visit.consoles.key(0)
        if pressed and pressed[0] in _CANCEL:
            raise GoHome(WayHome.KEY, "saving was cancelled; nothing is kept of it")
        visit.tick()

    return look


class Saving:
    """One image being saved. show: writes to the screen. look: called twice a second, may raise to end it."""

    def __init__(
        self,
        errand: Errand,
        medium: Medium,
        entry: int,
        show: Callable[[str], object],
        look: Callable[[], None],
    ) -> None:
        self._errand = errand
        self._medium = medium
        self._entry = entry
        self._show = show
        self._look = look

    def save(self) -> str:
        """Save all; a sentence about it. When it raises, nothing of an image is left. Raises KjtuiError."""
        medium = self._medium
        before = medium.first_block()
        head = Header(State.EMPTY, bytes.fromhex(self._errand.manifest.id), sealing=self._errand.sealing)
        head = replace(head, on_swap=_is_swap(before), created=self._errand.manifest.created)
        medium.write_first_block(block(head, before))
        memory = Memory(manifests.saved_memory(self._errand.manifest))
        flow = Outflow(medium, _FIRST)
        begun = time.monotonic()
        try:
            prints = samemachine.taken(self._errand.manifest.footprints, self._errand.manifest.disks)
            self._errand = replace(
                self._errand, manifest=replace(self._errand.manifest, footprints=tuple(prints))
            )
            spans, note = self._wanted(memory)
            saved = self._pieces(memory, flow, spans)
            finished = self._finish(flow, head, saved)
        except BaseException:
            flow.drop()
            raise
        finally:
            memory.close()
        medium.write_first_block(block(finished, before))
        took = time.monotonic() - begun
        size = sum(span.size for span in spans)
        return f"{size // MIB} MiB of memory in an image of {finished.end // MIB} MiB, {took:.1f} s{note}"

    def _wanted(self, memory: Memory) -> tuple[Sequence[Span], str]:
        """The memory to save, and what is to be said of that."""
        all_of_it = manifests.saved_memory(self._errand.manifest)
        if self._errand.note is None:
            return all_of_it, ""
        address, size = self._errand.note
        try:
            free = freepages.free_spans(_note(memory.read(address, size)), memory.read)
        except (freepages.Unknown, LookupError) as error:
            return all_of_it, f"; free memory was saved too, for {error}"
        return pieces.without(all_of_it, free), ""

    def _pieces(self, memory: Memory, flow: Outflow, spans: Sequence[Span]) -> list[Piece]:
        import zstandard

        seal = Seal(self._errand.key, self._errand.manifest.id)
        squeeze = zstandard.ZstdCompressor(level=_LEVEL).compress
        whole = sum(span.size for span in spans)
        progress = Progress(self._show, whole, "Saving")
        saved: list[Piece] = []
        done = 0
        for runs in pieces.cut(spans):
            size = sum(run.size for run in runs)
            if len(runs) == 1:
                stored = squeeze(memory.view(runs[0]))
            else:
                stored = squeeze(b"".join(memory.view(run) for run in runs))
            stored = seal.close(len(saved), stored)
            saved.append(Piece(flow.at, len(stored), size, pieces.digest(stored), runs))
            flow.add(stored)
            done += size
            if progress.due():
                progress.show(done)
                self._look()
        progress.show(done)
        return saved

    def _finish(self, flow: Outflow, head: Header, saved: Sequence[Piece]) -> Header:
        import zstandard

        errand = self._errand
        whole = replace(errand.manifest, entry=self._entry, pieces=tuple(saved))
        stored = zstandard.ZstdCompressor(level=3).compress(manifests.encode(whole))
        stored = Seal(errand.key, errand.manifest.id).close_manifest(stored)
        at = flow.add(stored)
        flow.end()
        self._medium.flush()
        state = State.VALID if errand.task is Task.HIBERNATE else State.SNAPSHOT
        end = -(-flow.at // BLOCK) * BLOCK
        return replace(
            head,
            state=state,
            manifest_at=at,
            manifest_size=len(stored),
            manifest_digest=digest_of(stored),
            end=end,
        )


class Progress:
    """A line that says how far something is, twice a second at most."""

    def __init__(self, show: Callable[[str], object], whole: int, what: str) -> None:
        self._show = show
        self._whole = max(whole, 1)
        self._what = what
        self._begun = self._shown = time.monotonic()

    def due(self) -> bool:
        """Whether half a second has passed since it was shown."""
        return time.monotonic() - self._shown >= 0.5

    def show(self, done: int) -> None:
        """So many bytes are done."""
        self._shown = time.monotonic()
        rate = done / max(self._shown - self._begun, 1e-3)
        left = (self._whole - done) / rate if rate else 0.0
        self._show(
            f"\r  {self._what}: {100 * done // self._whole:3} % of {self._whole // MIB} MiB, "
            f"{rate / MIB:.0f} MiB/s, {left:.0f} s left   "
        )


def _is_swap(first: bytes) -> bool:
    from kjtui.imagefile.header import SWAP_AT, SWAP_MARK, TAKEN_MARK

    return first[SWAP_AT:] in (SWAP_MARK, TAKEN_MARK)


def _note(data: bytes) -> bytes:
    """What is in an ELF note (name and description are padded to four bytes)."""
    name, size = int.from_bytes(data[0:4], "little"), int.from_bytes(data[4:8], "little")
    start = 12 + -(-name // 4) * 4
    return data[start : start + size]
