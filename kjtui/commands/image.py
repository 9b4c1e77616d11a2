"""`kjtui image`: the images of saved systems on this machine's media."""

from __future__ import annotations

import time
from dataclasses import dataclass

from kjtui.backend import imagereader, images
from kjtui.backend.images import Found
from kjtui.backend.medium import Medium, open_image
from kjtui.commands import export, output, secret
from kjtui.commands.output import Streams, say, wrapped
from kjtui.errors import KjtuiError
from kjtui.imagefile.header import Header, State
from kjtui.imagefile.seal import key_of
from kjtui.model.saved import Manifest
from kjtui.plan.sizes import amount

_STATES = {
    State.EMPTY: "thrown away, or never finished",
    State.VALID: "waits to be gone back to",
    State.SPENT: "was gone back to",
    State.SNAPSHOT: "a snapshot, to be looked into",
}


@dataclass(frozen=True)
class Wanted:
    """What is asked for. elf: the file for "export"; passphrase_file: None to ask for a passphrase."""

    action: str
    target: str | None
    elf: str | None = None
    passphrase_file: str | None = None


def run(wanted: Wanted, streams: Streams, *, yes: bool) -> int:
    """Do what is asked for. Returns 1 where there is nothing, or the person said no. Raises KjtuiError."""
    action, target = wanted.action, wanted.target
    if action == "list":
        return _list(streams)
    if target is None:
        raise KjtuiError("No image was named", hint=f"Add its place: kjtui image {action} /dev/sdb1.")
    head = images.head(target)
    if head is None:
        raise KjtuiError(
            "There is no image there",
            f"{target} does not begin with the mark of one.",
            "kjtui image list shows all that are here.",
        )
    if action == "discard":
        return _discard(target, head, streams, yes=yes)
    medium = open_image(target)
    try:
        key, manifest = _opened(medium, wanted.passphrase_file, streams)
        if action == "export":
            return export.run(medium, manifest, key, wanted.elf, streams, yes=yes)
        if action == "show":
            for line in described(head, manifest):
                say(streams.stdout, line)
            return 0
        return _verify(medium, manifest, streams)
    finally:
        medium.close()


def _list(streams: Streams) -> int:
    found = tuple(images.found())
    for one in found:
        say(streams.stdout, listed(one))
    if not found:
        say(streams.stdout, "There is no image of a saved system on a disk of this machine.")
    return 0 if found else 1


def listed(one: Found) -> str:
    """A line for a list."""
    if one.header is None:
        return f"{one.target.name}: damaged"
    head = one.header
    sealed = ", sealed" if head.sealing else ""
    size = f", {amount(head.end)}{sealed}, saved {_when(head)}" if head.end else ""
    return f"{one.target.name}: {_STATES[head.state]}{size}"


def _when(head: Header) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(head.created))


def _opened(medium: Medium, passphrase_file: str | None, streams: Streams) -> tuple[bytes, Manifest]:
    """The key and the manifest; a passphrase is asked for where it is sealed. Raises KjtuiError."""
    head = imagereader.read_head(medium)
    stored = imagereader.read_manifest(medium, head)
    if head.sealing is None:
        return b"", imagereader.open_manifest(stored, head, b"")
    if passphrase_file is not None:
        passphrase = secret.from_file(passphrase_file)
    else:
        nobody = "The image is sealed, and nobody can be asked for the passphrase"
        passphrase = secret.typed(streams, "Passphrase of the image: ", nobody)
    key = key_of(passphrase.encode(), head.sealing)
    return key, imagereader.open_manifest(stored, head, key)


def described(head: Header, manifest: Manifest) -> list[str]:
    """What an image is, a line each."""
    memory = sum(piece.size for piece in manifest.pieces)
    disks = [f"  {f'{one.name} {one.model}'.rstrip()}: {one.why or 'in use'}" for one in manifest.disks]
    return [
        f"{manifest.host}, Linux {manifest.release}: {_STATES[head.state]}",
        f"Saved {_when(head)}: {amount(memory)} of memory, in {amount(head.end)}",
        f"Sealed: {'yes' if head.sealing else 'no'}",
        f"Kernel's build ID: {manifest.build or 'unknown'}",
        f"Machine: {manifest.machine.board or 'unknown'}; {manifest.machine.processor}",
        f"Kernel B's memory: {manifest.region.span.start:#x} to {manifest.region.span.end - 1:#x}, "
        f"{manifest.region.kind}",
        "Disks in use:" if disks else "Disks in use: none",
        *disks,
    ]


def _verify(medium: Medium, manifest: Manifest, streams: Streams) -> int:
    whole = max(sum(piece.stored for piece in manifest.pieces), 1)
    tell = output.steps_to(streams.stderr)

    def done(size: int) -> None:
        tell(f"{10 * (10 * size // whole)} %", size / whole)

    imagereader.verify(medium, manifest, done)
    say(streams.stdout, f"All of it is as it was saved: {len(manifest.pieces)} pieces, {amount(whole)}.")
    return 0


def _discard(target: str, head: Header, streams: Streams, *, yes: bool) -> int:
    if head.state is not State.VALID:
        say(streams.stdout, f"Nothing is to be done: the image {_STATES[head.state]}.")
        return 1
    say(streams.stdout, wrapped(f"What was saved to {target} on {_when(head)} will be lost for good."))
    if output.asks(streams, yes=yes) and not output.agreed(streams, "Throw it away?"):
        return 1
    images.discard(target)
    say(streams.stdout, "It is thrown away.")
    return 0
