"""Putting kernel A's memory back from an image, and entering it."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from kjtui.agent import wayback
from kjtui.agent.letter import Letter
from kjtui.agent.memory import Memory
from kjtui.agent.place import open_image_of
from kjtui.agent.progress import Progress, pace
from kjtui.agent.save import read_errand
from kjtui.agent.telling import tell
from kjtui.agent.visit import Visit
from kjtui.backend import crew, processors, syscalls
from kjtui.backend.imagereader import read_image, stored_pieces, unpacked
from kjtui.backend.medium import Medium
from kjtui.errors import KjtuiError
from kjtui.imagefile import manifest as manifests
from kjtui.imagefile.header import State, block
from kjtui.imagefile.seal import Seal
from kjtui.kexec import iomem
from kjtui.model.memory import MIB
from kjtui.model.saved import Manifest
from kjtui.model.word import WayHome


def run(visit: Visit) -> None:
    """Restore and enter kernel A; where that fails, restart: the image stays. Never returns."""
    try:
        restore(visit)
    except KjtuiError as error:
        tell(visit.consoles, error.title, error.detail, "The image is kept. Restarting in the ordinary way.")
        time.sleep(5)
    syscalls.restart()


def restore(visit: Visit) -> None:
    """Put everything back, mark the image as used, enter kernel A. Raises KjtuiError."""
    errand = read_errand()
    medium = open_image_of(visit, errand.target)
    first = medium.first_block()
    head, manifest = read_image(medium, errand.key)
    if manifest.id != errand.manifest.id or head.state is not State.VALID:
        raise KjtuiError("The image has changed", "It is not the one that was checked before.")
    _look_at_memory(manifest)
    begun = time.monotonic()
    memory = partial(Memory, manifests.saved_memory(manifest), writable=True)
    put_back(medium, manifest, errand.key, memory, visit.consoles.write)
    size, took = sum(piece.size for piece in manifest.pieces), time.monotonic() - begun
    said = f"{size // MIB} MiB of memory, an image of {head.end // MIB} MiB, {pace(size, took)}"
    said += f"; it was saved in {pace(size, head.took / 1000)}" if head.took else ""
    with processors.settled():  # while the image may still be gone back to, should one of them not go
        medium.write_first_block(block(replace(head, state=State.SPENT), first))
        medium.close()
        letter = Letter(manifest.mailbox, False)
        letter.text = replace(letter.text, ready=visit.letter.text.ready, saved=said)
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


def put_back(
    medium: Medium,
    manifest: Manifest,
    key: bytes,
    memory: Callable[[], Memory],
    show: Callable[[str], object],
) -> None:
    """Write every page. memory: opens it, once for each thread.

    Raises KjtuiError; then memory is half the one and half the other.
    """
    seal = Seal(key, manifest.id)
    progress = Progress(show, sum(piece.size for piece in manifest.pieces), "Restoring")
    sizes: list[int] = []
    opened = [memory() for _ in range(crew.size())]

    def hand(memory: Memory) -> Callable[[tuple[int, bytes]], None]:
        def put(work: tuple[int, bytes]) -> None:
            piece = manifest.pieces[work[0]]
            content = memoryview(unpacked(seal, *work, piece))
            at = 0
            for run in piece.runs:
                memory.view(run)[:] = content[at : at + run.size]
                at += run.size
            sizes.append(piece.size)

        return put

    def read() -> Iterator[tuple[int, bytes]]:
        for work in enumerate(stored_pieces(medium, manifest)):
            yield work
            if progress.due():
                progress.show(sum(sizes))

    try:
        crew.share(read(), [hand(one) for one in opened])
    finally:
        for one in opened:
            one.close()
    progress.show(sum(sizes))
