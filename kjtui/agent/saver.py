"""Saving memory to a medium."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from kjtui.agent import samemachine
from kjtui.agent.memory import Memory
from kjtui.agent.progress import Progress, pace
from kjtui.backend.medium import Medium, Outflow
from kjtui.imagefile import manifest as manifests
from kjtui.imagefile import pieces
from kjtui.imagefile.header import BLOCK, Header, State, block, digest_of, is_swap
from kjtui.imagefile.seal import Seal
from kjtui.kexec import exchanged, freepages, notes
from kjtui.model.memory import MIB, RegionKind, Span
from kjtui.model.saved import Errand, Piece, Task

FIRST = 1 << 20  # offset of the first piece: what a partition has at its start stays out of the way
_LEVEL = -1  # zstd's: less than half the time of 1, for an image of text that is a fifth larger


class Saver:
    """One image being saved. memory: A's, see kjtui.imagefile.manifest.saved_memory. entry: where A waits.

    show: writes to the screen. look: called twice a second, may raise to end it.
    """

    def __init__(
        self,
        errand: Errand,
        medium: Medium,
        memory: Memory,
        entry: int,
        show: Callable[[str], object],
        look: Callable[[], None],
    ) -> None:
        self._errand = errand
        self._medium = medium
        self._memory = memory
        self._entry = entry
        self._show = show
        self._look = look

    def save(self) -> str:
        """Save all; a sentence about it. When it raises, nothing of an image is left. Raises KjtuiError."""
        medium = self._medium
        before = medium.first_block()
        head = Header(State.EMPTY, bytes.fromhex(self._errand.manifest.id), sealing=self._errand.sealing)
        head = replace(head, on_swap=is_swap(before), created=self._errand.manifest.created)
        medium.write_first_block(block(head, before))
        flow = Outflow(medium, FIRST, self._look)
        begun = time.monotonic()
        try:
            prints = samemachine.taken(self._errand.manifest.footprints, self._errand.manifest.disks)
            self._errand = replace(
                self._errand, manifest=replace(self._errand.manifest, footprints=tuple(prints))
            )
            spans, note = self._wanted(self._memory)
            saved = self._pieces(flow, spans)
            finished = self._finish(flow, head, saved)
        except BaseException:
            flow.drop()
            raise
        took = time.monotonic() - begun
        medium.write_first_block(block(replace(finished, took=int(took * 1000)), before))
        size = sum(span.size for span in spans)
        image = finished.end // MIB
        return f"{size // MIB} MiB of memory, an image of {image} MiB, {pace(size, took)}{note}"

    def _wanted(self, memory: Memory) -> tuple[Sequence[Span], str]:
        """The memory to save, and what is to be said of that."""
        all_of_it = manifests.saved_memory(self._errand.manifest)
        free: Sequence[Span] = ()
        said = ""
        if self._errand.note is not None:
            address, size = self._errand.note
            try:
                free = freepages.free_spans(notes.found(memory.read(address, size)), memory.read)
            except (freepages.Unknown, LookupError) as error:
                said = f"; free memory was saved too, for {error}"
        return pieces.without(all_of_it, (*free, *self._waiting_for_nothing(memory, free))), said

    def _waiting_for_nothing(self, memory: Memory, free: Sequence[Span]) -> Sequence[Span]:
        """Memory that holds what was at kernel B's places before, and what nobody looks at there again."""
        manifest = self._errand.manifest
        region = manifest.region
        reserved = region.kind is RegionKind.RESERVED  # then nothing of A is ever in it
        unused = sorted((*free, region.span)) if reserved else free
        try:
            found = exchanged.runs(self._entry, memory.read, manifests.visited(manifest))
        except freepages.Unknown:
            return ()
        return exchanged.sources_of(found, unused)

    def _pieces(self, flow: Outflow, spans: Sequence[Span]) -> list[Piece]:
        import zstandard

        memory = self._memory
        seal = Seal(self._errand.key, self._errand.manifest.id)
        # Its own checksum is the quick one that is compared once more while memory is put back.
        squeeze = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True).compress
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
            saved.append(Piece(flow.at, len(stored), size, pieces.checksum(stored), runs))
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
