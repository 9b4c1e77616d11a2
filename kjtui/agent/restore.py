"""Putting kernel A's memory back from an image, and entering it."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from kjtui.agent import wayback
from kjtui.agent.imagereader import read_image, stored_pieces
from kjtui.agent.letter import Letter
from kjtui.agent.medium import Medium, find
from kjtui.agent.memory import Memory
from kjtui.agent.save import Progress, read_errand
from kjtui.agent.visit import Visit
from kjtui.backend import syscalls
from kjtui.errors import KjtuiError
from kjtui.imagefile import manifest as manifests
from kjtui.imagefile import pieces
from kjtui.imagefile.header import Header, State, block
from kjtui.imagefile.seal import Seal
from kjtui.kexec import iomem
from kjtui.model.memory import Span
from kjtui.model.saved import Errand, Manifest
from kjtui.model.word import WayHome

_FILL = bytes(1 << 20)


def run(visit: Visit) -> None:
    """Restore and enter kernel A; where that fails, restart: the image stays. Never returns."""
    try:
        restore(visit)
    except KjtuiError as error:
        visit.consoles.write(
            f"\r\n  {error.title}\r\n  {error.detail}\r\n"
            "  The image is kept. Restarting in the ordinary way.\r\n"
        )
        time.sleep(5)
    syscalls.restart()


def restore(visit: Visit) -> None:
    """Put everything back, mark the image as used, enter kernel A. Raises KjtuiError."""
    errand = read_errand()
    disk, part = find(errand.target)
    if not visit.guard.open_for_image(disk, part):
        raise KjtuiError("The image's medium cannot be written to", f"{part} is read-only.")
    medium = Medium(f"/dev/{part}", writable=True)
    first = medium.first_block()
    head, manifest = read_image(medium, errand.key)
    if manifest.id != errand.manifest.id or head.state is not State.VALID:
        raise KjtuiError("The image has changed", "It is not the one that was checked before.")
    _look_at_memory(manifest)
    Restoring(medium, head, manifest, errand, visit.consoles.write).put_back()
    medium.write_first_block(block(replace(head, state=State.SPENT), first))
    medium.close()
    letter = Letter(manifest.mailbox, False)
    letter.text = replace(letter.text, ready=visit.letter.text.ready)
    letter.leave(WayHome.RESTORED)
    wayback.prepare(manifest.entry, manifest.gdt)
    syscalls.reboot_kexec()


def _look_at_memory(manifest: Manifest) -> None:
    """This kernel must not live where kernel A's memory is to be put."""
    with open("/proc/iomem", encoding="ascii") as file:
        mine = iomem.ram(iomem.parse(file))
    clash = [span for span in manifests.saved_memory(manifest) if any(span.overlaps(one) for one in mine)]
    if clash:
        raise KjtuiError(
            "This kernel lies in the way", f"Kernel A's memory at {clash[0].start:#x} is this kernel's own."
        )


class Restoring:
    """One image being put back. show: writes to the screen."""

    def __init__(
        self, medium: Medium, head: Header, manifest: Manifest, errand: Errand, show: Callable[[str], object]
    ) -> None:
        self._medium = medium
        self._head = head
        self._manifest = manifest
        self._seal = Seal(errand.key, manifest.id)
        self._show = show

    def put_back(self) -> None:
        """Write every page. Raises KjtuiError; then memory is half the one and half the other."""
        import zstandard

        manifest = self._manifest
        expand = zstandard.ZstdDecompressor().decompress
        memory = Memory(manifests.saved_memory(manifest), writable=True)
        whole = sum(piece.size for piece in manifest.pieces)
        progress = Progress(self._show, whole, "Restoring")
        done = 0
        try:
            for number, stored in enumerate(stored_pieces(self._medium, manifest)):
                piece = manifest.pieces[number]
                if pieces.digest(stored) != piece.digest:
                    raise KjtuiError(
                        "The image is damaged", f"Piece {number} is not what was saved: its checksum differs."
                    )
                content = memoryview(expand(self._seal.open(number, stored), max_output_size=piece.size))
                if len(content) != piece.size:
                    raise KjtuiError("The image is damaged", f"Piece {number} has another size.")
                at = 0
                for run in piece.runs:
                    memory.view(run)[:] = content[at : at + run.size]
                    at += run.size
                done += piece.size
                if progress.due():
                    progress.show(done)
            progress.show(done)
            self._clear(memory, manifest.empty)
        finally:
            memory.close()

    @staticmethod
    def _clear(memory: Memory, spans: Sequence[Span]) -> None:
        for runs in pieces.cut(spans, len(_FILL)):
            for run in runs:
                memory.view(run)[:] = _FILL[: run.size]
